import {
  builtinRuleFiles,
  compileRules,
  loadRules,
  type RuleEngine,
} from "../../packages/rules/src/index.ts";
import { type SensorEvent, SensorFields } from "../../packages/sensor/src/index.ts";
import {
  CONTAINER_CGROUP,
  CONTAINER_ID,
  type SensorBench,
  startBench,
} from "../../packages/sensor/src/testdata/bench-sensor.ts";
import { bytesOf, execution, opening, socketCall } from "../../packages/sensor/src/testdata/records.ts";
import type { Bench, Row } from "./bench.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 7;
const RECORDS = 1000;
const FRAMES_PER_ROUND = 500;
const O_CLOEXEC = 0o2000000;
const O_CREAT_WRONLY = 0o101;

export const sensorEvents: Bench = {
  name: "sensor-events",
  description: "how many records of the kernel a second become events, and are asked rules about",
  unavailable: () => undefined,
  async run(say) {
    return [
      await row("records become events", "≥ 50,000 events/s", () => undefined, say),
      await row("records become events, and the default rules are asked", "≥ 50,000 events/s", asker(), say),
    ];
  },
};

async function row(
  what: string,
  target: string,
  hear: (event: SensorEvent) => void,
  say: (text: string) => void,
): Promise<Row> {
  say(`${what} …`);
  const bench = await prepared(hear);
  const frame = mixedFrame();
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const started = performance.now();
    for (let given = 0; given < FRAMES_PER_ROUND; given += 1) bench.source.give(frame);
    // The first round is compiled while it runs.
    if (round > 0) rates.push((RECORDS * FRAMES_PER_ROUND * 1000) / (performance.now() - started));
  }
  return { what: `sensor: ${what}`, target, result: spread(rates, "events/s"), peer: "" };
}

function asker(): (event: SensorEvent) => void {
  const loaded = loadRules(builtinRuleFiles);
  if (loaded.kind === "invalid") throw new Error(`rules with errors: ${loaded.issues[0]?.message}`);
  const engine: RuleEngine<SensorEvent> = compileRules(loaded.ruleSet, new SensorFields(), {
    typeOf: ({ type }) => type,
  });
  return (event) => void engine.match(event);
}

/** A container in which a program runs that opens, connects and executes. */
async function prepared(hear: (event: SensorEvent) => void): Promise<SensorBench> {
  const bench = await startBench({
    onEvents: (events) => {
      for (const event of events) hear(event);
    },
  });
  bench.source.give(
    bytesOf("cgroup_mkdir", { cgroupId: CONTAINER_CGROUP, sections: { path: `/docker/${CONTAINER_ID}` } }),
    execution(["/sbin/init"], { pid: 1, ppid: 0 }),
    execution(["/usr/bin/server"], { pid: 30, cgroupId: CONTAINER_CGROUP }),
    execution(["/usr/bin/tool", "run"], { pid: 100, ppid: 30, cgroupId: CONTAINER_CGROUP }),
  );
  // What the container is comes by itself.
  await new Promise((resolve) => setImmediate(resolve));
  return bench;
}

/** Of 50 records 42 open a file to read, 4 one to write, 3 connect and 1 executes. */
function mixedFrame(): Buffer {
  const inside = { pid: 100, ppid: 30, cgroupId: CONTAINER_CGROUP };
  const open = (path: string, flags: number) =>
    opening("openat", path, {}, { ...inside, sections: { comm: "tool", number0: flags, number1: 0o644 } });
  const records = Array.from({ length: RECORDS }, (_, place) => {
    const kind = place % 50;
    if (kind < 42) return open(`/usr/lib/part-${place}.so`, O_CLOEXEC);
    if (kind < 46) return open(`/tmp/work-${place}`, O_CREAT_WRONLY);
    if (kind < 49) {
      const ends = [
        { address: "10.0.0.2", port: 40_000 + kind },
        { address: "10.0.0.3", port: 5432 },
      ] as const;
      return socketCall("connect", ends[0], ends[1], inside);
    }
    return execution(["/usr/bin/tool", "work", String(place)], { ...inside, pid: 1000 + place });
  });
  return Buffer.concat(records);
}
