import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Pratique } from "../../test/e2e/pratique.ts";
import {
  engineUnavailable,
  type PrivateEngine,
  startPrivateEngine,
  succeed,
} from "../../test/e2e/private-engine.ts";
import type { Bench, Row } from "./bench.ts";
import { run } from "./run.ts";
import { median, quantile } from "./statistics.ts";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const BLOCKS = Number(process.env.PRATIQUE_BENCH_BLOCKS ?? 12);
const QUIET_SECONDS = Number(process.env.PRATIQUE_BENCH_QUIET_SECONDS ?? 60);
/** What runs in a block before it is measured: what loads and compiles by then is not of the loops. */
const SETTLE_MS = 500;
const RESAMPLES = 2000;

interface Loop {
  readonly name: string;
  readonly what: string;
  readonly target: string;
  /** So many turns that it takes a tenth of a second or so. */
  readonly turns: number;
}

const loops: readonly Loop[] = [
  { name: "execute", what: "fork and execution", target: "≤ 5 % more", turns: 300 },
  { name: "read-large", what: "open, read and close of 1 MiB", target: "≤ 3 % more", turns: 1500 },
  { name: "read-small", what: "open, read and close of 4 KiB", target: "", turns: 30_000 },
  {
    name: "request",
    what: "TCP: connection, request, answer of 4 KiB, end",
    target: "≤ 3 % more",
    turns: 2500,
  },
  { name: "request-again", what: "TCP: request and answer on one connection", target: "", turns: 10_000 },
];

type Mode = "nothing" | "empty" | "native" | "whole";
const modes: readonly Mode[] = ["nothing", "empty", "native", "whole"];
const names: Readonly<Record<Exclude<Mode, "nothing">, string>> = {
  empty: "two programs that do nothing",
  native: "the native sensor alone",
  whole: "sensor and rules",
};

/** Nanoseconds that one turn took: by the clock, and of all processors. */
interface Turn {
  readonly clockNs: number;
  readonly usedNs: number;
}
type Block = Readonly<Record<Mode, readonly Turn[]>>;

export const sensorCost: Bench = {
  name: "sensor-cost",
  description: "what the sensor with the default rules costs a container, and a host at rest",
  unavailable() {
    if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
    return engineUnavailable();
  },
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      await using engine = await startPrivateEngine();
      const watchers = await prepare(engine, directory);
      const blocks = await measureBlocks(engine, watchers, say);
      say(`${QUIET_SECONDS} s at rest …`);
      return [...loops.flatMap((loop, at) => rowsOf(loop, at, blocks)), ...(await measureRest())];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

interface Watchers {
  readonly host: string;
  readonly directory: string;
  readonly binary: string;
  /** Holds programs attached that do nothing, and those. */
  readonly empty: readonly string[];
}

async function prepare(engine: PrivateEngine, directory: string): Promise<Watchers> {
  await run("sh", [here("../../packages/sensor/native/build.sh"), directory], {});
  const root = path.join(directory, "root");
  await mkdir(root);
  const flags = ["-std=c17", "-O2", "-static", "-s", "-pthread", "-Wall", "-Wextra", "-Werror"];
  await run("cc", [...flags, "-o", path.join(root, "loops"), here("native/loops.c")], {});
  writeFileSync(path.join(root, "small"), Buffer.alloc(4096));
  writeFileSync(path.join(root, "large"), Buffer.alloc(1 << 20));
  await engine.imageFromRoot(root, "loops:1", ['CMD ["/loops"]']);
  const binary = path.join(directory, "pratique-sensor");
  return { host: engine.host, directory, binary, empty: await buildEmpty(directory) };
}

async function buildEmpty(directory: string): Promise<readonly string[]> {
  const [program, object] = [path.join(directory, "empty"), path.join(directory, "empty.bpf.o")];
  await run("cc", ["-std=gnu17", "-O2", "-o", program, here("native/empty.c"), "-lbpf"], {});
  const flags = ["-O2", "-g", "-target", "bpf"];
  const compile = 'exec "$(command -v clang-19 || command -v clang)" "$@"';
  await run("sh", ["-c", compile, "sh", ...flags, "-c", here("native/empty.bpf.c"), "-o", object], {});
  return [program, object];
}

/** The agent's part, on the other processor. */
class Watcher implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #nativePid: number;

  private constructor(child: ChildProcess, nativePid: number) {
    this.#child = child;
    this.#nativePid = nativePid;
  }

  static async start(mode: Mode, { binary, host, directory, empty }: Watchers): Promise<Watcher> {
    const audit = path.join(directory, "audit");
    await mkdir(audit, { recursive: true });
    const whole = [process.execPath, here("sensor-cost-host.ts"), mode, binary, host, audit];
    const child = spawn("taskset", ["-c", "1", ...(mode === "empty" ? empty : whole)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const ready: unknown = JSON.parse(String(line));
    if (typeof ready !== "object" || ready === null || !("native" in ready)) throw new Error("no sensor");
    return new Watcher(child, Number(ready.native));
  }

  get pids(): readonly [node: number, native: number] {
    return [this.#child.pid ?? 0, this.#nativePid];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
  }
}

/** The loops in a container. */
class Looper implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  constructor({ host }: PrivateEngine) {
    const args = ["-H", host, "run", "-i", "--rm", "--network", "none", "loops:1"];
    this.#child = spawn("docker", args, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("no output");
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  async time({ name, turns }: Loop): Promise<Turn> {
    const answer = once(this.#lines, "line", { signal: AbortSignal.timeout(60_000) });
    this.#child.stdin?.write(`${name} ${turns}\n`);
    const [line] = await answer;
    const [clockNs = Number.NaN, usedNs = Number.NaN] = String(line).split(" ").map(Number);
    return { clockNs, usedNs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
  }
}

/** All modes in each block, in a random order, and in the next block in the reverse: what drifts hits them alike. */
async function measureBlocks(
  engine: PrivateEngine,
  watchers: Watchers,
  say: (text: string) => void,
): Promise<readonly Block[]> {
  succeed(await engine.docker(["image", "inspect", "loops:1"]));
  await using looper = new Looper(engine);
  for (const loop of loops) await looper.time(loop);
  const blocks: Block[] = [];
  let order: readonly Mode[] = modes;
  for (let number = 0; number < BLOCKS; number += 1) {
    say(`block ${number + 1} of ${BLOCKS} …`);
    order = number % 2 === 0 ? shuffled(modes) : order.toReversed();
    const block: Record<Mode, readonly Turn[]> = { nothing: [], empty: [], native: [], whole: [] };
    for (const mode of order) block[mode] = await measureMode(mode, watchers, looper);
    blocks.push(block);
  }
  return blocks;
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.toSorted((left, right) => left.key - right.key).map(({ item }) => item);
}

async function measureMode(mode: Mode, watchers: Watchers, looper: Looper): Promise<readonly Turn[]> {
  await using watcher = mode === "nothing" ? undefined : await Watcher.start(mode, watchers);
  if (watcher !== undefined) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const turns: Turn[] = [];
  for (const loop of loops) {
    // The first half warms up what the sensor has left cold.
    await looper.time({ ...loop, turns: Math.ceil(loop.turns / 4) });
    turns.push(await looper.time(loop));
  }
  return turns;
}

function rowsOf({ what, target }: Loop, at: number, blocks: readonly Block[]): readonly Row[] {
  return modes.flatMap((mode) => {
    if (mode === "nothing") return [];
    const pairs = blocks.flatMap((block) => {
      const [without, within] = [block.nothing[at], block[mode][at]];
      return without === undefined || within === undefined ? [] : [{ without, within }];
    });
    const used = pairs.map(({ without, within }) => (within.usedNs / without.usedNs - 1) * 100);
    const clock = pairs.map(({ without, within }) => (within.clockNs / without.clockNs - 1) * 100);
    const least = (which: "without" | "within") => Math.min(...pairs.map((pair) => pair[which].usedNs));
    return [
      {
        what: `${what}: ${names[mode]}`,
        target,
        result: `${interval(used)} processor time; by the clock ${interval(clock)}`,
        peer: `at the least ${inUs(least("without"))} without, ${inUs(least("within"))} with`,
      },
    ];
  });
}

function inUs(ns: number): string {
  return `${(ns / 1000).toFixed(1)} µs`;
}

/** The median, and between which it lies with 95 % certainty: bootstrap over the blocks. */
function interval(ratios: readonly number[]): string {
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(ratios.map(() => ratios[Math.floor(Math.random() * ratios.length)] ?? Number.NaN)),
  );
  const [low, high] = [0.025, 0.975].map((part) => quantile(medians, part).toFixed(1));
  return `${median(ratios).toFixed(1)} % more [${low}, ${high}]`;
}

/** The agent as `pratique up` starts it, with an engine in which nothing runs. */
async function measureRest(): Promise<readonly Row[]> {
  await using pratique = new Pratique({ runtime: "auto" });
  await pratique.up(["--private-engine"]);
  await pratique.until("the sensor runs", 60_000, () => pratique.command(["rules", "list"]).code === 0);
  const [agent = 0] = pratique.processes("agent");
  const pids = [agent, Number(await run("pgrep", ["-P", String(agent), "pratique-sensor"]))];
  // What starts is not at rest yet.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  const before = pids.map(stateOf);
  await new Promise((resolve) => setTimeout(resolve, QUIET_SECONDS * 1000));
  const after = pids.map(stateOf);
  return ["the agent", "the native sensor"].map((who, at) => {
    const [first, last] = [before[at], after[at]];
    if (first === undefined || last === undefined) throw new Error("it has ended");
    const part = ((last.usedNs - first.usedNs) / (QUIET_SECONDS * 1e9)) * 100;
    const wakeups = (last.switches - first.switches) / QUIET_SECONDS;
    return {
      what: `at rest: ${who}`,
      target: at === 0 ? "together ≤ 1 % of a processor; the agent ≤ 120 MB" : "",
      result: `${part.toFixed(2)} % of a processor, ${(last.residentBytes / 1e6).toFixed(0)} MB resident`,
      peer: `${wakeups.toFixed(1)} wake-ups a second, with what else the machine did`,
    };
  });
}

/** Of all threads. Wake-ups are the times that a thread had given its processor back. */
function stateOf(pid: number) {
  let [usedNs, switches] = [0, 0];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    usedNs += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    switches += Number(/^voluntary_ctxt_switches:\s+(\d+)$/mu.exec(status)?.[1]);
  }
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { usedNs, switches, residentBytes: Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1024 };
}
