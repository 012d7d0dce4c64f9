import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;
  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
  });
  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it("remembers the order of an agent's runs, of each host by itself", async () => {
    const { runs } = store.fleet;
    expect(await runs.last("a")).toBeUndefined();
    expect(await runs.hear("a", "1")).toBe("1");
    expect(await runs.hear("a", "2")).toBe("2");
    expect(await runs.hear("a", "1")).toBe("2");
    expect(await runs.hear("b", "1")).toBe("1");
    expect([await runs.last("a"), await runs.last("b")]).toEqual(["2", "1"]);
  });

  it("forgets runs from long ago", async () => {
    const { runs } = store.fleet;
    for (let number = 0; number <= 100; number += 1) await runs.hear("a", `r${number}`);
    expect(await runs.hear("a", "r1")).toBe("r100");
    expect(await runs.hear("a", "r0")).toBe("r0");
  });

  it("tells the feed of a new run, and of no other", async () => {
    await store.fleet.runs.hear("a", "1");
    const last = await store.changes.last();
    await store.fleet.runs.hear("a", "1");
    expect(await store.changes.last()).toBe(last);
    await store.fleet.runs.hear("a", "2");
    expect((await store.changes.since(last, 10)).changes).toMatchObject([{ kind: "host", subject: "a" }]);
  });

  it("keeps the authority's keys, and lets one of two replace what both read", async () => {
    const { authorities } = store.fleet;
    expect(await authorities.find("x")).toBeUndefined();
    const made = await Promise.all([
      authorities.replace("x", undefined, "first"),
      authorities.replace("x", undefined, "other"),
    ]);
    expect(made.sort()).toEqual([false, true]);
    const held = await authorities.find("x");
    expect(await authorities.replace("x", held, "next")).toBe(true);
    expect(await authorities.replace("x", held, "late")).toBe(false);
    expect(await authorities.replace("x", undefined, "again")).toBe(false);
    expect(await authorities.find("x")).toBe("next");
  });
});
