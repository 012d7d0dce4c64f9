import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { OneByOne } from "./one-by-one.ts";

it("lets calls in in the order in which they came, with a turn for others between two of them", async () => {
  const calls = new OneByOne();
  const seen: string[] = [];
  const call = async (name: string) => {
    await calls.turn();
    seen.push(name);
    // What a call does at once belongs to its turn.
    await Promise.resolve();
    seen.push(`${name} goes on`);
  };
  const all = Promise.all(["a", "b", "c"].map(call));
  const others = async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      await setImmediate();
      seen.push("others");
    }
  };
  await Promise.all([all, others()]);
  const called = seen.filter((each) => each !== "others");
  expect(called).toEqual(["a", "a goes on", "b", "b goes on", "c", "c goes on"]);
  expect(seen.slice(seen.indexOf("b goes on"), seen.indexOf("c"))).toContain("others");
});

it("keeps nobody waiting who comes alone, however many came before", async () => {
  const calls = new OneByOne();
  await Promise.all(Array.from({ length: 100 }, () => calls.turn()));
  await setImmediate();
  await setImmediate();
  const seen: string[] = [];
  const call = async () => {
    await calls.turn();
    seen.push("call");
  };
  const others = async () => {
    await setImmediate();
    seen.push("others");
  };
  await Promise.all([others(), call()]);
  expect(seen).toEqual(["call", "others"]);
});
