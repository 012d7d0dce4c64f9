import { beforeEach, expect, it } from "vitest";
import { LogQueue } from "./log-queue.ts";

interface Held {
  readonly seq: number;
  readonly delivery: string;
  readonly working: () => void;
}

let now: number;
let kept: number[];
let queue: LogQueue<Held>;
let never: AbortSignal;

beforeEach(() => {
  [now, kept] = [0, []];
  never = new AbortController().signal;
  queue = new LogQueue({ patienceMs: 90_000, ackWaitMs: 30_000, elapsedMs: () => now });
});

const held = (seq: number, delivery = "first"): Held => ({
  seq,
  delivery,
  working: () => void kept.push(seq),
});

it("gives what came in another order in that of the log, and what came twice once", () => {
  for (const seq of [3, 5, 1, 4, 2]) queue.add(held(seq));
  queue.add(held(4, "second"));
  const taken = [1, 2, 3, 4, 5].map(() => queue.take());
  expect(taken.map((message) => message?.seq)).toEqual([1, 2, 3, 4, 5]);
  expect(taken[3]?.delivery).toBe("second");
  expect(queue.take()).toBeUndefined();
});

it("waits for what comes before all that is here, and no longer", async () => {
  const waiting = queue.putBack(held(5), 5_000_000, never);
  queue.add(held(7));
  queue.add(held(4));
  await waiting;
  expect(queue.take()?.seq).toBe(4);
});

it("does not wait where that has come already", async () => {
  queue.add(held(4));
  await queue.putBack(held(5), 5_000_000, never);
  expect(queue.take()?.seq).toBe(4);
});

it("waits no longer than the signal says", async () => {
  const ended = new AbortController();
  const waiting = queue.putBack(held(5), 5_000_000, ended.signal);
  ended.abort();
  await waiting;
  await queue.putBack(held(4), 5_000_000, ended.signal);
  expect([queue.take()?.seq, queue.take()?.seq]).toEqual([4, 5]);
});

it("has nobody else given what waits here, and says so no more often than it must", async () => {
  queue.add(held(6));
  await queue.putBack(held(5), 0, never);
  expect(kept).toEqual([]);
  now += 10_000;
  await queue.putBack(held(4), 0, never);
  await queue.putBack(held(3), 0, never);
  expect(kept).toEqual([4, 5, 6]);
});

it("forgets what is not there any more", () => {
  for (const seq of [3, 4, 5]) queue.add(held(seq));
  queue.dropUpTo(4);
  expect(queue.take()?.seq).toBe(5);
  queue.add(held(6));
  queue.dropUpTo(9);
  expect(queue.take()).toBeUndefined();
});
