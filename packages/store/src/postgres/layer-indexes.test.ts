import { setTimeout as sleep } from "node:timers/promises";
import { postgresUnavailable, sharedPostgres } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LayerIndexRepository, openStore, type Store } from "../index.ts";
import { connectionOf } from "../store-connection.ts";

const skipped = postgresUnavailable() ?? "";
/** Longer than any test takes. */
const LEASE_MS = 600_000;
/** It has run out when it is taken: whoever holds it is dead. */
const DEAD_MS = -1;

const base = { diffId: `sha256:${"a".repeat(64)}`, name: "b".repeat(64) };
const other = { diffId: base.diffId, name: "c".repeat(64) };
const one = { holder: "one", registry: "main", leaseMs: LEASE_MS };
const two = { ...one, holder: "two" };

async function* parts(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

describe.skipIf(skipped !== "")(`indexes of layers ${skipped}`, () => {
  let store: Store;
  let indexes: LayerIndexRepository;

  beforeEach(async () => {
    store = await openStore({ postgres: await (await sharedPostgres()).createDatabase() });
    const { layerIndexes } = store.registries;
    if (layerIndexes === undefined) throw new Error("expected a store that servers share");
    indexes = layerIndexes;
  });

  afterEach(async () => {
    await store.close();
  });

  async function make(index = base, text = "text"): Promise<void> {
    await indexes.claim(index, one);
    await indexes.put(index, { holder: one.holder, parts: parts(text) });
  }

  async function textOf(index = base): Promise<string> {
    let text = "";
    for await (const part of indexes.read(index)) text += Buffer.from(part).toString();
    return text;
  }

  /** As if everything had been done by so much earlier. */
  async function age(byMs: number): Promise<void> {
    await connectionOf(store)
      .database.updateTable("layer_indexes")
      .set(({ eb }) => ({ used_ms: eb("used_ms", "-", byMs), began_ms: eb("began_ms", "-", byMs) }))
      .execute();
  }

  it("tell who has made them, and are all forgotten with the secret that their paths are hashed with", async () => {
    expect(await indexes.makerOf(base)).toBeUndefined();
    await indexes.claim(base, one);
    expect(await indexes.makerOf(base)).toBeUndefined();
    await indexes.put(base, { holder: one.holder, parts: parts("text") });
    expect(await indexes.makerOf(base)).toBe("one");
    await make(other);
    await indexes.keepSecret("sealed");
    await indexes.forgetAll();
    expect([await indexes.totals(), await indexes.sealedSecret()]).toEqual([
      { count: 0, total: 0 },
      undefined,
    ]);
    expect(await textOf()).toBe("");
    expect(await indexes.claim(base, two)).toBe("yours");
  });

  it("are made by one of those who ask at once, and then had by all", async () => {
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, asker) => indexes.claim(base, { ...one, holder: String(asker) })),
    );
    expect(claims.sort()).toEqual([...Array.from({ length: 7 }, () => "held"), "yours"]);
    const holder = await connectionOf(store)
      .database.selectFrom("layer_indexes")
      .select("holder")
      .executeTakeFirstOrThrow();
    expect(await indexes.put(base, { holder: holder.holder ?? "", parts: parts("in ", "parts") })).toBe(true);
    expect([await indexes.claim(base, two), await textOf()]).toEqual(["made", "in parts"]);
    expect(await indexes.totals()).toEqual({ count: 1, total: 8 });
  });

  it("are made by another one when whoever makes them is dead, and not while it lives", async () => {
    await indexes.claim(base, { ...one, leaseMs: DEAD_MS });
    expect(await indexes.claim(base, two)).toBe("yours");
    // The first one was not dead after all: it has lost it.
    expect(await indexes.extend(base, one)).toBe(false);
    expect(await indexes.put(base, { holder: one.holder, parts: parts("late") })).toBe(false);
    await indexes.release(base, one.holder);
    expect(await indexes.claim(base, one)).toBe("held");
    expect(await indexes.extend(base, two)).toBe(true);
    await indexes.release(base, two.holder);
    expect(await indexes.claim(base, one)).toBe("yours");
  });

  it("are kept from others by nobody for longer than a layer may take", async () => {
    await indexes.claim(base, one);
    await age(11 * 60_000);
    expect(await indexes.extend(base, one)).toBe(false);
  });

  it("stay as they were made first", async () => {
    await make(base, "first");
    expect(await indexes.put(base, { holder: one.holder, parts: parts("second") })).toBe(false);
    await indexes.release(base, one.holder);
    expect([await indexes.claim(base, two), await textOf()]).toEqual(["made", "first"]);
    await indexes.remove(base);
    expect([await indexes.claim(base, two), await textOf()]).toEqual(["yours", ""]);
  });

  it("are of another layer where only their name is the same", async () => {
    await make();
    const alike = { ...base, diffId: `sha256:${"d".repeat(64)}` };
    expect([await indexes.claim(alike, two), await textOf(alike)]).toEqual(["yours", ""]);
  });

  it("are not there where their parts break off", async () => {
    await indexes.claim(base, one);
    const breaking = async function* () {
      yield Buffer.from("begun");
      await sleep(0);
      throw new Error("the file ended");
    };
    await expect(indexes.put(base, { holder: one.holder, parts: breaking() })).rejects.toThrow(
      "the file ended",
    );
    expect([await textOf(), await indexes.claim(base, two)]).toEqual(["", "held"]);
  });

  it("make room, those first that were not asked for the longest", async () => {
    await make(base, "12345");
    await make(other, "12345");
    await age(120_000);
    expect(await indexes.claim(base, two)).toBe("made");
    await indexes.trim(10);
    expect(await indexes.totals()).toEqual({ count: 2, total: 10 });
    await indexes.trim(9);
    expect([await textOf(base), await textOf(other)]).toEqual(["12345", ""]);
    await indexes.trim(0);
    expect(await indexes.totals()).toEqual({ count: 0, total: 0 });
  });

  it("have one secret, whoever comes first", async () => {
    expect(await indexes.sealedSecret()).toBeUndefined();
    await Promise.all([indexes.keepSecret("first"), indexes.keepSecret("first")]);
    await indexes.keepSecret("second");
    expect(await indexes.sealedSecret()).toBe("first");
  });
});

it("are kept in no store that one server has to itself", async () => {
  const store = await openStore({ file: ":memory:" });
  expect(store.registries.layerIndexes).toBeUndefined();
  await store.close();
});
