import type { Row } from "./bench.ts";
import { bootstrap, showEstimate } from "./bootstrap.ts";
import type { DoorName } from "./gate-doors.ts";
import type { Block, Launch } from "./gate-launches.ts";
import type { GateStatus } from "./gate-status.ts";
import { median, quantile } from "./statistics.ts";

type Measure = Exclude<keyof Launch, "waitedMs">;

/** What the blocks say of the gate, each beside what is promised. In brackets: 95 % intervals. */
export function rowsOf(blocks: readonly Block[], random: () => number): readonly Row[] {
  const count = launchesAt(blocks, "gate").length;
  const pairs = (name: DoorName, of: Measure = "bothMs") =>
    showEstimate(bootstrap(blocks, (some) => median(differences(some, name, of)), random));
  const tails = (name: DoorName) =>
    showEstimate(bootstrap(blocks, (some) => addedAt(some, name, 0.99), random));
  const waited = (part: number) =>
    showEstimate(
      bootstrap(blocks, (some) => quantile(waitedIn(some), part), random),
      2,
    );
  const most = Math.max(...waitedIn(blocks)).toFixed(1);
  return [
    {
      what: `gate: added to create plus start, median of paired differences (${count} launches each)`,
      target: "≤ 3 ms",
      result: pairs("gate"),
      peer: `a plugin that always agrees: ${pairs("always yes")}`,
    },
    {
      what: "gate: added to create plus start, difference of p99s",
      target: "≤ 15 ms",
      result: tails("gate"),
      peer: `a plugin that always agrees: ${tails("always yes")}`,
    },
    {
      what: "gate: what the engine waits for it per create plus start, median",
      target: "≤ 3 ms",
      result: waited(0.5),
      peer: "",
    },
    {
      what: "gate: what the engine waits for it per create plus start, p99",
      target: "≤ 15 ms",
      result: `${waited(0.99)}, most ${most} ms`,
      peer: `p90 ${waited(0.9)}`,
    },
    {
      what: "gate: added to each call, median of paired differences",
      target: "",
      result: `create ${pairs("gate", "createMs")}, start ${pairs("gate", "startMs")}`,
      peer: `always agrees: create ${pairs("always yes", "createMs")}, start ${pairs("always yes", "startMs")}`,
    },
    {
      what: "gate: create plus start, median and p99, without / always yes / gate",
      target: "",
      result: `${levels(blocks, 0.5)} ms; ${levels(blocks, 0.99)} ms`,
      peer: "",
    },
  ];
}

/** By the gate's own clock: without the connection to the engine. */
export function ownClockRow({ p50Ms, p95Ms, p99Ms }: GateStatus["latency"]): Row {
  const [p50, p95, p99] = [p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(1));
  return {
    what: "gate: from question to answer by its own clock, per call that changes something",
    target: "",
    result: `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`,
    peer: "",
  };
}

function launchesAt(blocks: readonly Block[], name: DoorName): readonly Launch[] {
  return blocks.flatMap((block) => block[name]);
}

/** Each launch against the one that came at the same place of the same block without a plugin. */
function differences(blocks: readonly Block[], name: DoorName, of: Measure): readonly number[] {
  return blocks.flatMap((block) =>
    block[name].map((launch, index) => launch[of] - (block.none[index]?.[of] ?? Number.NaN)),
  );
}

function addedAt(blocks: readonly Block[], name: DoorName, part: number): number {
  return levelAt(blocks, name, part) - levelAt(blocks, "none", part);
}

function levelAt(blocks: readonly Block[], name: DoorName, part: number): number {
  return quantile(
    launchesAt(blocks, name).map(({ bothMs }) => bothMs),
    part,
  );
}

function waitedIn(blocks: readonly Block[]): readonly number[] {
  return launchesAt(blocks, "timed gate").map(({ waitedMs }) => waitedMs);
}

function levels(blocks: readonly Block[], part: number): string {
  const names = ["none", "always yes", "gate"] as const;
  return names.map((name) => levelAt(blocks, name, part).toFixed(1)).join(" / ");
}
