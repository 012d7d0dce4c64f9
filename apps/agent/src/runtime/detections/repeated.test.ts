import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Repeated } from "./repeated.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("leaves out the turns that come while one goes on", async () => {
  const turns: PromiseWithResolvers<void>[] = [];
  using _repeated = new Repeated(10, () => {
    const turn = Promise.withResolvers<void>();
    turns.push(turn);
    return turn.promise;
  });
  await vi.advanceTimersByTimeAsync(35);
  expect(turns).toHaveLength(1);
  turns[0]?.resolve();
  await vi.advanceTimersByTimeAsync(10);
  expect(turns).toHaveLength(2);
});

it("begins no more once it is disposed of", async () => {
  let turns = 0;
  const repeated = new Repeated(10, () => {
    turns += 1;
  });
  await vi.advanceTimersByTimeAsync(25);
  repeated[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(50);
  expect(turns).toBe(2);
});
