import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { importDebian, repaired } from "../../test/e2e/debian-root.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine } from "../../test/e2e/private-engine.ts";
import { startAlwaysYes } from "./always-yes.ts";
import type { Bench, Row } from "./bench.ts";
import { EngineCalls } from "./engine-calls.ts";
import { startPart } from "./product.ts";
import { median, quantile, spread } from "./statistics.ts";

const BLOCKS = 12;
const ROUNDS_A_BLOCK = 4;
const SCAN_DEADLINE_MS = 60_000;
const RELOAD_DEADLINE_MS = 20_000;
const IMAGE = "bench:1";

const names = ["none", "always yes", "gate"] as const;
type Name = (typeof names)[number];

/** What stands before the engine. */
interface Door {
  readonly plugins: readonly string[];
  /** How often it was asked so far. */
  readonly asked: () => number | Promise<number>;
}

type Doors = Readonly<Record<Name, Door>>;

interface Launches {
  readonly create: number[];
  readonly start: number[];
  readonly both: number[];
}

export const gateLatency: Bench = {
  name: "gate-latency",
  description: "what the gate adds to the creation and the start of a container",
  unavailable: engineUnavailable,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    const gate = `prb-gate-${process.pid}`;
    const yes = `prb-yes-${process.pid}`;
    try {
      await using engine = await startPrivateEngine();
      const imageId = importDebian(engine.host, IMAGE, repaired);
      await using agreeing = await startAlwaysYes(yes);
      await using _agent = await startPart(
        ["agent", `--engine=${engine.host}`, `--data=${directory}/data`, `--run=${directory}/run`],
        { ...process.env, PRATIQUE_GATE_PLUGIN: gate },
        /the agent is ready/u,
      );
      say("waiting until the image has been scanned …");
      await untilThere(path.join(directory, "data/image-facts", `${imageId.slice("sha256:".length)}.json`));
      const doors: Doors = {
        none: { plugins: [], asked: () => 0 },
        "always yes": { plugins: [yes], asked: agreeing.asked },
        gate: { plugins: [gate], asked: () => countCalls(path.join(directory, "run/gate.sock")) },
      };
      const samples = await measure(engine, doors, say);
      const { latency } = await statusOf(path.join(directory, "run/gate.sock"));
      return [...rowsOf(samples), ownRow(latency)];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function untilThere(file: string): Promise<void> {
  const deadline = performance.now() + SCAN_DEADLINE_MS;
  while (!existsSync(file)) {
    if (performance.now() > deadline) throw new Error("the image was not scanned");
    await sleep(50);
  }
}

/** Blocks of a few launches with each door in turn; each block's first launch, which opens connections, is left out. */
async function measure(
  engine: PrivateEngine,
  doors: Doors,
  say: (text: string) => void,
): Promise<Readonly<Record<Name, Launches>>> {
  const samples = { none: newLaunches(), "always yes": newLaunches(), gate: newLaunches() };
  using calls = new EngineCalls(engine.socketPath);
  for (let block = 0; block < BLOCKS; block += 1) {
    say(`block ${block + 1} of ${BLOCKS} …`);
    // Each order comes up equally often.
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(block + turn) % names.length] ?? "none";
      await engine.reloadDaemonConfig({ "authorization-plugins": doors[name].plugins });
      await untilAsked(calls, doors, name);
      for (let round = 0; round <= ROUNDS_A_BLOCK; round += 1) {
        const { create, start } = await launch(calls);
        if (round === 0) continue;
        samples[name].create.push(create);
        samples[name].start.push(start);
        samples[name].both.push(create + start);
      }
    }
  }
  await engine.reloadDaemonConfig({ "authorization-plugins": [] });
  return samples;
}

function newLaunches(): Launches {
  return { create: [], start: [], both: [] };
}

/** The engine says that it has reloaded a little before it asks. */
async function untilAsked(calls: EngineCalls, doors: Doors, wanted: Name): Promise<void> {
  const deadline = performance.now() + RELOAD_DEADLINE_MS;
  while (performance.now() < deadline) {
    const before = await Promise.all(names.map((name) => doors[name].asked()));
    await calls.must("GET", "/_ping");
    const after = await Promise.all(names.map((name) => doors[name].asked()));
    const asked = names.filter((_, index) => after[index] !== before[index]);
    if (asked.join() === (wanted === "none" ? "" : wanted)) return;
    await sleep(20);
  }
  throw new Error(`the engine does not ask ${wanted}`);
}

interface GateStatus {
  readonly counts: Readonly<Record<string, number>>;
  readonly latency: { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number };
}

/** How many calls a gate has answered. */
async function countCalls(controlSocket: string): Promise<number> {
  const { counts } = await statusOf(controlSocket);
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What a gate says of itself at its control socket. */
async function statusOf(controlSocket: string): Promise<GateStatus> {
  const connection = connect(controlSocket);
  connection.write('{"command":"status"}\n');
  let text = "";
  for await (const chunk of connection.setEncoding("utf8")) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return JSON.parse(text);
}

async function launch(calls: EngineCalls): Promise<{ readonly create: number; readonly start: number }> {
  const body = {
    Image: IMAGE,
    Cmd: ["true"],
    User: "1000",
    HostConfig: { NetworkMode: "none" },
  };
  const begun = performance.now();
  const { Id } = JSON.parse(await calls.must("POST", "/containers/create", body));
  const created = performance.now();
  await calls.must("POST", `/containers/${Id}/start`);
  const started = performance.now();
  await calls.must("POST", `/containers/${Id}/wait`);
  await calls.must("DELETE", `/containers/${Id}`);
  return { create: created - begun, start: started - created };
}

function rowsOf(samples: Readonly<Record<Name, Launches>>): readonly Row[] {
  const { none, gate } = samples;
  const yes = samples["always yes"];
  const added = (part: number) => (of: Launches) =>
    (quantile(of.both, part) - quantile(none.both, part)).toFixed(1);
  const [addedMedian, addedP99] = [added(0.5), added(0.99)];
  const calls = (of: keyof Launches) =>
    [none, yes, gate].map((launches) => median(launches[of]).toFixed(1)).join(" / ");
  return [
    {
      what: `gate: added to create plus start at the median (${gate.both.length} launches each)`,
      target: "≤ 3 ms",
      result: `${addedMedian(gate)} ms: ${spread(gate.both, "ms", 1)} against ${spread(none.both, "ms", 1)}`,
      peer: `a plugin that always agrees: ${addedMedian(yes)} ms`,
    },
    {
      what: "gate: added at p99",
      target: "≤ 15 ms",
      result: `${addedP99(gate)} ms: ${quantile(gate.both, 0.99).toFixed(1)} ms against ${quantile(none.both, 0.99).toFixed(1)} ms`,
      peer: `a plugin that always agrees: ${addedP99(yes)} ms`,
    },
    {
      what: "gate: medians without / always yes / gate",
      target: "",
      result: `create ${calls("create")} ms, start ${calls("start")} ms`,
      peer: "",
    },
  ];
}

/** Without what the engine and the kernel add, which is where the scatter of the other rows comes from. */
function ownRow({ p50Ms, p95Ms, p99Ms }: GateStatus["latency"]): Row {
  const [p50, p95, p99] = [p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(1));
  return {
    what: "gate: from question to answer by its own clock, per call that changes something",
    target: "",
    result: `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`,
    peer: "",
  };
}
