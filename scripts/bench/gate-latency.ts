import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { importDebian, repaired } from "../../test/e2e/debian-root.ts";
import { engineUnavailable, startPrivateEngine } from "../../test/e2e/private-engine.ts";
import { startAlwaysYes } from "./always-yes.ts";
import type { Bench } from "./bench.ts";
import { EngineCalls } from "./engine-calls.ts";
import type { Doors } from "./gate-doors.ts";
import { LAUNCHES_A_BLOCK, measureLaunches } from "./gate-launches.ts";
import { ownClockRow, rowsOf } from "./gate-rows.ts";
import { askGateStatus, countAnswered } from "./gate-status.ts";
import { startPluginStopwatch } from "./plugin-stopwatch.ts";
import { startPart } from "./product.ts";

const SCAN_DEADLINE_MS = 60_000;
const IMAGE = "bench:1";
/** At each door; p99 is then the fourth slowest. `PRATIQUE_BENCH_LAUNCHES` says another number. */
const LAUNCHES = 300;

export const gateLatency: Bench = {
  name: "gate-latency",
  description: "what the gate adds to the creation and the start of a container",
  unavailable: engineUnavailable,
  async run(say) {
    const blocks = Math.ceil(launchesWanted() / LAUNCHES_A_BLOCK);
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    const controlSocket = path.join(directory, "run/gate.sock");
    const plugin = (name: string) => `prb-${name}-${process.pid}`;
    const [gate, yes, timed] = [plugin("gate"), plugin("yes"), plugin("timed")] as const;
    try {
      await using engine = await startPrivateEngine();
      const imageId = importDebian(engine.host, IMAGE, repaired);
      await using agreeing = await startAlwaysYes(yes);
      await using _agent = await startPart(
        ["agent", `--engine=${engine.host}`, `--data=${directory}/data`, `--run=${directory}/run`],
        // Of the gate alone: what watching costs a start is another bench's.
        { ...process.env, PRATIQUE_GATE_PLUGIN: gate, PRATIQUE_RUNTIME: "off" },
        /the agent is ready/u,
      );
      say("waiting until the image has been scanned …");
      await untilThere(path.join(directory, "data/image-facts", `${imageId.slice("sha256:".length)}.json`));
      await using stopwatch = await startPluginStopwatch(timed, gate);
      const doors: Doors = {
        none: { plugins: [], asked: () => 0 },
        "always yes": { plugins: [yes], asked: agreeing.asked },
        gate: { plugins: [gate], asked: () => countAnswered(controlSocket) },
        "timed gate": { plugins: [timed], asked: stopwatch.asked, passesOnTo: "gate" },
      };
      using calls = new EngineCalls(engine.socketPath);
      const { random } = Math;
      const launches = { engine, calls, doors, stopwatch, image: IMAGE, blocks, random, say };
      const measured = await measureLaunches(launches);
      const { latency } = await askGateStatus(controlSocket);
      return [...rowsOf(measured, random), ownClockRow(latency)];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function launchesWanted(): number {
  const wanted = Number(process.env.PRATIQUE_BENCH_LAUNCHES ?? LAUNCHES);
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new Error("PRATIQUE_BENCH_LAUNCHES is no number of launches");
  return wanted;
}

async function untilThere(file: string): Promise<void> {
  const deadline = performance.now() + SCAN_DEADLINE_MS;
  while (!existsSync(file)) {
    if (performance.now() > deadline) throw new Error("the image was not scanned");
    await sleep(50);
  }
}
