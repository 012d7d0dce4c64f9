import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, type Store } from "./index.ts";
import { describeOnEach, type TestDatabase } from "./testdata/databases.ts";

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

  /** A write of one row, which fails after it where it is to. */
  const write = (name: string, fails = false) =>
    store.changes.write(async (transaction, changed) => {
      await transaction
        .insertInto("logs")
        .values({ log_id: name, host: "web-1", acknowledged: 1, last_hash: "0".repeat(64) })
        .execute();
      changed({ kind: "host", subject: name });
      if (fails) throw new Error(`${name} fails`);
      return name;
    });

  const stored = async (names: readonly string[]) =>
    await Promise.all(names.map(async (name) => (await store.records.head(name)) !== undefined));

  it("stores what comes together, and tells of it once or twice", async () => {
    let told = 0;
    store.changes.onChange(() => {
      told += 1;
    });
    const names = Array.from({ length: 40 }, (_, index) => `log-${index}`);
    expect(await Promise.all(names.map((name) => write(name)))).toEqual(names);
    expect(await stored(names)).toEqual(names.map(() => true));
    const { changes } = await store.changes.since(0, 100);
    expect(changes.map(({ subject }) => subject)).toEqual(names);
    // Other servers may be heard as well: ours are two.
    expect(told).toBeGreaterThanOrEqual(2);
    expect(told).toBeLessThanOrEqual(4);
  });

  it("keeps nothing of one that fails among others, and all of the others", async () => {
    const outcomes = await Promise.allSettled([write("a"), write("b", true), write("c"), write("a")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect(outcomes[1]).toMatchObject({ reason: { message: "b fails" } });
    expect(await stored(["a", "b", "c"])).toEqual([true, false, true]);
    const { changes } = await store.changes.since(0, 100);
    expect(changes.map(({ subject }) => subject)).toEqual(["a", "c"]);
  });

  it("goes on after a write that fails alone", async () => {
    await expect(write("a", true)).rejects.toThrow("a fails");
    expect(await write("a")).toBe("a");
    expect(await stored(["a"])).toEqual([true]);
  });

  it("takes a write that is made when another is stored", async () => {
    const after = write("a").then(() => write("b"));
    expect(await Promise.all([after, write("c")])).toEqual(["b", "c"]);
    expect(await stored(["a", "b", "c"])).toEqual([true, true, true]);
  });
});
