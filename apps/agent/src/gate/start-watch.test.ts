import type { EngineEvent } from "@pratique/engine";
import { expect, it } from "vitest";
import { watchStarts } from "./start-watch.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

it("hears of what started a moment before, and of each start once, though the engine breaks off and tells again", async () => {
  const at = (seconds: number, actorId: string): EngineEvent => ({
    type: "container",
    action: "start",
    actorId,
    attributes: {},
    timeMs: NOW.getTime() + seconds * 1000,
  });
  // Of those that start at one time the engine may tell the later one first.
  const told = [[at(-5, "a"), at(1, "b"), at(0.9, "late")], [at(0.9, "late"), at(1, "b"), at(2, "c")], []];
  const asked: (number | undefined)[] = [];
  const heard: string[] = [];
  const stopping = new AbortController();
  await watchStarts({
    engine: {
      async *events({ sinceMs }) {
        asked.push(sinceMs);
        const events = told.shift() ?? [];
        yield* events;
        if (events.length === 0) stopping.abort();
        throw new Error("cut off");
      },
    },
    signal: stopping.signal,
    now: () => NOW,
    sleep: async () => undefined,
    onStart: (id) => heard.push(id),
  });
  expect(heard).toEqual(["a", "b", "late", "c"]);
  expect(asked.map((ms) => (ms ?? 0) - NOW.getTime())).toEqual([-10_000, 0, 1000]);
});
