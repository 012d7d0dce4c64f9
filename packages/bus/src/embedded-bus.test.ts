import { expect, it } from "vitest";
import { EmbeddedBus, type RecordBatch } from "./index.ts";
import { chain } from "./testdata/chain.ts";

const batch: RecordBatch = { logId: "log-1", host: "web-1", records: chain(1, 2) };

it("gives batches to who consumes, and answers as they do", async () => {
  await using bus = new EmbeddedBus(async () => ({
    acknowledged: 7,
    lastHash: "0".repeat(64),
    host: "web-1",
  }));
  const taken: RecordBatch[] = [];
  const ended = new AbortController();
  const consuming = bus.consume(async (each) => {
    taken.push(each);
    return { kind: "gap", acknowledged: 7 };
  }, ended.signal);
  expect(await bus.publish(batch)).toEqual({ kind: "gap", acknowledged: 7 });
  expect(taken).toEqual([batch]);
  expect(await bus.head("log-1")).toMatchObject({ acknowledged: 7, host: "web-1" });
  expect(await bus.lag()).toBe(0);
  ended.abort();
  await consuming;
  await expect(bus.publish(batch)).rejects.toMatchObject({ code: "BUS_CLOSED" });
});

it("takes nothing that nobody would get", async () => {
  await using bus = new EmbeddedBus(async () => undefined);
  await expect(bus.publish(batch)).rejects.toMatchObject({ code: "BUS_CLOSED" });
  await bus.consume(async () => ({ kind: "stored", acknowledged: 2 }), AbortSignal.abort());
  await expect(bus.publish(batch)).rejects.toMatchObject({ code: "BUS_CLOSED" });
});
