import { array, assert, asyncProperty, integer } from "fast-check";
import { expect, it } from "vitest";
import { type EngineEvent, readEvents } from "./events.ts";
import { gather } from "./testdata/loopback-engine.ts";

const start = {
  Type: "container",
  Action: "start",
  Actor: { ID: "abc", Attributes: { image: "nginx:1", name: "wéb" } },
  time: 1_700_000_000,
  timeNano: 1_700_000_000_123_456_800,
};
const text = `${JSON.stringify(start)}\n\n${JSON.stringify({ ...start, Action: "die", timeNano: 0 })}\r\n`;

async function read(chunks: readonly Uint8Array[]): Promise<readonly EngineEvent[]> {
  return gather(readEvents(streamOf(chunks)));
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

it("reads one event a line", async () => {
  const [first, second, ...more] = await read([Buffer.from(text)]);
  expect(first).toMatchObject({
    type: "container",
    action: "start",
    actorId: "abc",
    attributes: { image: "nginx:1", name: "wéb" },
  });
  expect(Math.floor(first?.timeMs ?? 0)).toBe(1_700_000_000_123);
  expect([second?.action, second?.timeMs]).toEqual(["die", 1_700_000_000_000]);
  expect(more).toEqual([]);
});

it("reads the same however the bytes are cut", async () => {
  const bytes = Buffer.from(text);
  const whole = await read([bytes]);
  await assert(
    asyncProperty(array(integer({ min: 0, max: bytes.length })), async (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
      expect(await read(chunks)).toEqual(whole);
    }),
  );
});

it("takes an event that was cut short for none", async () => {
  expect(await read([Buffer.from(text.slice(0, -1).trimEnd())])).toHaveLength(1);
});

it.each([
  ["no JSON", "nonsense\n"],
  ["no event", "[]\n"],
  ["an event of no type", "{}\n"],
  ["an absurdly long line", "x".repeat(1024 * 1024 + 1)],
])("refuses %s", async (_, line) => {
  await expect(read([Buffer.from(line)])).rejects.toMatchObject({ code: "ENGINE_MALFORMED" });
});
