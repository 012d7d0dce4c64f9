import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askRuntime, pinsOf } from "@pratique/agent";
import { parseEngineAddress } from "@pratique/engine";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RuntimeSupervisor } from "../../apps/agent/src/runtime/runtime-supervisor.ts";
import { BareContainers } from "./bare-containers.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const unavailable =
  engineUnavailable() ??
  (existsSync(sensor) ? undefined : "the native sensor has not been built") ??
  ["bpftool", "runc"].map(lacking).find((each) => each !== undefined);
if (unavailable !== undefined) console.warn(`SKIPPED: runtime-robust.test.ts ${unavailable}`);

function lacking(program: string): string | undefined {
  return spawnSync(program, ["--version"]).status === 0 ? undefined : `needs ${program}`;
}

const CONTAINERS = 100;
const AT_ONCE = 6;
/** Without an engine before the runtime this machine starts as many in a minute. */
const BARE_CONTAINERS = 1000;
const BARE_AT_ONCE = 4;
const RESTARTS = 5;
const DEADLINE_MS = 280_000;
const IMAGE = "short:1.2";

interface Told {
  readonly container: { readonly id: string; readonly name: string; readonly image: string } | null;
  readonly process: { readonly exePath: string; readonly commandLine: string };
}

/** The thread of the agent that watches, and what it tells of executions. */
class Watched implements AsyncDisposable {
  readonly told: Told[] = [];
  /** What was said of the watch itself, which is what the host's record has of it. */
  readonly states: string[] = [];
  readonly warnings: string[] = [];
  readonly #supervisor: RuntimeSupervisor;
  readonly #socketPath: string;
  readonly #stopping = new AbortController();
  #state = "";

  constructor(engine: PrivateEngine, directory: string) {
    const at = (name: string) => path.join(directory, name);
    mkdirSync(directory, { recursive: true });
    this.#socketPath = at("runtime.sock");
    this.#supervisor = new RuntimeSupervisor({
      settings: {
        sensor,
        engineAddress: parseEngineAddress(engine.host),
        hostName: "robust",
        auditDirectory: at("audit"),
        maxRecordBytes: 64 * 1024 * 1024,
        rules: { directory: at("rules"), builtIn: true, hardened: false },
        prevent: "engine",
        channel: "off",
        capture: { seconds: 60, packets: undefined, saving: undefined },
        captureDirectory: at("captures"),
        survive: false,
        pins: pinsOf(directory),
        neverCut: [],
        engineCgroup: undefined,
        intelDirectory: at("intel"),
        channelState: at("channel.json"),
        responses: {
          policyFile: at("policy.yaml"),
          stateFile: at("state.json"),
          evidenceDirectory: at("evidence"),
        },
        profiles: undefined,
        past: { directory: at("past"), limits: { days: 1, maxBytes: 64 * 1024 * 1024 } },
        socketPath: this.#socketPath,
      },
      onReport: () => undefined,
      onState: ({ state, detail }) => {
        this.#state = `${state} ${detail}`;
        this.states.push(this.#state);
      },
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      random: Math.random,
      log: { info: () => undefined, warn: (_, message) => this.warnings.push(message) },
    });
  }

  begin(): void {
    this.#supervisor.start();
  }

  async start(): Promise<void> {
    this.begin();
    await vi.waitUntil(() => this.#state.startsWith("running"), { timeout: 60_000 });
    void this.#follow();
    await this.seesAgain();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#supervisor.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Until what is executed now is told. */
  async seesAgain(): Promise<void> {
    const mark = `mark-host-${Math.random()}`;
    const isSeen = () => {
      spawnSync("/bin/busybox", ["echo", mark]);
      return this.told.some(({ process: { commandLine } }) => commandLine.includes(mark));
    };
    await vi.waitUntil(isSeen, { timeout: 60_000, interval: 200 });
  }

  async #follow(): Promise<void> {
    const filter = "evt.type in (execve, execveat) and proc.cmdline contains mark-";
    const events = askRuntime(this.#socketPath, { command: "events", filter }, this.#stopping.signal);
    try {
      // What the agent writes is its own form of an event, which `eventJson` gives.
      for await (const event of events) this.told.push(event as unknown as Told);
    } catch {
      // It has been stopped.
    }
  }
}

/** The native sensors that this process has started. */
function sensors(): readonly number[] {
  const { stdout } = spawnSync("pgrep", ["-P", String(process.pid), "pratique-sensor"], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

function onlySensor(): number {
  const [pid, ...others] = sensors();
  if (pid === undefined || others.length > 0) throw new Error(`expected one sensor, found ${sensors()}`);
  return pid;
}

/** What a process holds of the kernel's BPF: `prog 7`, `map 9`. Without it no link is left, either. */
function heldBy(pid: number): readonly string[] {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((name) =>
    readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8"),
  );
  return [
    ...new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/^(prog|map)_id:\t(\d+)$/gmu)].map(([, what, id]) => `${what} ${id}`),
      ),
    ),
  ];
}

function isLoaded(object: string): boolean {
  const [what = "", id = ""] = object.split(" ");
  return spawnSync("bpftool", [what, "show", "id", id]).status === 0;
}

/** The kernel frees them when no processor can be in them any more. */
async function areGone(held: readonly string[]): Promise<void> {
  await expect.poll(() => held.filter(isLoaded), { timeout: 30_000 }).toEqual([]);
}

async function killSensor(): Promise<readonly string[]> {
  const before = onlySensor();
  const held = heldBy(before);
  process.kill(before, "SIGKILL");
  await expect.poll(() => sensors().filter((pid) => pid !== before).length, { timeout: 60_000 }).toBe(1);
  return held;
}

describe.skipIf(unavailable !== undefined)("the watch over running containers", () => {
  let engine: PrivateEngine;
  let watched: Watched;
  const ids = new Map<string, string>();

  beforeAll(async () => {
    // As many run it: containers outlive it.
    engine = await startPrivateEngine({ daemonConfig: { "live-restore": true } });
    await engine.busyboxImage(IMAGE);
    watched = new Watched(engine, path.join(engine.directory, "watched"));
    await watched.start();
  }, DEADLINE_MS);

  afterAll(async () => {
    await watched?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
  }, DEADLINE_MS);

  /** One that is over at once: its shell, and the program that the shell executes, name it. */
  async function runShort(name: string): Promise<void> {
    await run(name, `id -u >/dev/null; /bin/busybox echo mark-${name}.`);
  }

  async function run(name: string, script: string): Promise<void> {
    const args = ["run", "-d", "--network", "none", "--name", name, IMAGE, "/bin/sh", "-c", script];
    ids.set(name, succeed(await engine.docker(args)).stdout.trim());
  }

  async function runMany(names: readonly string[]): Promise<void> {
    const left = [...names];
    const work = async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) await runShort(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  const inContainer = () =>
    watched.told.filter(
      ({ process: { exePath, commandLine } }) =>
        exePath === "/bin/busybox" && !commandLine.includes("mark-host-"),
    );
  const nameIn = ({ process: { commandLine } }: Told) => /mark-([a-z]+-\d+)\./u.exec(commandLine)?.[1] ?? "";
  const executionsOf = (name: string) => inContainer().filter((told) => nameIn(told) === name);
  /** Those that were told of another container than they happened in, or of one that nobody knows. */
  const wrong = () =>
    inContainer().filter((told) => {
      const name = nameIn(told);
      return (
        told.container?.id !== ids.get(name) ||
        told.container?.name !== name ||
        told.container?.image !== IMAGE
      );
    });

  it(
    `names every one of ${CONTAINERS} containers that are over at once, in each of its executions`,
    async () => {
      const names = Array.from({ length: CONTAINERS }, (_, place) => `short-${place}`);
      const started = performance.now();
      await runMany(names);
      const seconds = (performance.now() - started) / 1000;
      console.info(`${CONTAINERS} containers in ${seconds.toFixed(1)} s, ${AT_ONCE} at a time`);
      await expect
        .poll(() => names.filter((name) => executionsOf(name).length < 2), { timeout: 30_000 })
        .toEqual([]);
      expect(wrong()).toEqual([]);
    },
    DEADLINE_MS,
  );

  it(
    `names every one of ${BARE_CONTAINERS} that the runtime starts without an engine`,
    async () => {
      using bare = await BareContainers.prepare(path.join(engine.directory, "bare"), IMAGE);
      const names = Array.from({ length: BARE_CONTAINERS }, (_, place) => `bare-${place}`);
      for (const name of names) {
        const script = `id -u >/dev/null; /bin/busybox echo mark-${name}. >/dev/null`;
        ids.set(name, bare.describe(name, script));
      }
      const left = names.map((name) => ids.get(name) ?? "");
      const work = async () => {
        for (let id = left.shift(); id !== undefined; id = left.shift()) await bare.run(id);
      };
      const started = performance.now();
      await Promise.all(Array.from({ length: BARE_AT_ONCE }, work));
      const seconds = (performance.now() - started) / 1000;
      console.info(`${BARE_CONTAINERS} containers in ${seconds.toFixed(1)} s, ${BARE_AT_ONCE} at a time`);
      await expect
        .poll(
          () => {
            const of = Map.groupBy(inContainer(), nameIn);
            return names.filter((name) => (of.get(name)?.length ?? 0) < 2);
          },
          { timeout: 60_000 },
        )
        .toEqual([]);
      expect(wrong()).toEqual([]);
    },
    DEADLINE_MS,
  );

  it(
    "tells nothing wrong where its sensor is killed meanwhile, and all again when there is another",
    async () => {
      const during = Array.from({ length: 40 }, (_, place) => `killed-${place}`);
      const [, held] = await Promise.all([runMany(during), killSensor()]);
      await areGone(held);
      await watched.seesAgain();
      expect(watched.states.slice(-2)).toEqual([
        expect.stringMatching(/^failed the native sensor ended \(SIGKILL\)/u),
        expect.stringMatching(/^running/u),
      ]);
      const after = Array.from({ length: 12 }, (_, place) => `again-${place}`);
      await runMany(after);
      await expect
        .poll(() => after.filter((name) => executionsOf(name).length < 2), { timeout: 30_000 })
        .toEqual([]);
      expect(wrong()).toEqual([]);
    },
    DEADLINE_MS,
  );

  it(
    "goes on when the engine starts anew, and with containers that outlived it",
    async () => {
      const held = heldBy(onlySensor());
      await run("kept-0", "while sleep 0.2; do /bin/busybox echo mark-kept-0.; done");
      await expect.poll(() => executionsOf("kept-0").length).toBeGreaterThan(2);
      await engine.restart();
      const soFar = executionsOf("kept-0").length;
      await expect.poll(() => executionsOf("kept-0").length).toBeGreaterThan(soFar + 2);
      succeed(await engine.docker(["rm", "-f", "kept-0"]));
      const after = Array.from({ length: 12 }, (_, place) => `engine-${place}`);
      await runMany(after);
      await expect
        .poll(() => after.filter((name) => executionsOf(name).length < 2), { timeout: 30_000 })
        .toEqual([]);
      expect(wrong()).toEqual([]);
      // The same sensor, which has let nothing go and holds nothing twice.
      expect(heldBy(onlySensor()).filter((object) => object.startsWith("prog"))).toEqual(
        held.filter((object) => object.startsWith("prog")),
      );
    },
    DEADLINE_MS,
  );

  it(
    "holds no more after many sensors than after the first",
    async () => {
      const sizes = () => ({
        descriptors: readdirSync("/proc/self/fd").length,
        threads: readdirSync("/proc/self/task").length,
        objects: heldBy(onlySensor()).length,
      });
      const before = sizes();
      const memory = [process.memoryUsage.rss()];
      for (let restart = 0; restart < RESTARTS; restart += 1) {
        const held = await killSensor();
        await watched.seesAgain();
        await areGone(held);
        memory.push(process.memoryUsage.rss());
      }
      const after = sizes();
      const inMiB = memory.map((bytes) => Math.round(bytes / 2 ** 20));
      console.info(`resident after each of ${RESTARTS} new sensors: ${inMiB.join(", ")} MiB`);
      expect(after.objects).toBe(before.objects);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      // The past is written every few seconds: a file may be open for a moment.
      await expect.poll(() => sizes().descriptors).toBeLessThanOrEqual(before.descriptors + 2);
    },
    DEADLINE_MS,
  );

  it.each([0, 200, 500, 1000, 2000])(
    "ends with all it has begun when it is stopped %i ms after",
    async (ms) => {
      const before = sensors();
      const begun = new Watched(engine, path.join(engine.directory, `begun-${ms}`));
      begun.begin();
      await sleep(ms);
      await begun.stop();
      expect(begun.warnings.filter((message) => message.includes("broken off"))).toEqual([]);
      expect(sensors()).toEqual(before);
    },
  );

  it(
    "leaves no process, program or map behind when the agent's thread ends, and begins anew",
    async () => {
      const held = heldBy(onlySensor());
      expect(held.filter(isLoaded)).toEqual(held);
      await watched.stop();
      expect(sensors()).toEqual([]);
      await areGone(held);
      watched = new Watched(engine, path.join(engine.directory, "watched"));
      await watched.start();
      await runMany(["thread-0", "thread-1"]);
      await expect
        .poll(() => ["thread-0", "thread-1"].filter((name) => executionsOf(name).length < 2), {
          timeout: 30_000,
        })
        .toEqual([]);
      expect(wrong()).toEqual([]);
    },
    DEADLINE_MS,
  );
});
