import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createConnection } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { AuditEvent, ChannelAction, JsonObject, RuntimeContainer } from "@pratique/core";
import { Engine, EngineControl } from "@pratique/engine";
import {
  CgroupContainers,
  EngineContainers,
  EvidenceGatherer,
  ProcKernel,
  parseResponsePolicy,
  type ResponseHost,
  Responses,
  type ResponsesOptions,
  SensorFlows,
  type StateStore,
  type Trigger,
} from "@pratique/response";
import { SensorProcess } from "@pratique/sensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";
import { flowToolsUnavailable, ToolFlows } from "./tool-flows.ts";

const unavailable = engineUnavailable() ?? flowToolsUnavailable();
const SENSOR = fileURLToPath(new URL("../../dist/sensor/pratique-sensor", import.meta.url));
const sensorUnavailable = existsSync(SENSOR) ? undefined : "needs the native sensor: node scripts/build.ts";
const version2 = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((root) =>
  existsSync(path.join(root, "cgroup.controllers")),
);
const SUBNET = "10.231.7.0/24";
const LISTED = "10.231.7.20";
const HONEST = "10.231.7.30";
const NOTHING = AbortSignal.timeout(600_000);

describe.skipIf(unavailable !== undefined)(
  `responses on a real engine (${unavailable ?? "runs here"})`,
  () => {
    let docker: PrivateEngine;
    let engine: Engine;
    let control: EngineControl;
    let host: ResponseHost;
    const kernel = new ProcKernel();
    const events: AuditEvent[] = [];
    const troubles: string[] = [];

    beforeAll(async () => {
      docker = await startPrivateEngine();
      await docker.busyboxImage("tools:1");
      succeed(await docker.docker(["network", "create", "--subnet", SUBNET, "shop"]));
      const address = { kind: "unix", socketPath: docker.socketPath } as const;
      engine = new Engine({ address });
      control = new EngineControl({ address });
      const containers = new EngineContainers({ engine, control, kernel: new CgroupContainers({ kernel }) });
      host = { control: containers, flows: new ToolFlows(kernel), kernel };
    });

    afterAll(async () => {
      await control?.[Symbol.asyncDispose]();
      await engine?.[Symbol.asyncDispose]();
      await removeNetwork(docker);
      await docker?.[Symbol.asyncDispose]();
    });

    it("cuts a live channel and proves it, and leaves every other one alone", async () => {
      await run("evil", ["--ip", LISTED], "sleep 600 | nc -l -p 9000 >/dev/null; sleep 600");
      await run("good", ["--ip", HONEST], "sleep 600 | nc -l -p 9000 >/dev/null; sleep 600");
      const talk = (to: string) => `(while echo beacon; do sleep 0.05; done | nc ${to} 9000)`;
      const container = await run("web", [], `${talk(LISTED)} & ${talk(HONEST)} & sleep 600`);
      await expect.poll(() => peersOf(container)).toEqual([LISTED, HONEST]);

      const responses = open({});
      const outcome = await responses.respond(hit(container, LISTED));
      expect(outcome).toMatchObject({ kind: "acted", action: "cut" });
      expect(outcome.flows).toEqual([expect.stringMatching(/^tcp \d+ to 10\.231\.7\.20 9000 established$/u)]);
      expect(outcome.proof?.checks.map(({ name, outcome: of }) => `${name} ${of}`)).toEqual([
        "socket-table holds",
        expect.stringMatching(/^connections (?:holds|unknown|fails)$/u),
        "probe holds",
      ]);
      // These tools forget no connections. Where the host tracks what is bridged, one is left, and that is told.
      const left = outcome.proof?.checks.some(({ outcome: of }) => of === "fails");
      expect(outcome.proof?.result).toBe(left ? "not-proved" : "proved");
      expect(await peersOf(container)).toEqual([HONEST]);
      // The other end has seen its connection end.
      const peer = await view("evil");
      expect(
        (await kernel.sockets({ container: named("evil"), pid: peer.pid }, NOTHING)).filter(isOpen),
      ).toEqual([]);

      expect(await connects(container, LISTED)).toBe(false);
      expect(await responses.release(outcome.actId ?? "", "anna")).toBe(true);
      expect(await connects(container, LISTED)).toBe(true);
    });

    it.skipIf(sensorUnavailable !== undefined)(
      `cuts by the native sensor, which the kernel's own tables prove (${sensorUnavailable ?? "runs here"})`,
      async () => {
        const sensor = await startSensor();
        try {
          await expectCutBySensor(sensor);
          await expectHostLeftAlone(sensor);
        } finally {
          await sensor.stop();
        }
      },
    );

    it("freezes, and thaws when its time is over", async () => {
      const container = await run("frozen", [], "i=0; while true; do i=$((i+1)); echo $i >/tmp/count; done");
      let passedMs = 0;
      const responses = open({
        now: () => Date.now() + passedMs,
        elapsedMs: () => performance.now() + passedMs,
      });
      const outcome = await responses.respond(order(container, "pause", 60_000));
      expect(outcome).toMatchObject({ kind: "acted", proof: { result: "proved" } });
      expect(outcome.proof?.checks).toMatchObject([
        { name: "engine-state", outcome: "holds" },
        { name: "freezer", outcome: "holds" },
      ]);
      expect((await view("frozen")).paused).toBe(true);
      passedMs = 60_000;
      await responses.releaseExpired();
      expect([await view("frozen"), responses.acts]).toMatchObject([{ running: true, paused: false }, []]);
    });

    it("looks at a frozen container before it stops it, and starts it again as it was", async () => {
      const container = await run(
        "shell",
        ["-e", "SECRET_TOKEN=hunter2", "--restart", "always"],
        "echo dropped >/tmp/implant; cp /bin/busybox /tmp/sleep; exec /tmp/sleep 600",
      );
      await expect
        .poll(async () => readlinkSync(`/proc/${(await view("shell")).pid}/exe`))
        .toBe("/tmp/sleep");
      const responses = open({});
      const outcome = await responses.respond(order(container, "stop", 60_000));
      expect(outcome).toMatchObject({ kind: "acted", action: "stop", proof: { result: "proved" } });
      expect(outcome.steps.map(({ name, outcome: of }) => `${name} ${of}`)).toEqual([
        "hold done",
        "stop done",
        "hold-down done",
      ]);
      expect(outcome.evidence).toMatchObject({ failure: "", complete: true });
      expectSound(outcome.evidence?.directory ?? "", outcome.evidence?.manifestSha256 ?? "");
      const read = (name: string) => readFileSync(path.join(outcome.evidence?.directory ?? "", name), "utf8");
      expect(read("processes.jsonl")).toContain('"SECRET_TOKEN"');
      expect(read("container.json")).toContain('"SECRET_TOKEN"');
      for (const name of ["processes.jsonl", "container.json", "maps.jsonl"])
        expect(read(name)).not.toContain("hunter2");
      const busybox = createHash("sha256").update(readFileSync("/bin/busybox")).digest("hex");
      expect(JSON.parse(read("executables.jsonl").split("\n")[0] ?? "")).toMatchObject({ sha256: busybox });
      expect(read("changes.jsonl")).toContain('{"path":"/tmp/implant","kind":"added"}');
      expect(read("upper-layer.jsonl")).toContain(`"/tmp/sleep"`);
      expect(read("events.jsonl")).toBe('{"number":1}\n');

      expect(await view("shell")).toMatchObject({ running: false, restartPolicy: { name: "no" } });
      expect(await responses.release(outcome.actId ?? "", "anna")).toBe(true);
      expect(await view("shell")).toMatchObject({ running: true, restartPolicy: { name: "always" } });
    });

    it("kills, also what removes itself by it", async () => {
      const container = await run("brief", ["--rm"], "trap '' TERM; sleep 600");
      const responses = open({});
      const outcome = await responses.respond(order(container, "kill", undefined));
      expect(outcome).toMatchObject({ kind: "acted", action: "kill", proof: { result: "proved" } });
      await expect.poll(async () => await host.control.look(container, NOTHING)).toBeUndefined();
      await responses.recover();
      expect(responses.acts).toEqual([]);
    });

    it("quarantines by the engine where the kernel does not isolate, and brings the network back as it was", async () => {
      const container = await run(
        "infected",
        ["--ip", "10.231.7.40", "--network-alias", "database", "--restart", "unless-stopped"],
        "while true; do nc -l -p 9000 >/dev/null; done",
      );
      const before = await view("infected");
      const responses = open({});
      const outcome = await responses.respond(order(container, "quarantine", 60_000));
      expect(outcome).toMatchObject({ kind: "acted", action: "quarantine", proof: { result: "proved" } });
      expect(await view("infected")).toMatchObject({
        paused: true,
        networks: [],
        restartPolicy: { name: "no" },
      });
      const { pid } = await view("infected");
      expect(readFileSync(`/proc/${pid}/net/dev`, "utf8")).not.toContain("eth0");
      expect(await responses.release(outcome.actId ?? "", "anna")).toBe(true);
      const after = await view("infected");
      expect(after).toMatchObject({
        running: true,
        paused: false,
        restartPolicy: { name: "unless-stopped" },
      });
      expect(after.networks).toEqual(before.networks);
      expect(readFileSync(`/proc/${pid}/net/fib_trie`, "utf8")).toContain("10.231.7.40");
    });

    it("stands over a restart of the agent, which undoes what has expired meanwhile", async () => {
      const container = await run("kept", [], "sleep 600");
      const store = fileStore("kept.json");
      let now = Date.now();
      await open({ store, now: () => now }).respond(order(container, "pause", 60_000));
      const second = open({ store, now: () => now });
      await second.recover();
      expect([second.acts.length, (await view("kept")).paused]).toEqual([1, true]);
      now += 60_000;
      const third = open({ store, now: () => now });
      await third.recover();
      expect([third.acts.length, (await view("kept")).paused]).toEqual([0, false]);
    });

    it("freezes and kills by the control group alone where no runtime is spoken to", async () => {
      const container = await run("orphan", [], "echo dropped >/tmp/implant; sleep 600 & sleep 600");
      const direct = { ...host, control: new CgroupContainers({ kernel }) };
      const responses = open({ host: direct, gather: (request) => gathererOf(direct).gather(request) });
      const paused = await responses.respond(order(container, "stop", undefined));
      expect(paused).toMatchObject({ kind: "failed", demotions: [{ because: "this host lacks stop" }] });
      const frozen = await responses.respond(order(container, "pause", undefined));
      expect(frozen).toMatchObject({ kind: "acted", action: "pause", proof: { result: "proved" } });
      expect((await kernel.processes(container, NOTHING)).length).toBe(2);
      const killed = await responses.respond(order(container, "kill", undefined));
      expect(killed).toMatchObject({ kind: "acted", action: "kill", proof: { result: "proved" } });
      const listed = readFileSync(path.join(killed.evidence?.directory ?? "", "upper-layer.jsonl"), "utf8");
      expect(listed).toContain('"/tmp/implant"');
      await expect.poll(async () => (await view("orphan")).running).toBe(false);
      await responses.recover();
      expect(responses.acts).toEqual([]);
    });

    it.skipIf(version2 === undefined)("does the same in a group of version 2", async () => {
      const id = randomUUID().replaceAll("-", "").repeat(2);
      const group = path.join(version2 ?? "", `pratique-test-${id}.scope`);
      mkdirSync(group);
      const child = spawn("sh", ["-c", "sleep 600 & sleep 600"], { stdio: "ignore" });
      const ended = once(child, "exit");
      try {
        writeFileSync(path.join(group, "cgroup.procs"), String(child.pid));
        const container: RuntimeContainer = { ...named("pod"), id, runtime: "cri-o" };
        const responses = open({ host: { ...host, control: new CgroupContainers({ kernel }) } });
        const frozen = await responses.respond(order(container, "pause", undefined));
        expect(frozen).toMatchObject({ kind: "acted", proof: { result: "proved" } });
        expect(readFileSync(path.join(group, "cgroup.events"), "utf8")).toContain("frozen 1");
        expect(await responses.release(frozen.actId ?? "", "anna")).toBe(true);
        expect(readFileSync(path.join(group, "cgroup.events"), "utf8")).toContain("frozen 0");
        const killed = await responses.respond(order(container, "kill", undefined));
        expect(killed).toMatchObject({ kind: "acted", proof: { result: "proved" } });
        await ended;
      } finally {
        child.kill("SIGKILL");
        await expect
          .poll(() => readFileSync(path.join(group, "cgroup.events"), "utf8"))
          .toContain("populated 0");
        rmdirSync(group);
      }
    });

    it("counts only its own sockets for a container in the host's network", async () => {
      const container = await run("hosted", ["--network", "host"], "nc -l -p 0 & sleep 600");
      const { pid, ownNetwork } = await view("hosted");
      expect(ownNetwork).toBe(false);
      const own = () => kernel.sockets({ container, pid }, NOTHING);
      await expect.poll(async () => (await own()).map(({ state }) => state)).toEqual(["listen"]);
      const outcome = await open({}).respond(order(container, "quarantine", 60_000));
      expect(outcome).toMatchObject({
        kind: "failed",
        demotions: [{ because: "this host lacks isolate or disconnect" }],
      });
    });

    async function expectCutBySensor(sensor: SensorProcess): Promise<void> {
      await run("evil-2", ["--ip", "10.231.7.50"], "sleep 600 | nc -l -p 9000 >/dev/null; sleep 600");
      await run("good-2", ["--ip", "10.231.7.51"], "sleep 600 | nc -l -p 9000 >/dev/null; sleep 600");
      const talk = (to: string) => `(while echo beacon; do sleep 0.05; done | nc ${to} 9000)`;
      const container = await run("web-2", [], `${talk("10.231.7.50")} & ${talk("10.231.7.51")} & sleep 600`);
      const neighbour = await run("web-3", [], "sleep 600");
      await expect.poll(() => peersOf(container)).toEqual(["10.231.7.50", "10.231.7.51"]);
      const { pid } = await view("web-2");
      const flows = new SensorFlows({
        sensor,
        available: () => true,
        cgroupIdOf: () => cgroupIdOf(pid),
        restorePolicy: async (_, cgroupId) => {
          await sensor.command("containers", { set: [{ cgroupId, container: container.id, policy: {} }] });
        },
      });
      const responses = open({ host: { ...host, flows } });

      const outcome = await responses.respond(hit(container, "10.231.7.50"));
      expect(outcome).toMatchObject({
        kind: "acted",
        action: "cut",
        proof: { result: "proved", because: "" },
      });
      expect(outcome.steps[0]?.detail).toContain("1 sockets ended");
      expect(await peersOf(container)).toEqual(["10.231.7.51"]);
      expect(await connectFrom(container, "10.231.7.50")).toContain("Operation not permitted");
      expect(await connectFrom(neighbour, "10.231.7.50")).toContain("Connection refused");

      const isolated = await responses.respond(order(container, "quarantine", 60_000));
      expect(isolated).toMatchObject({ kind: "acted", action: "quarantine", proof: { result: "proved" } });
      expect(await peersOf(container)).toEqual([]);
      expect(await responses.release(isolated.actId ?? "", "anna")).toBe(true);
      expect(await connectFrom(container, "10.231.7.51")).toContain("Connection refused");
      expect(await connectFrom(container, "10.231.7.50")).toContain("Operation not permitted");
      expect(await responses.release(outcome.actId ?? "", "anna")).toBe(true);
      expect(await connectFrom(container, "10.231.7.50")).toContain("Connection refused");
    }

    /** A container in the host's network talks to the same peer as a process of the host does. */
    async function expectHostLeftAlone(sensor: SensorProcess): Promise<void> {
      const peer = "10.231.7.60";
      const listen = (port: number) => `(sleep 600 | nc -l -p ${port} >/dev/null)`;
      await run("evil-3", ["--ip", peer], `${listen(9000)} & ${listen(9001)} & sleep 600`);
      const talk = `while echo beacon; do sleep 0.05; done | nc ${peer} 9000`;
      const container = await run("hosted-2", ["--network", "host"], talk);
      await expect.poll(() => peersOf(container)).toEqual([peer]);
      const own = createConnection({ host: peer, port: 9001 });
      await once(own, "connect");
      try {
        const { pid } = await view("hosted-2");
        const flows = new SensorFlows({
          sensor,
          available: () => true,
          cgroupIdOf: () => cgroupIdOf(pid),
          restorePolicy: async () => undefined,
        });
        const outcome = await open({ host: { ...host, flows } }).respond(hit(container, peer));
        expect(outcome).toMatchObject({ kind: "acted", action: "cut", proof: { result: "proved" } });
        expect(outcome.flows).toEqual([expect.stringContaining(`to ${peer} 9000 established`)]);
        const table = parseOwn(readFileSync("/proc/self/net/tcp", "utf8"), own.localPort ?? 0);
        expect([table, own.destroyed]).toEqual(["01", false]);
      } finally {
        own.destroy();
      }
    }

    /** What a connection to a port where nobody listens says. */
    async function connectFrom(container: RuntimeContainer, peer: string): Promise<string> {
      return (await docker.docker(["exec", container.name, "nc", "-w", "2", peer, "1"])).stderr;
    }

    function gathererOf(of: ResponseHost): EvidenceGatherer {
      return new EvidenceGatherer({
        root: path.join(docker.directory, "evidence"),
        host: of,
        recorder: {
          async *events() {
            yield Buffer.from('{"number":1}\n');
          },
          async *packets() {},
        },
      });
    }

    function open(more: Partial<ResponsesOptions>): Responses {
      const gatherer = gathererOf(host);
      const policy = parseResponsePolicy({
        ladders: [{ name: "default" }],
        graceSeconds: 1,
        limits: { shareOfHost: 1 },
      });
      return new Responses({
        host,
        policy: () => policy,
        audit: {
          append(event) {
            events.push(event);
            return { ...event, sequence: events.length, time: "", previousHash: "", hash: "" };
          },
        },
        store: fileStore(`${randomUUID()}.json`),
        gather: (request) => gatherer.gather(request),
        isOwn: () => false,
        now: () => Date.now(),
        elapsedMs: () => performance.now(),
        newId: () => randomUUID(),
        onTrouble: (message) => troubles.push(message),
        ...more,
      });
    }

    function fileStore(name: string): StateStore {
      const file = path.join(docker.directory, name);
      return {
        load: () => (existsSync(file) ? readFileSync(file, "utf8") : undefined),
        save: (text) => {
          writeFileSync(`${file}.new`, text);
          renameSync(`${file}.new`, file);
        },
        setAside: (text) => writeFileSync(`${file}.aside`, text),
      };
    }

    async function run(name: string, flags: readonly string[], script: string): Promise<RuntimeContainer> {
      const network = flags.includes("--network") ? [] : ["--network", "shop"];
      const link = "for each in nc; do /bin/busybox ln -s busybox /bin/$each; done;";
      const command = [
        "run",
        "-d",
        "--name",
        name,
        ...network,
        ...flags,
        "tools:1",
        "/bin/sh",
        "-c",
        `${link} ${script}`,
      ];
      const { stdout } = succeed(await docker.docker(command));
      return { ...named(name), id: stdout.trim() };
    }

    function named(name: string): RuntimeContainer {
      return {
        id: name,
        runtime: "docker",
        name,
        image: "tools:1",
        imageId: undefined,
        privileged: false,
        labels: {},
        mounts: [],
        createdAt: 0,
      };
    }

    async function view(name: string) {
      const found = await host.control.look(named(name), NOTHING);
      if (found === undefined) throw new Error(`no container ${name}`);
      return found;
    }

    async function peersOf(container: RuntimeContainer): Promise<readonly string[]> {
      const { pid } = await view(container.name);
      const sockets = await kernel.sockets({ container, pid }, NOTHING);
      return sockets
        .filter(isOpen)
        .map(({ remoteAddress }) => remoteAddress)
        .toSorted();
    }

    /** Whether a connection comes about, or is refused by the other end rather than by us. */
    async function connects(container: RuntimeContainer, peer: string): Promise<boolean> {
      const { pid } = await view(container.name);
      return (await host.flows.probe({ container, pid }, peer, NOTHING)) === "reached";
    }

    function order(container: RuntimeContainer, action: ChannelAction, forMs: number | undefined): Trigger {
      return {
        kind: "order",
        order: {
          container,
          action,
          by: "anna",
          reason: "she saw it",
          forMs,
          peers: undefined,
          answers: undefined,
        },
      };
    }
  },
);

/** The engine would leave its bridge on the host, and the next one its own beside it. */
async function removeNetwork(docker: PrivateEngine | undefined): Promise<void> {
  const { stdout = "" } = (await docker?.docker(["ps", "-aq"])) ?? {};
  const ids = stdout.split("\n").filter((id) => id !== "");
  if (ids.length > 0) await docker?.docker(["rm", "-f", ...ids]);
  await docker?.docker(["network", "rm", "shop"]);
}

async function startSensor(): Promise<SensorProcess> {
  const log = { info: () => undefined, warn: () => undefined };
  const sensor = new SensorProcess({ binary: SENSOR, log });
  const deaf = () => undefined;
  await sensor.start({ onBegin: deaf, onRecords: deaf, onMessage: deaf, onEnd: deaf });
  await sensor.command("prevent", { mode: "enforce", survive: false });
  await sensor.command("channel", { mode: "enforce", set: null });
  return sensor;
}

/** The number of a process's control group of version 2 is the inode of its directory. */
function cgroupIdOf(pid: number): string | undefined {
  const group = /^0::(?<path>.*)$/mu.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.groups?.path ?? "";
  const directory = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].map((root) => root + group).find(existsSync);
  return directory === undefined ? undefined : String(statSync(directory, { bigint: true }).ino);
}

/** The state of the socket with a local port, as `/proc/net/tcp` writes it. */
function parseOwn(table: string, port: number): string | undefined {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const line = table.split("\n").find((each) => each.trim().split(/\s+/u)[1]?.endsWith(end));
  return line?.trim().split(/\s+/u)[3];
}

function isOpen({ state }: { readonly state: string }): boolean {
  return state === "established" || state === "syn-sent";
}

function hit(container: RuntimeContainer, address: string): Trigger {
  return {
    kind: "channel",
    hit: {
      id: "hit-1",
      container,
      indicator: {
        kind: "address",
        value: address,
        port: 0,
        source: "feed",
        family: "",
        confidence: 90,
        firstSeen: 0,
        expiresAt: undefined,
      },
      remote: { address, port: 9000 },
      protocol: "tcp",
      pid: 0,
      time: new Date().toISOString(),
      prevented: false,
    },
  };
}

/** The manifest is the one that was recorded, and each file the one that it names. */
function expectSound(directory: string, manifestSha256: string): void {
  const manifest = readFileSync(path.join(directory, "manifest.json"));
  expect(createHash("sha256").update(manifest).digest("hex")).toBe(manifestSha256);
  const { files }: { readonly files: readonly JsonObject[] } = JSON.parse(manifest.toString("utf8"));
  expect(files.length).toBeGreaterThan(8);
  for (const { name, sha256, bytes } of files) {
    const content = readFileSync(path.join(directory, String(name)));
    expect([createHash("sha256").update(content).digest("hex"), content.byteLength]).toEqual([sha256, bytes]);
  }
}
