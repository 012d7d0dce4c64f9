import { setTimeout as sleep } from "node:timers/promises";
import type { PrivateEngine } from "../../test/e2e/private-engine.ts";
import type { EngineCalls } from "./engine-calls.ts";
import { changeDoor, type DoorName, type Doors, doorNames } from "./gate-doors.ts";
import type { PluginStopwatch } from "./plugin-stopwatch.ts";

/** So few that the machine is the same for each door of a block. */
export const LAUNCHES_A_BLOCK = 6;

/** One container, made and started. */
export interface Launch {
  readonly createMs: number;
  readonly startMs: number;
  readonly bothMs: number;
  /** How long the engine waited for its plugin meanwhile; zero where no stopwatch stood between them. */
  readonly waitedMs: number;
}

/** The same number of launches at each door, made within some seconds. */
export type Block = Readonly<Record<DoorName, readonly Launch[]>>;

export interface MeasureOptions {
  readonly engine: PrivateEngine;
  readonly calls: EngineCalls;
  readonly doors: Doors;
  readonly stopwatch: PluginStopwatch;
  readonly image: string;
  readonly blocks: number;
  readonly random: () => number;
  readonly say: (text: string) => void;
}

/**
 * Launches at each door, in blocks. The doors of a block come in a random order, and in the next block in the
 * reverse: what drifts steadily hits all of them alike. The first launch at a door, which opens connections, is left
 * out.
 */
export async function measureLaunches(options: MeasureOptions): Promise<readonly Block[]> {
  const { engine, calls, doors, blocks, random, say } = options;
  const measured: Block[] = [];
  let order: readonly DoorName[] = doorNames;
  for (let number = 0; number < blocks; number += 1) {
    if (number % 10 === 0) say(`block ${number + 1} of ${blocks} …`);
    order = number % 2 === 0 ? shuffled(doorNames, random) : order.toReversed();
    const block: Record<DoorName, Launch[]> = { none: [], "always yes": [], gate: [], "timed gate": [] };
    for (const name of order) {
      await changeDoor(engine, calls, doors, name);
      await launch(options);
      for (let round = 0; round < LAUNCHES_A_BLOCK; round += 1) block[name].push(await launch(options));
    }
    measured.push(block);
  }
  await engine.reloadDaemonConfig({ "authorization-plugins": [] });
  return measured;
}

let launches = 0;

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((left, right) => left.key - right.key).map(({ item }) => item);
}

/** What Docker's client takes before its next call, as it was seen here. */
const CLIENT_MS = { create: 2, wait: 1, start: 1 } as const;

/** One `docker run -d`: the client's calls in its order, with its pauses. */
async function launch({ calls, stopwatch, image }: MeasureOptions): Promise<Launch> {
  launches += 1;
  // No two are the same, so that no answer is that of another launch.
  const labels = { launch: String(launches) };
  const body = {
    Image: image,
    Cmd: ["true"],
    User: "1000",
    Labels: labels,
    HostConfig: { NetworkMode: "none" },
  };
  await calls.must("HEAD", "/_ping");
  await sleep(CLIENT_MS.create);
  stopwatch.takeWaitedMs();
  const begun = performance.now();
  const { Id } = JSON.parse(await calls.must("POST", "/containers/create", body));
  const createMs = performance.now() - begun;
  const waited = stopwatch.takeWaitedMs();
  await sleep(CLIENT_MS.wait);
  const { ended } = await calls.begin("POST", `/containers/${Id}/wait?condition=next-exit`);
  await sleep(CLIENT_MS.start);
  stopwatch.takeWaitedMs();
  const starting = performance.now();
  await calls.must("POST", `/containers/${Id}/start`);
  const startMs = performance.now() - starting;
  const waitedMs = waited + stopwatch.takeWaitedMs();
  await ended;
  await calls.must("DELETE", `/containers/${Id}`);
  return { createMs, startMs, bothMs: createMs + startMs, waitedMs };
}
