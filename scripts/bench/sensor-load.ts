import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { eventTypes } from "../../packages/core/src/index.ts";
import {
  kindsOf,
  type MessageBody,
  type SensorMessage,
  SensorProcess,
  wireKinds,
} from "../../packages/sensor/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { median, spread } from "./statistics.ts";

const buildScript = fileURLToPath(new URL("../../packages/sensor/native/build.sh", import.meta.url));
const actSource = fileURLToPath(new URL("../../packages/sensor/src/native/testdata/act.c", import.meta.url));
const ROUNDS = 7;
const A_SECOND = 50_000;
const SECONDS = 10;
/** In a record: its kind. Its length stands before. */
const KIND_OFFSET = 4;
const quiet = { info: () => undefined, warn: () => undefined };

/** What a loop costs, and what the sensor is told to tell while it runs. */
const settings: readonly (readonly [string, MessageBody])[] = [
  ["processes alone", { kinds: kindsOf([]), hostKinds: kindsOf([]), failedKinds: [] }],
  ["everything", { kinds: kindsOf(eventTypes), hostKinds: kindsOf(eventTypes) }],
  [
    "everything, at most 5000 a second",
    {
      kinds: kindsOf(eventTypes),
      hostKinds: kindsOf(eventTypes),
      rateLimits: { perContainerPerSecond: 5000, burst: 5000 },
    },
  ],
];

export const sensorLoad: Bench = {
  name: "sensor-load",
  description:
    "how many events the native sensor tells without loss, and what it costs those that it watches",
  unavailable() {
    if (process.getuid?.() !== 0) return "needs root";
    if (!existsSync("/sys/kernel/btf/vmlinux")) return "needs a kernel with BTF";
    return undefined;
  },
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      const parts = buildParts(directory);
      say(`${A_SECOND} events a second for ${SECONDS} s …`);
      return [await measureLoss(parts), ...(await measureCosts(parts, say))];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

interface Parts {
  readonly binary: string;
  /** The program of many acts of the sensor's tests. */
  readonly act: string;
  /** Files to read. */
  readonly small: string;
  readonly large: string;
}

function buildParts(directory: string): Parts {
  const at = (name: string) => path.join(directory, name);
  const [act, small, large] = [at("act"), at("small"), at("large")];
  succeed("sh", [buildScript, directory]);
  succeed("cc", ["-D_GNU_SOURCE", "-O2", "-static", "-pthread", "-o", act, actSource]);
  writeFileSync(small, "x".repeat(200));
  writeFileSync(large, Buffer.alloc(1 << 20));
  return { binary: path.join(directory, "pratique-sensor"), act, small, large };
}

function succeed(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} fails: ${stderr}`);
  return stdout;
}

/** A sensor whose records are counted and dropped. */
class CountedSensor implements AsyncDisposable {
  readonly process: SensorProcess;
  readonly #seeded = Promise.withResolvers<void>();
  opens = 0;

  constructor(binary: string) {
    this.process = new SensorProcess({ binary, log: quiet });
  }

  async start(settings: MessageBody): Promise<void> {
    await this.process.start({
      onRecords: (payload) => this.#count(payload),
      onMessage: (message: SensorMessage) => {
        if (message.kind === "event" && message.event === "seeded") this.#seeded.resolve();
      },
      onBegin: () => undefined,
      onEnd: () => undefined,
    });
    await this.process.command("configure", settings);
    await this.#seeded.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.stop();
  }

  #count(payload: Buffer): void {
    for (let at = 0; at < payload.length; at += payload.readUInt32LE(at)) {
      if (payload.readUInt16LE(at + KIND_OFFSET) === wireKinds.openat) this.opens += 1;
    }
  }
}

async function measureLoss({ binary, act, small }: Parts): Promise<Row> {
  await using sensor = new CountedSensor(binary);
  const all = kindsOf(eventTypes);
  await sensor.start({ kinds: all, hostKinds: all });
  const { pid } = sensor.process.counters;
  const busy = processorSeconds(pid);
  const before = sensor.opens;
  const started = performance.now();
  await once(spawn(act, ["pace", small, String(A_SECOND), String(SECONDS)], { stdio: "ignore" }), "close");
  const seconds = (performance.now() - started) / 1000;
  // The answer comes after everything that was told before the question.
  const { events, unsent } = await sensor.process.command("counters");
  const told = sensor.opens - before;
  const lost = JSON.stringify({ events: lostOf(events), unsent });
  const used = ((processorSeconds(pid) - busy) / seconds) * 100;
  return {
    what: `events told of ${A_SECOND * SECONDS}, at ${A_SECOND} a second`,
    target: "all of them",
    result: `${told} in ${seconds.toFixed(1)} s, lost ${lost}`,
    peer: `the native sensor used ${used.toFixed(0)} % of one processor`,
  };
}

function lostOf(events: unknown): unknown {
  return typeof events === "object" && events !== null && "lost" in events ? events.lost : undefined;
}

/** What the scheduler has counted: the clock's own samples miss what wakes by the clock. */
function processorSeconds(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e9;
}

async function measureCosts(parts: Parts, say: (text: string) => void): Promise<Row[]> {
  const loops: readonly (readonly [string, string, readonly string[]])[] = [
    ["fork and execution", "at most 5 % more", ["time-exec", "200", "/bin/true"]],
    ["open, read and close of 1 MiB", "at most 3 % more", ["time-read", parts.large, "2000"]],
    ["open, read and close of 200 bytes", "", ["time-read", parts.small, "50000"]],
    ["the cheapest system call", "", ["time-call", "500000"]],
  ];
  const rows: Row[] = [];
  for (const [name, wanted] of settings) {
    for (const [what, target, args] of loops) {
      say(`${what} with ${name} …`);
      const [without, within] = await measurePairs(parts, wanted, args);
      const more = within.map((time, round) => (time / (without[round] ?? Number.NaN) - 1) * 100);
      rows.push({
        what: `${what}, processor time, told: ${name}`,
        target,
        result: `${spread(more, "% more", 1)}`,
        peer: `${median(without).toFixed(0)} ns without, ${median(within).toFixed(0)} ns with`,
      });
    }
  }
  return rows;
}

/** Turn about, so that what the machine does beside it meets both. */
async function measurePairs(
  { binary, act }: Parts,
  wanted: MessageBody,
  args: readonly string[],
): Promise<[number[], number[]]> {
  const [without, within]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    without.push(await timeOf(act, args));
    await using sensor = new CountedSensor(binary);
    await sensor.start(wanted);
    within.push(await timeOf(act, args));
  }
  return [without, within];
}

/** The sensor's stream has to be read meanwhile. */
async function timeOf(act: string, args: readonly string[]): Promise<number> {
  const child = spawn(act, args, { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  return Number(Buffer.concat(chunks).toString());
}
