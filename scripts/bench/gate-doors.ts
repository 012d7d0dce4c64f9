import { setTimeout as sleep } from "node:timers/promises";
import type { PrivateEngine } from "../../test/e2e/private-engine.ts";
import type { EngineCalls } from "./engine-calls.ts";

const RELOAD_DEADLINE_MS = 20_000;

/** What an engine may be made to ask: nobody, a plugin that agrees, the gate, the gate with a stopwatch before it. */
export const doorNames = ["none", "always yes", "gate", "timed gate"] as const;
export type DoorName = (typeof doorNames)[number];

/** What stands before the engine. */
interface Door {
  readonly plugins: readonly string[];
  /** How often it was asked so far. */
  readonly asked: () => number | Promise<number>;
  /** Who else is asked when it is. */
  readonly passesOnTo?: DoorName;
}

export type Doors = Readonly<Record<DoorName, Door>>;

/** Has the engine ask at another door, and waits until it does: it says so a little before it asks. */
export async function changeDoor(
  engine: PrivateEngine,
  calls: EngineCalls,
  doors: Doors,
  wanted: DoorName,
): Promise<void> {
  const { plugins, passesOnTo } = doors[wanted];
  const expected = doorNames.filter((name) => name !== "none" && (name === wanted || name === passesOnTo));
  await engine.reloadDaemonConfig({ "authorization-plugins": plugins });
  const deadline = performance.now() + RELOAD_DEADLINE_MS;
  while (performance.now() < deadline) {
    const before = await countAsked(doors);
    await calls.must("GET", "/_ping");
    const after = await countAsked(doors);
    const asked = doorNames.filter((_, index) => after[index] !== before[index]);
    if (asked.join() === expected.join()) return;
    await sleep(20);
  }
  throw new Error(`the engine does not ask ${wanted}`);
}

async function countAsked(doors: Doors): Promise<readonly number[]> {
  return await Promise.all(doorNames.map((name) => doors[name].asked()));
}
