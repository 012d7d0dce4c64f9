import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Detection } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CgroupHost, cgroupLayouts } from "./cgroup-host.ts";
import { importDebian, repaired } from "./debian-root.ts";
import { type Answer, Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const attacks = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-attacks");
const unavailable =
  engineUnavailable() ??
  ([sensor, attacks].every((file) => existsSync(file))
    ? undefined
    : "the native programs have not been built");
if (unavailable !== undefined) console.warn(`SKIPPED: runtime-enforce.test.ts ${unavailable}`);

const LISTED = "203.0.113.66";
const UNLISTED = "203.0.113.67";
const HARDENED = {
  drift: "Hardened: program that is not in the image",
  memory: "Hardened: program in memory",
  mounted: "Hardened: program that was mounted",
  kernel: "Hardened: program that the kernel runs",
  socket: "Hardened: engine socket",
  metadata: "Hardened: metadata of the cloud",
  disk: "Hardened: disk of the host",
} as const;

const CONFIG = `
runtime:
  hardened: true
  channel: cut
  # Other engines of this machine are not ours to stop.
  prevent: engine
gate:
  mode: observe
intel:
  allow: []
`;

/** Rules of an operator: what waits, what is killed when it has happened, and what is paused. */
const OWN_RULES = `
- rule: held by its arguments
  desc: d
  condition: evt.type in (execve, execveat) and container.id != host and proc.name = true and proc.args contains forbidden
  output: o
  priority: ERROR
  action: kill
- rule: killed afterwards
  desc: d
  condition: evt.type = chdir and container.id != host and evt.arg.path = /var/lib/dpkg
  output: o
  priority: ERROR
  action: kill
- rule: nothing is mounted
  desc: d
  condition: evt.type = mount and container.id != host and container.name = made
  output: o
  priority: ERROR
  action: stop
- rule: nothing is opened to be written
  desc: d
  condition: evt.type in (open, openat, openat2) and container.id != host and evt.is_open_write = true and container.name in (made, writes)
  output: o
  priority: ERROR
  action: deny
- rule: a switch of its own
  desc: d
  condition: evt.type in (open, openat) and evt.is_open_write = true and container.id != host and fd.name = /proc/sys/net/ipv4/ip_unprivileged_port_start
  output: o
  priority: ERROR
  action: deny
# What these tests attack with is mounted.
- list: prq_mounted_programs
  items: [/attacks]
  override: {items: append}
- rule: paused for it
  desc: d
  condition: evt.type in (execve, execveat) and container.id != host and proc.args contains pause-me
  output: o
  priority: ERROR
  action: pause
`;

const RESPONSES = `
ladders:
  - name: test
    channel: { action: report }
    ruleActions: { forMinutes: 0.1, evidence: none }
`;

interface HostRule {
  readonly rule: string;
  readonly enforceability: string;
  readonly reasons: readonly string[];
}

const what = "what rules forbid, on a real engine";

describe.skipIf(unavailable !== undefined).each(cgroupLayouts)(`${what}, groups %s`, (layout) => {
  let host: CgroupHost;
  let pratique: Pratique;

  beforeAll(async () => {
    host = await CgroupHost.start(layout);
    pratique = new Pratique({ runtime: "auto", enter: host.enter });
    const config = path.join(pratique.directory, "pratique.yaml");
    writeFileSync(config, CONFIG);
    pratique.environment.PRATIQUE_CONFIG = config;
    spawnSync("mkdir", ["-p", pratique.data("rules")]);
    writeFileSync(pratique.data("rules", "own.yaml"), OWN_RULES);
    writeFileSync(pratique.data("responses.yaml"), RESPONSES);
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:good", repaired);
    await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  function run(name: string, argv: readonly string[], flags: readonly string[] = []): Answer {
    const attack = ["-v", `${attacks}:/attacks:ro`];
    return pratique.docker(["run", "--name", name, ...attack, ...flags, "shop:good", ...argv]);
  }

  /** What a program hears that connects, in a network that leads nowhere. */
  function connect(name: string, address: string): string {
    return run(name, ["sh", "-c", `nc -w 2 ${address} 80`], ["--network", "none"]).stderr;
  }

  function detectionsIn(container: string): readonly Detection[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    const rows = log.prepare("SELECT data FROM record WHERE class = 'detection' ORDER BY sequence").all();
    return rows
      .map(({ data }): Detection => JSON.parse(String(data)))
      .filter((detection) => detection.container?.name === container);
  }

  function responses(): readonly { readonly action: string; readonly data: Record<string, unknown> }[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    const rows = log
      .prepare("SELECT action, data FROM record WHERE class = 'response' ORDER BY sequence")
      .all();
    return rows.map(({ action, data }) => ({ action: String(action), data: JSON.parse(String(data)) }));
  }

  async function outcomesOf(container: string, rule: string): Promise<readonly string[]> {
    let found: readonly Detection[] = [];
    await pratique.until(`${rule} in ${container}`, 20_000, () => {
      found = detectionsIn(container).filter((each) => each.rule === rule);
      return found.length > 0;
    });
    return found.map(({ outcome }) => outcome);
  }

  function claims(): ReadonlyMap<string, HostRule> {
    const { stdout } = pratique.command(["rules", "list", "--json"]);
    const rules: readonly HostRule[] = JSON.parse(stdout).rules;
    return new Map(rules.map((each) => [each.rule, each]));
  }

  it("is told by rule as it is: prevented, killed, or only detected", () => {
    const told = claims();
    for (const rule of Object.values(HARDENED)) {
      expect(told.get(rule)).toMatchObject({ rule, enforceability: "prevents" });
    }
    expect(told.get("held by its arguments")).toMatchObject({
      enforceability: "prevents",
      reasons: ["programs wait until the engine has decided"],
    });
    expect(told.get("killed afterwards")).toMatchObject({ enforceability: "kills" });
    expect(told.get("paused for it")).toMatchObject({ enforceability: "detects" });
  });

  it("is told by doctor, too, with what the kernel takes of the sensor", () => {
    const { findings, rules } = JSON.parse(pratique.command(["doctor", "--json"]).stdout);
    const told = claims();
    expect(rules).toEqual(
      [...told.values()].map(({ rule, enforceability, reasons }) => ({ rule, enforceability, reasons })),
    );
    const prevent = [...told.values()].filter(({ enforceability }) => enforceability === "prevents").length;
    expect(findings).toEqual(
      expect.arrayContaining([
        { what: "watch", state: "ok", detail: expect.stringMatching(/all \d+ parts of the sensor/u) },
        { what: "rules", state: "ok", detail: expect.stringContaining(`in force: ${prevent} prevent, `) },
        {
          what: "gate",
          state: "ok",
          detail: expect.stringMatching(/asked by the engine at .*, and answers/u),
        },
      ]),
    );
  });

  it("does not run: a program that was dropped into the container", async () => {
    const drop = "mkdir -p /tmp; cp /bin/busybox /tmp/touch; /tmp/touch /ran; echo after; ls /";
    const { stdout } = run("dropper", ["sh", "-c", drop]);
    expect(stdout).toContain("after");
    expect(stdout).not.toMatch(/^ran$/mu);
    expect(await outcomesOf("dropper", HARDENED.drift)).toEqual(["prevented"]);
  });

  it("does not run: a program that is held, by way of another that is not", async () => {
    const script = "for at in 1 2 3 4 5; do busybox env /bin/true forbidden; echo code=$?; done";
    const { stdout } = run("chained", ["sh", "-c", script]);
    expect(stdout.match(/^code=137$/gmu)).toHaveLength(5);
    expect(await outcomesOf("chained", "held by its arguments")).toContain("prevented");
  });

  it.each([
    ["a volume", ["-v", "/data"], "cp /bin/busybox /data/touch; /data/touch /ran"],
    ["a file system in memory", ["--tmpfs", "/data:exec"], "cp /bin/busybox /data/touch; /data/touch /ran"],
    [
      "a volume that has become the root",
      ["-v", "/data"],
      "mkdir /data/bin; cp /bin/busybox /data/bin/touch; busybox chroot /data /bin/touch /ran",
    ],
  ])("does not run: a program that was dropped on %s", async (what, flags, drop) => {
    const name = `mounted-${what.replaceAll(" ", "-")}`;
    const script = `${drop}; echo code=$?; ls / /data`;
    const { stdout } = run(name, ["sh", "-c", script], flags);
    expect(stdout).toContain("code=137");
    expect(stdout).not.toMatch(/^ran$/mu);
    expect(await outcomesOf(name, HARDENED.mounted)).toEqual(["prevented"]);
  });

  it("runs what the engine itself mounts: the first process that reaps the others", () => {
    expect(run("reaped", ["sh", "-c", "echo alive"], ["--init"])).toMatchObject({ code: 0 });
  });

  it("does not run: a program in memory", async () => {
    expect(run("memory", ["/attacks", "run-memory"]).stdout).not.toContain("effect");
    expect(await outcomesOf("memory", HARDENED.memory)).toEqual(["prevented"]);
  });

  it("does not run: a program that is held and that the whole rule means; others of its name do", async () => {
    const script = "/bin/true allowed; echo allowed=$?; /bin/true forbidden; echo code=$?";
    const { stdout } = run("held", ["sh", "-c", script]);
    expect(stdout).toContain("allowed=0");
    expect(stdout).toContain("code=137");
    expect(await outcomesOf("held", "held by its arguments")).toEqual(["prevented"]);
  });

  it("is refused: to tell the kernel what to run", async () => {
    const script =
      "cat /proc/sys/kernel/core_pattern >/was; cat /was >/proc/sys/kernel/core_pattern; echo code=$?";
    const { stdout, stderr } = run("kernel", ["sh", "-c", script], ["--privileged"]);
    expect(stdout).toContain("code=1");
    expect(stderr).toContain("Operation not permitted");
    expect(await outcomesOf("kernel", HARDENED.kernel)).toEqual(["prevented"]);
  });

  it("is refused: the engine's socket", async () => {
    const socket = ["-v", `${pratique.run("docker.sock")}:/run/docker.sock`];
    expect(run("socket", ["/attacks", "connect-engine", "/run/docker.sock"], socket).stdout).toContain(
      "EPERM",
    );
    expect(await outcomesOf("socket", HARDENED.socket)).toEqual(["prevented"]);
  });

  it("is killed for, before a word is said: the engine's socket by a link", async () => {
    const socket = ["-v", `${pratique.run("docker.sock")}:/run/docker.sock`];
    const attack = ["/attacks", "connect-engine", "/run/docker.sock", "/tmp/innocent"];
    expect(run("linked", attack, socket)).toMatchObject({ code: 137, stdout: "" });
    expect(await outcomesOf("linked", HARDENED.socket)).toEqual(["killed"]);
  });

  it("is refused: the metadata of the cloud", async () => {
    expect(connect("metadata", "169.254.169.254")).toContain("Operation not permitted");
    expect(await outcomesOf("metadata", HARDENED.metadata)).toEqual(["prevented"]);
  });

  it("is refused: a disk of the host", async () => {
    const { stdout, stderr } = run(
      "disk",
      ["sh", "-c", "head -c 1 /dev/vda >/dev/null; echo code=$?"],
      ["--privileged"],
    );
    if (!existsSync("/dev/vda")) return;
    expect(`${stdout}${stderr}`).toContain("Operation not permitted");
    expect(await outcomesOf("disk", HARDENED.disk)).toEqual(["prevented"]);
  });

  it("is killed for, where the kernel cannot be asked before", async () => {
    const script = "sh -c 'cd /var/lib/dpkg; while true; do sleep 1; done'; echo code=$?";
    expect(run("after", ["sh", "-c", script]).stdout).toContain("code=137");
    expect(await outcomesOf("after", "killed afterwards")).toEqual(["killed"]);
  });

  it("does not mean what the runtime does to make a container", async () => {
    // Nothing would start any more: the runtime mounts and writes in the cgroup of the container.
    expect(run("made", ["sh", "-c", "sleep 2; echo made"])).toMatchObject({ code: 0, stdout: "made\n" });
    for (const rule of ["nothing is mounted", "nothing is opened to be written"]) {
      expect(new Set(await outcomesOf("made", rule))).toEqual(new Set(["none"]));
    }
    const write = "echo x >/note; sleep 2; echo after";
    const own = run("writes", ["sh", "-c", `sh -c '${write}'; echo code=$?`]);
    expect(own.stdout).toContain("code=137");
  });

  it("is refused a switch that a rule forbids, unless it was started with it", () => {
    const name = "net.ipv4.ip_unprivileged_port_start";
    const file = `/proc/sys/${name.replaceAll(".", "/")}`;
    const script = ["sh", "-c", `cat ${file}; sleep 6; echo 900 >${file}; cat ${file}`];
    const given = run("given", script, ["--privileged", "--network", "none", "--sysctl", `${name}=1000`]);
    expect(given).toMatchObject({ code: 0, stdout: "1000\n900\n" });
    const refused = run("not-given", script, ["--privileged", "--network", "none"]);
    expect(refused.stderr).toContain("Operation not permitted");
    // The engine has set it, too.
    expect(refused.stdout).toBe("0\n0\n");
  });

  it("leaves alone what is not forbidden", () => {
    const sysctl = ["--sysctl", "net.ipv4.ip_local_port_range=2000 3000"];
    const script = "cat /proc/sys/net/ipv4/ip_local_port_range; echo x >/note; cat /note";
    const { code, stdout } = run("quiet", ["sh", "-c", script], sysctl);
    expect(stdout).toBe("2000\t3000\nx\n");
    expect(code).toBe(0);
    expect(detectionsIn("quiet")).toEqual([]);
  });

  it("pauses the container, where the rule asks for that, and for so long", async () => {
    pratique.docker(["run", "-d", "--name", "paused", "shop:good", "sleep", "300"]);
    const state = () => pratique.docker(["inspect", "-f", "{{.State.Status}}", "paused"]).stdout.trim();
    pratique.docker(["exec", "-d", "paused", "sh", "-c", "/bin/true pause-me; sleep 1"]);
    await pratique.until("it is paused", 20_000, () => state() === "paused");
    await pratique.until("it runs again", 30_000, () => state() === "running");
    const [detection] = detectionsIn("paused");
    const done = responses().find(({ action }) => action === "response.done");
    expect(done?.data).toMatchObject({
      trigger: detection?.id,
      action: "pause",
      outcome: "acted",
      proof: { proved: true },
      container: { name: "paused" },
    });
  });

  it("refuses listed peers, and no others", async () => {
    const list = path.join(pratique.directory, "list.txt");
    writeFileSync(list, `${LISTED}\n`);
    const updated = pratique.command(["intel", "update", "--from", `list:${list}`]);
    expect(updated).toMatchObject({ code: 0 });
    let tries = 0;
    await pratique.until("the set is in force", 30_000, () => {
      tries += 1;
      return connect(`listed-${tries}`, LISTED).includes("Operation not permitted");
    });
    expect(connect("unlisted", UNLISTED)).toContain("Network is unreachable");
    expect(await outcomesOf(`listed-${tries}`, "Channel to a listed peer")).toEqual(["prevented"]);
  });

  it("holds nothing when the native sensor was killed", async () => {
    const [agent] = pratique.processes("agent");
    const pidOf = () =>
      Number(spawnSync("pgrep", ["-P", String(agent), "pratique-sensor"], { encoding: "utf8" }).stdout);
    const before = pidOf();
    process.kill(before, "SIGKILL");
    expect(run("orphaned", ["sh", "-c", "/bin/true forbidden; echo ended"]).stdout).toContain("ended");
    await pratique.until("another sensor runs", 20_000, () => pidOf() > 0 && pidOf() !== before);
    await pratique.until("it prevents again", 60_000, () => {
      const script = "mkdir -p /tmp; cp /bin/busybox /tmp/touch; /tmp/touch /ran; ls /";
      return !/^ran$/mu.test(run(`again-${Date.now()}`, ["sh", "-c", script]).stdout);
    });
    const held = spawnSync("sh", ["-c", "grep -l '^State:.T' /proc/[0-9]*/status | wc -l"], {
      encoding: "utf8",
    });
    expect(held.stdout.trim()).toBe("0");
  });
});
