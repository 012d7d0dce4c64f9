import { spawnSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Detection } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const unavailable =
  engineUnavailable() ?? (existsSync(sensor) ? undefined : "the native sensor has not been built");
if (unavailable !== undefined) console.warn(`SKIPPED: runtime.test.ts ${unavailable}`);

const DRIFT = "Program that is not in the image executed";
const DROP = "mkdir -p /tmp && cp /bin/busybox /tmp/busybox && /tmp/busybox uname >/dev/null";

describe.skipIf(unavailable !== undefined)("running containers on a real engine", () => {
  let pratique: Pratique;

  beforeAll(async () => {
    pratique = new Pratique({ runtime: "auto" });
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:good", repaired);
    // So that they may write into their own files, and be on the network of the host.
    for (const rule of ["containers/no-root-user", "containers/no-host-namespaces"]) {
      const grant = ["policy", "exception", "grant", "--rule", rule, "--image", "shop:good"];
      pratique.command([...grant, "--reason", "test", "--owner", "ann", "--expires", "1h"]);
    }
    await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
  });

  function runInContainer(name: string, script: string): void {
    const { code, stderr } = pratique.docker(["run", "--name", name, "shop:good", "sh", "-c", script]);
    if (code !== 0) throw new Error(stderr);
  }

  function detectionsIn(container: string): readonly Detection[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    const rows = log.prepare("SELECT data FROM record WHERE class = 'detection' ORDER BY sequence").all();
    return rows
      .map(({ data }): Detection => JSON.parse(String(data)))
      .filter((detection) => detection.container?.name === container);
  }

  async function driftIn(container: string): Promise<Detection> {
    let found: Detection | undefined;
    await pratique.until(`drift is detected in ${container}`, 20_000, () => {
      found = detectionsIn(container).find(({ rule }) => rule === DRIFT);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("no detection");
    return found;
  }

  it("are seen with their image, their processes and what matched, before anything is forgotten", async () => {
    runInContainer("dropper", DROP);
    const { container, processes, matched, output } = await driftIn("dropper");
    expect(container).toMatchObject({ name: "dropper", image: "shop:good", runtime: "docker" });
    expect(container?.imageId).toMatch(/^sha256:[0-9a-f]{64}$/u);
    expect(processes[0]).toMatchObject({ exePath: "/tmp/busybox", commandLine: "/tmp/busybox uname" });
    expect(matched.map(({ field }) => field)).toContain("proc.is_exe_upper_layer");
    expect(output).toContain("exe=/tmp/busybox");
    expect(output).not.toContain("<NA>");
  });

  it("raise nothing while they do what was asked for", () => {
    runInContainer("quiet", "ls / >/dev/null; cat /etc/hostname >/dev/null; echo done >/note");
    expect(detectionsIn("quiet")).toEqual([]);
  });

  it("are shown by name, live and by what is asked", async () => {
    pratique.docker(["run", "-d", "--name", "shown", "shop:good", "sleep", "300"]);
    const shown = () => JSON.parse(pratique.command(["runtime", "top", "--json"]).stdout).containers;
    const named = expect.objectContaining({ name: "shown", image: "shop:good" });
    await expect.poll(shown, { timeout: 20_000 }).toContainEqual(named);
    const once = pratique.command(["runtime", "top", "--once"]);
    expect(once.stdout).toMatch(/^shown +shop:good +\d+\.\d /mu);
    const events = pratique.command(["runtime", "capture", "shown"]);
    const types = events.stdout
      .trimEnd()
      .split("\n")
      .map((line): string => JSON.parse(line).type);
    expect(types).toContain("execve");
    expect(pratique.command(["runtime", "capture", "missing"])).toMatchObject({ code: 1 });
    pratique.docker([
      "exec",
      "-d",
      "shown",
      "sh",
      "-c",
      "for at in 1 2 3 4 5 6 7 8 9; do sleep 1; cat /missing; done",
    ]);
    const follow = ["runtime", "events", "--container", "shown", "--count", "1"];
    expect(pratique.command([...follow, "prq_opens and fd.name = /missing"]).stdout).toMatch(
      /openat +\/missing = ENOENT$/mu,
    );
    const format = "%container.name: %evt.type %fd.name = %evt.res";
    const told = pratique.command([...follow, "fd.name = /missing", "--format", format]);
    expect(told.stdout).toBe("shown: openat /missing = ENOENT\n");
    const unknown = pratique.command([...follow, "--format", "%no.such"]);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown field "no.such"') });
    const never = pratique.command([...follow, "evt.type = read"]);
    expect(never).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no event that is told here fits it"),
    });
  });

  it.each(["none", "host"])(
    "are shown with the ports that they listen at, on network %s",
    async (network) => {
      const name = `listens-${network}`;
      const listen = ["busybox", "nc", "-l", "-p", "48099"];
      const run = pratique.docker([
        "run",
        "-d",
        "--name",
        name,
        `--network=${network}`,
        "shop:good",
        ...listen,
      ]);
      expect(run).toMatchObject({ code: 0 });
      const ports = () => {
        const { containers } = JSON.parse(pratique.command(["runtime", "top", "--json"]).stdout);
        const shown = containers.find((container: { name: string }) => container.name === name);
        return shown?.listening.map(({ port }: { port: number }) => port);
      };
      await expect.poll(ports, { timeout: 20_000 }).toEqual([48_099]);
      pratique.docker(["rm", "--force", name]);
    },
  );

  it("are recorded, with what rules need that are not in force, and the rules are tested on that", async () => {
    const rules = path.join(pratique.directory, "own.yaml");
    const rule = (name: string, condition: string) =>
      `- rule: ${name}\n  desc: d\n  condition: container.name = maker and ${condition}\n  output: by %proc.name\n  priority: ERROR\n`;
    const text = [
      rule("Directory made", "evt.type in (mkdir, mkdirat) and evt.arg.path endswith /made"),
      rule("Directory removed", "evt.type = rmdir"),
    ];
    writeFileSync(rules, text.join(""));
    const [with_, without] = ["with", "without"].map((name) => path.join(pratique.directory, `${name}.rec`));
    const record = ["runtime", "record", "--for", "12s", "--output"];
    const recordings = Promise.all([
      pratique.later([...record, with_ ?? "", "--rules", rules]),
      pratique.later([...record, without ?? ""]),
    ]);
    await pratique.until(
      "it begins",
      30_000,
      () => existsSync(with_ ?? "") && statSync(with_ ?? "").size > 0,
    );
    runInContainer("maker", "mkdir /made");
    expect((await recordings).map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, expect.stringMatching(/with\.rec: \d+ bytes, for its owner alone: it may hold secrets\n$/u)],
      [0, expect.stringMatching(/without\.rec: \d+ bytes/u)],
    ]);
    expect(statSync(with_ ?? "").mode & 0o777).toBe(0o600);
    const tested = pratique.command(["rules", "test", rules, "--on", with_ ?? "", "--fail-on", "error"]);
    expect(tested).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(
        /^[\d:.]{12} {2}error {10}Directory made: by \w+ container_id=\w+ container_name=maker .*\n\n {6}1 {2}Directory made\n$/u,
      ),
      stderr: expect.stringMatching(/^\d+ events in \d+ s on .+, containers: \d+; 1 of 2 rules spoke\n$/u),
    });
    expect(pratique.command(["rules", "test", "--on", without ?? ""])).toMatchObject({ code: 0 });
    // What was not recorded cannot be tested, and is not taken for silence.
    writeFileSync(rules, rule("Received", "evt.type = recvfrom"));
    expect(pratique.command(["rules", "test", rules, "--on", without ?? ""])).toMatchObject({
      code: 3,
      stdout: "      0  Received\n         not recorded: no events of type recvfrom\n",
    });
  });

  it("are watched again when the sensor was killed", async () => {
    const pidOf = () => {
      const { stdout } = spawnSync(
        "pgrep",
        ["-P", String(pratique.processes("agent")[0]), "pratique-sensor"],
        {
          encoding: "utf8",
        },
      );
      return Number(stdout.trim());
    };
    const before = pidOf();
    process.kill(before, "SIGKILL");
    await pratique.until("another sensor runs", 20_000, () => pidOf() > 0 && pidOf() !== before);
    // It has to be told what to look at before it sees anything.
    const names: string[] = [];
    await pratique.until("drift is seen again", 60_000, () => {
      names.push(`after-${names.length}`);
      runInContainer(names.at(-1) ?? "", DROP);
      return names.some((name) => detectionsIn(name).some(({ rule }) => rule === DRIFT));
    });
    expect(pidOf()).not.toBe(before);
  });

  it("leave a record that verifies, and no sensor behind", async () => {
    expect(pratique.command(["audit", "verify"]).code).toBe(0);
    const [agent] = pratique.processes("agent");
    await pratique.down();
    expect(spawnSync("pgrep", ["-P", String(agent), "pratique-sensor"]).status).not.toBe(0);
    expect(pratique.leftovers()).toBe("");
  });
});
