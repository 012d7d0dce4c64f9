import { existsSync, mkdtempSync, rmSync } from "node:fs";
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

const BLOCKS = 24;
const ROUNDS_A_BLOCK = 5;
const SCAN_DEADLINE_MS = 60_000;
const IMAGE = "bench:1";

const doors = ["none", "always yes", "gate"] as const;
type Door = (typeof doors)[number];

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
      await using _yes = await startAlwaysYes(yes);
      await using _agent = await startPart(
        ["agent", `--engine=${engine.host}`, `--data=${directory}/data`, `--run=${directory}/run`],
        { ...process.env, PRATIQUE_GATE_PLUGIN: gate },
        /the agent is ready/u,
      );
      say("waiting until the image has been scanned …");
      await untilThere(path.join(directory, "data/image-facts", `${imageId.slice("sha256:".length)}.json`));
      const plugins = { none: [], "always yes": [yes], gate: [gate] };
      return rowsOf(await measure(engine, plugins, say));
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
  plugins: Readonly<Record<Door, readonly string[]>>,
  say: (text: string) => void,
): Promise<Readonly<Record<Door, Launches>>> {
  const samples = { none: newLaunches(), "always yes": newLaunches(), gate: newLaunches() };
  using calls = new EngineCalls(engine.socketPath);
  for (let block = 0; block < BLOCKS; block += 1) {
    say(`block ${block + 1} of ${BLOCKS} …`);
    // Each order comes up equally often.
    for (let turn = 0; turn < doors.length; turn += 1) {
      const door = doors[(block + turn) % doors.length] ?? "none";
      await engine.reloadDaemonConfig({ "authorization-plugins": plugins[door] });
      await untilAsked(calls, plugins[door]);
      for (let round = 0; round <= ROUNDS_A_BLOCK; round += 1) {
        const { create, start } = await launch(calls);
        if (round === 0) continue;
        samples[door].create.push(create);
        samples[door].start.push(start);
        samples[door].both.push(create + start);
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
async function untilAsked(calls: EngineCalls, plugins: readonly string[]): Promise<void> {
  for (;;) {
    const { Plugins } = JSON.parse(await calls.must("GET", "/info"));
    if (JSON.stringify(Plugins.Authorization ?? []) === JSON.stringify(plugins)) return;
    await sleep(20);
  }
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

function rowsOf(samples: Readonly<Record<Door, Launches>>): readonly Row[] {
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
