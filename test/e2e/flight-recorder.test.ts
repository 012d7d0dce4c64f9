import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Detection } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const unavailable =
  engineUnavailable() ??
  (existsSync(sensor) ? undefined : "the native sensor has not been built") ??
  (spawnSync("tcpdump", ["--version"]).status === 0 ? undefined : "needs tcpdump");
if (unavailable !== undefined) console.warn(`SKIPPED: flight-recorder.test.ts ${unavailable}`);

const SERVER = { v4: "10.232.9.20", v6: "fd92::20" } as const;
const CLIENT = { v4: "10.232.9.10", v6: "fd92::10" } as const;
/** A question over UDP, which nobody answers. */
const ask = (name: string) => `busybox timeout 1 busybox nslookup -type=a ${name} ${SERVER.v4} >/dev/null`;
const DRIFT = "Program that is not in the image executed";

describe.skipIf(unavailable !== undefined)("the flight recorder on a real engine", () => {
  let pratique: Pratique;

  beforeAll(async () => {
    pratique = new Pratique({ runtime: "auto" });
    pratique.environment.PRATIQUE_CONFIG = path.join(pratique.directory, "pratique.yaml");
    await upWith("packets: false");
    importDebian(pratique.engineHost, "shop:good", repaired);
    const grant = [
      "policy",
      "exception",
      "grant",
      "--rule",
      "containers/no-root-user",
      "--image",
      "shop:good",
    ];
    pratique.command([...grant, "--reason", "test", "--owner", "ann", "--expires", "1h"]);
    const subnets = ["--subnet", "10.232.9.0/24", "--ipv6", "--subnet", "fd92::/64"];
    succeed(pratique.docker(["network", "create", ...subnets, "wire"]));
  });
  afterAll(async () => {
    removeWire();
    await pratique[Symbol.asyncDispose]();
  });

  async function upWith(capture: string): Promise<void> {
    const file = pratique.environment.PRATIQUE_CONFIG ?? "";
    writeFileSync(file, `runtime:\n  capture: {${capture}, saveAfterSeconds: 2}\n`);
    await pratique.up(["--private-engine"]);
    await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
  }

  function run(name: string, script: string, flags: readonly string[] = []): void {
    succeed(pratique.docker(["run", "--name", name, ...flags, "shop:good", "sh", "-c", script]));
  }

  function attached(
    name: string,
    { v4, v6 }: { readonly v4: string; readonly v6: string },
  ): readonly string[] {
    return ["--network", "wire", "--ip", v4, "--ip6", v6, "--hostname", name];
  }

  /** What tcpdump reads in a file of packets, a line each. */
  function read(file: string, flags: readonly string[] = []): readonly string[] {
    const { status, stdout, stderr } = spawnSync("tcpdump", ["-r", file, "-n", ...flags], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return stdout.trimEnd().split("\n");
  }

  function detectionIn(container: string): Detection | undefined {
    return rows("detection").find(
      (detection: Detection) => detection.rule === DRIFT && detection.container?.name === container,
    );
  }

  function rows(kind: string, action = "%") {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    const query = log.prepare("SELECT data FROM record WHERE class = ? AND action LIKE ? ORDER BY sequence");
    return query.all(kind, action).map(({ data }) => JSON.parse(String(data)));
  }

  it("has no program for packets in the kernel, and says so, until they are wanted", () => {
    run("talker", "sleep 1");
    expect(packetPrograms()).toEqual([]);
    const { code, stdout, stderr } = pratique.command(["runtime", "capture", "talker", "--format", "pcap"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("no packets are kept: runtime.capture.packets is off");
  });

  it("keeps the very packets of a container, which other tools read", async () => {
    await pratique.down();
    await upWith("packets: true");
    expect(packetPrograms()).toEqual(["packet_received", "packet_sent"]);
    run("server", "busybox httpd -f -p 8080 -h /etc", ["-d", ...attached("server", SERVER)]);
    const script = [
      "until busybox wget -q -O /dev/null http://10.232.9.20:8080/os-release; do sleep 0.2; done",
      "until busybox wget -q -O /dev/null 'http://[fd92::20]:8080/passwd'; do sleep 0.2; done",
      ask("over-udp.test"),
      "sleep 60",
    ].join("; ");
    run("client", script, ["-d", ...attached("client", CLIENT)]);
    const file = path.join(pratique.directory, "client.pcap");
    const capture = ["runtime", "capture", "client", "--format", "pcap", "--last", "60s", "--output", file];
    await pratique.until("the packet over UDP is kept", 30_000, () => {
      const { code } = pratique.command(capture);
      return (
        code === 0 && read(file).some((line) => / > 10\.232\.9\.20\.53: .* A\? over-udp\.test\./u.test(line))
      );
    });
    const lines = read(file);
    expect(lines).toContainEqual(
      expect.stringMatching(/IP 10\.232\.9\.10\.\d+ > 10\.232\.9\.20\.8080: Flags \[S\]/u),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/IP 10\.232\.9\.20\.8080 > 10\.232\.9\.10\.\d+: Flags \[S\.\]/u),
    );
    expect(lines).toContainEqual(expect.stringMatching(/IP6 fd92::10\.\d+ > fd92::20\.8080: Flags \[S\]/u));
    expect(lines).toContainEqual(expect.stringMatching(/IP6 fd92::20\.8080 > fd92::10\.\d+: Flags \[S\.\]/u));
    const text = read(file, ["-A"]).join("\n");
    for (const said of ["GET /os-release HTTP", "VERSION_CODENAME=bookworm", "GET /passwd HTTP"]) {
      expect(text).toContain(said);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Each in its own: nothing of one container lies with another.
    const other = path.join(pratique.directory, "server.pcap");
    pratique.command(["runtime", "capture", "server", "--format", "pcap", "--output", other]);
    expect(read(other).every((line) => /10\.232\.9\.20|fd92::20|ff02::|fe80::/u.test(line))).toBe(true);
  });

  it("has times that are those of the events, to the second", () => {
    const at = (line = "") => Number(/^(\d+\.\d{9}) /u.exec(line)?.[1]) * 1000;
    const file = path.join(pratique.directory, "client.pcap");
    const packet = at(read(file, ["-tt", "--time-stamp-precision=nano", "tcp"])[0]);
    const { stdout } = pratique.command(["runtime", "capture", "client"]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const connected = events.find(({ type, remote }) => type === "connect" && remote?.port === 8080);
    expect(Math.abs(packet - Date.parse(connected.time))).toBeLessThan(1000);
  });

  it("tells what a container did that is gone by now, and of lately alone", async () => {
    const itself =
      "busybox httpd -p 127.0.0.1:8081 -h /etc; busybox wget -q -O /dev/null http://127.0.0.1:8081/passwd";
    run("gone", itself, ["--rm"]);
    const file = path.join(pratique.directory, "gone.pcap");
    expect(pratique.command(["runtime", "capture", "gone", "--format", "pcap", "--output", file]).code).toBe(
      0,
    );
    // Over loopback it was seen twice: as it was sent, and as it was received.
    expect(read(file).filter((line) => line.includes("127.0.0.1.8081: Flags [S]"))).toHaveLength(1);
    expect(pratique.command(["runtime", "capture", "gone"]).stdout).toContain('"name":"gone"');
    const ofClient = ["runtime", "capture", "client"];
    expect(pratique.command(ofClient).stdout).toContain("os-release");
    // It may have been a moment ago.
    const lately = () => pratique.command([...ofClient, "--last", "1s"]).stdout;
    await expect.poll(lately, { timeout: 10_000 }).not.toContain("os-release");
  });

  it("saves by itself what a container did when something is detected, and the detection says where", async () => {
    const script = [
      ask("before.test"),
      "cp /bin/busybox /tmp/busybox",
      "/tmp/busybox echo --password=hunter2 >/dev/null",
      ask("after.test"),
      "true",
    ].join("; ");
    run("dropper", script, ["--network", "wire"]);
    await pratique.until("drift is detected", 20_000, () => detectionIn("dropper") !== undefined);
    const found = detectionIn("dropper");
    const directory = found?.capture ?? "";
    expect(path.dirname(directory)).toBe(pratique.data("captures"));
    await pratique.until("it is saved", 20_000, () => existsSync(path.join(directory, "metadata.json")));
    expect(readdirSync(directory).toSorted()).toEqual(["events.jsonl", "metadata.json", "packets.pcap"]);
    const text = read(path.join(directory, "packets.pcap")).join("\n");
    expect(text).toContain("A? before.test.");
    expect(text).toContain("A? after.test.");
    const events = readFileSync(path.join(directory, "events.jsonl"), "utf8");
    expect(events).toContain('"exePath":"/tmp/busybox"');
    expect(events).toContain("--password=***");
    expect(events).not.toContain("hunter2");
    const metadata = JSON.parse(readFileSync(path.join(directory, "metadata.json"), "utf8"));
    expect(metadata).toMatchObject({ container: { name: "dropper", image: "shop:good" } });
    expect(metadata.detections.map(({ id }: Detection) => id)).toContain(found?.id);
    expect(rows("agent", "capture.saved")).toContainEqual(
      expect.objectContaining({ capture: path.basename(directory), metadataSha256: expect.any(String) }),
    );
    const listed = pratique.command(["runtime", "capture", "--list"]);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain("dropper");
    expect(listed.stdout).toContain(directory);
    const { captures } = JSON.parse(pratique.command(["runtime", "capture", "--list", "--json"]).stdout);
    expect(captures).toContainEqual(expect.objectContaining({ directory }));
  });

  it("saves for a rule that asks for it, however little urgent it is, after as long as it says", async () => {
    const rule = [
      "- rule: A marker was left",
      "  desc: a file of this name",
      "  condition: evt.type in (open, openat) and fd.name=/tmp/marker and container.id != host",
      "  output: a marker was left (file=%fd.name)",
      "  priority: DEBUG",
      "  capture: true",
      "  capture_duration: 200",
    ];
    mkdirSync(pratique.data("rules"), { recursive: true });
    writeFileSync(pratique.data("rules", "own.yaml"), `${rule.join("\n")}\n`);
    await pratique.until("the rule is in force", 20_000, () =>
      pratique.command(["rules", "list"]).stdout.includes("A marker was left"),
    );
    run("marker", "touch /tmp/marker; sleep 1", ["--rm"]);
    const marked = () =>
      rows("detection").find(({ rule: name }: Detection) => name === "A marker was left") as
        | Detection
        | undefined;
    await pratique.until("it is detected", 20_000, () => marked() !== undefined);
    const directory = marked()?.capture ?? "none";
    await pratique.until("it is saved", 20_000, () => existsSync(path.join(directory, "metadata.json")));
    expect(readFileSync(path.join(directory, "events.jsonl"), "utf8")).toContain("/tmp/marker");
  });

  it.each([
    [["capture"], "expected the name of a container, or --list"],
    [["capture", "client", "--format", "pcapng"], "--format is one of jsonl, pcap"],
    [["capture", "client", "--last", "soon"], "--last: expected a time"],
    [["capture", "missing"], "there is no container"],
    [["capture", "client", "--output", "/none/of/this"], "cannot be written"],
  ])("refuses in one line: %j", (args, why) => {
    const { code, stdout, stderr } = pratique.command(["runtime", ...args]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(why);
  });

  it("leaves a record that verifies, and no sensor behind", async () => {
    expect(pratique.command(["audit", "verify"]).code).toBe(0);
    removeWire();
    await pratique.down();
    expect(pratique.leftovers()).toBe("");
  });

  /** The engine would leave its bridge on the host. */
  function removeWire(): void {
    pratique.docker(["rm", "-f", "server", "client", "talker", "dropper"]);
    pratique.docker(["network", "rm", "wire"]);
  }

  /** The programs for packets of which this host's sensor has descriptors. */
  function packetPrograms(): readonly string[] {
    const agent = String(pratique.processes("agent")[0]);
    const { stdout: pid } = spawnSync("pgrep", ["-P", agent, "pratique-sensor"], { encoding: "utf8" });
    const fdinfo = `/proc/${pid.trim()}/fdinfo`;
    const held = new Set(
      readdirSync(fdinfo).map(
        (name) => /^prog_id:\t(\d+)$/mu.exec(readFileSync(path.join(fdinfo, name), "utf8"))?.[1],
      ),
    );
    const { stdout } = spawnSync("bpftool", ["--json", "prog", "list"], { encoding: "utf8" });
    const programs: readonly { readonly id: number; readonly name?: string }[] = JSON.parse(stdout);
    return programs
      .flatMap(({ id, name = "" }) => (held.has(String(id)) && name.startsWith("packet_") ? [name] : []))
      .toSorted();
  }
});

function succeed({ code, stderr }: { readonly code: number; readonly stderr: string }): void {
  if (code !== 0) throw new Error(stderr);
}
