import { expect, it } from "vitest";
import { KeyedTurns } from "./index.ts";

/** Things that are under way until they are told to end, and what began and ended, in order. */
function work() {
  const turns = new KeyedTurns();
  const seen: string[] = [];
  const begin = (key: string, name: string) => {
    const ended = Promise.withResolvers<string>();
    const taken = turns.take(key, async () => {
      seen.push(`+${name}`);
      try {
        return await ended.promise;
      } finally {
        seen.push(`-${name}`);
      }
    });
    return { taken, end: () => ended.resolve(name), fail: () => ended.reject(new Error(name)) };
  };
  return { turns, seen, begin };
}

it("runs one at a time, in the order of the asking, and gives what each gives", async () => {
  const { seen, begin } = work();
  const all = ["a", "b", "c"].map((name) => begin("key", name));
  for (const { end } of all.toReversed()) end();
  expect(await Promise.all(all.map(({ taken }) => taken))).toEqual(["a", "b", "c"]);
  expect(seen).toEqual(["+a", "-a", "+b", "-b", "+c", "-c"]);
});

it("has no key wait for another", async () => {
  const { seen, begin } = work();
  const slow = begin("one", "slow");
  const quick = begin("other", "quick");
  quick.end();
  await quick.taken;
  expect(seen).toEqual(["+slow", "+quick", "-quick"]);
  slow.end();
  await slow.taken;
});

it("goes on after what failed, whose caller alone hears of it", async () => {
  const { begin } = work();
  const [bad, good] = [begin("key", "bad"), begin("key", "good")];
  bad.fail();
  good.end();
  await expect(bad.taken).rejects.toThrow("bad");
  expect(await good.taken).toBe("good");
});

it("counts what has not ended, and forgets a key when all has", async () => {
  const { turns, begin } = work();
  const [first, second] = [begin("key", "first"), begin("key", "second")];
  expect([turns.taken("key"), turns.taken("other")]).toEqual([2, 0]);
  first.end();
  await first.taken;
  expect(turns.taken("key")).toBe(1);
  second.end();
  await second.taken;
  expect(turns.taken("key")).toBe(0);
});

it("is idle when all has ended, also what was asked for meanwhile and what failed", async () => {
  const { turns, seen, begin } = work();
  const first = begin("one", "first");
  const idle = turns.idle().then(() => seen.push("idle"));
  const second = begin("one", "second");
  first.fail();
  await expect(first.taken).rejects.toThrow("first");
  second.end();
  await idle;
  expect(seen.at(-1)).toBe("idle");
  expect(seen).toContain("-second");
});
