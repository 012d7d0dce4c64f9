import { describe, expect, it } from "vitest";
import { SealingError } from "./errors.ts";
import type { KeyRecord } from "./key-record.ts";
import { KeyRing } from "./key-ring.ts";
import { MemoryKeyStore } from "./memory-key-store.ts";
import { LocalKey } from "./providers/local-key.ts";
import type { KeyProvider } from "./providers/provider.ts";
import { Sealer } from "./sealer.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;
const context = { table: "channels", column: "secret", rowId: "1" };
const now = () => new Date(START);
const kek = (byte: number) => new LocalKey("file", Buffer.alloc(32, byte));

/** A holder of keys that fails after so many calls, as a service on a network does. */
function failingAfter(provider: KeyProvider, calls: number): KeyProvider {
  let left = calls;
  const count = () => {
    if (left-- <= 0) throw new SealingError("KEY_PROVIDER_UNAVAILABLE", "the service does not answer");
  };
  return {
    kind: provider.kind,
    keyId: provider.keyId,
    wrap: async (id, key) => {
      count();
      return provider.wrap(id, key);
    },
    unwrap: async (id, wrapped) => {
      count();
      return provider.unwrap(id, wrapped);
    },
    [Symbol.dispose]: () => undefined,
  };
}

describe("a store in memory", () => {
  const record: KeyRecord = {
    id: "tokens.s1.00000000",
    purpose: "tokens",
    use: "seal",
    version: 1,
    state: "active",
    wrapped: "AAAA",
    wrappedBy: "file:0",
    since: now().toISOString(),
  };

  it("adds what is new and replaces what is as expected", async () => {
    const store = new MemoryKeyStore();
    expect(await store.list()).toEqual([]);
    expect(await store.put(record)).toBe(true);
    expect(await store.put(record)).toBe(false);
    expect(await store.put({ ...record, id: "tokens.s1.11111111" })).toBe(false);
    const second = { ...record, id: "tokens.s2.11111111", version: 2 };
    expect(await store.put(second)).toBe(true);
    const retiring = { ...record, state: "retiring" } as const;
    expect(await store.replace(retiring, record)).toBe(true);
    expect(await store.replace(retiring, record)).toBe(false);
    expect(await store.replace(second, retiring)).toBe(false);
    expect(await store.list()).toEqual([retiring, second]);
  });

  it("makes one key of a purpose, however many ask at once, in one process or two", async () => {
    const store = new MemoryKeyStore();
    using left = await KeyRing.open({ store, provider: kek(1), now });
    using right = await KeyRing.open({ store, provider: kek(1), now });
    const keys = await Promise.all([left, right, left, right].map((ring) => ring.current("oidc")));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(1);
    expect(await store.list()).toHaveLength(1);
  });
});

it("keeps nothing that opens anything in its records", async () => {
  const store = new MemoryKeyStore();
  const random = (length: number) => Buffer.alloc(length, 0xab);
  using ring = await KeyRing.open({ store, provider: kek(1), now, random });
  await ring.current("tokens");
  const text = JSON.stringify(await store.list());
  expect(text).not.toContain(Buffer.alloc(32, 0xab).toString("base64").slice(4, 36));
});

it.each(["", "Tokens", "a.b", "a|b", "-a", "a".repeat(33)])("refuses the purpose %j", async (purpose) => {
  using ring = await KeyRing.open({ store: new MemoryKeyStore(), provider: kek(1), now });
  await expect(ring.current(purpose)).rejects.toMatchObject({ code: "CONTEXT_MALFORMED" });
});

describe("a lost key-encryption key", () => {
  it("is heard of when the ring is opened", async () => {
    const store = new MemoryKeyStore();
    using ring = await KeyRing.open({ store, provider: kek(1), now });
    await ring.current("tokens");
    await expect(KeyRing.open({ store, provider: kek(2), now })).rejects.toMatchObject({
      code: "KEY_WRONG",
      message: expect.stringMatching(
        /^data key "tokens\.s1\.\w+" is wrapped under "file:\w+", at hand is "file:\w+"$/u,
      ),
    });
  });

  it("is heard of where a service does not answer, and the ring is there once it does", async () => {
    const store = new MemoryKeyStore();
    using ring = await KeyRing.open({ store, provider: kek(1), now });
    const made = await ring.current("tokens");
    await expect(KeyRing.open({ store, provider: failingAfter(kek(1), 0), now })).rejects.toMatchObject({
      code: "KEY_PROVIDER_UNAVAILABLE",
    });
    using again = await KeyRing.open({ store, provider: kek(1), now });
    expect((await again.current("tokens")).id).toBe(made.id);
  });

  it("does not pass for another by its name", async () => {
    const store = new MemoryKeyStore();
    using ring = await KeyRing.open({ store, provider: kek(1), now });
    await ring.current("tokens");
    const liar = { ...failingAfter(kek(2), 9), keyId: kek(1).keyId };
    await expect(KeyRing.open({ store, provider: liar, now })).rejects.toMatchObject({ code: "KEY_WRONG" });
  });
});

it("does not open a data key in the place of another", async () => {
  const store = new MemoryKeyStore();
  using ring = await KeyRing.open({ store, provider: kek(1), now });
  await ring.current("tokens");
  await ring.current("oidc");
  const [tokens, oidc] = await store.list();
  if (tokens === undefined || oidc === undefined) throw new Error("two keys were made");
  await store.replace({ ...tokens, wrapped: oidc.wrapped }, tokens);
  await expect(KeyRing.open({ store, provider: kek(1), now })).rejects.toMatchObject({
    code: "SEAL_TAMPERED",
  });
});

it.each([
  ["purpose", { purpose: "oidc" }],
  ["use", { use: "index" }],
  ["version", { version: 7 }],
] as const)("does not open a data key whose record tells another %s than its id", async (_name, change) => {
  const store = new MemoryKeyStore();
  using ring = await KeyRing.open({ store, provider: kek(1), now });
  const { id } = await ring.current("tokens");
  const [record] = await store.list();
  if (record === undefined) throw new Error("a key was made");
  const moved = new MemoryKeyStore([{ ...record, ...change }]);
  await expect(KeyRing.open({ store: moved, provider: kek(1), now })).rejects.toMatchObject({
    code: "SEAL_TAMPERED",
    message: `the record of "${id}" is not what its id says`,
  });
});

describe("rotation of the key-encryption key", () => {
  async function sealedUnder(provider: KeyProvider) {
    const store = new MemoryKeyStore();
    const ring = await KeyRing.open({ store, provider, now });
    const sealer = new Sealer({ keys: ring });
    const sealed: string[] = [];
    for (const purpose of ["tokens", "oidc", "agents"])
      sealed.push(await sealer.seal(purpose, context, purpose));
    return { store, ring, sealed };
  }

  async function opensAll(ring: KeyRing, sealed: readonly string[]): Promise<readonly string[]> {
    const sealer = new Sealer({ keys: ring });
    const purposes = ["tokens", "oidc", "agents"];
    const opened = sealed.map((value, index) => sealer.open(purposes[index] ?? "", context, value));
    return (await Promise.all(opened)).map(String);
  }

  it("says what it would do, and does nothing, as a plan", async () => {
    const { store, ring } = await sealedUnder(kek(1));
    const before = await store.list();
    const plan = await ring.rotateKek(kek(2), { plan: true });
    expect(plan).toMatchObject({ plan: true, to: kek(2).keyId, already: [] });
    expect(plan.rewrapped).toEqual(before.map(({ id }) => id));
    expect(await store.list()).toEqual(before);
  });

  it("leaves every sealed value as it is, and needs the new key alone afterwards", async () => {
    const { store, ring, sealed } = await sealedUnder(kek(1));
    await ring.rotateKek(kek(2));
    using again = await KeyRing.open({ store, provider: kek(2), now });
    expect(await opensAll(again, sealed)).toEqual(["tokens", "oidc", "agents"]);
    await expect(KeyRing.open({ store, provider: kek(1), now })).rejects.toMatchObject({ code: "KEY_WRONG" });
  });

  // Each key takes a wrap and an unwrap of the new holder, so that every other count ends between the two.
  it.each([0, 1, 2, 3, 4, 5])(
    "goes on after a stop at step %i, with all values open in between",
    async (steps) => {
      const { store, ring, sealed } = await sealedUnder(kek(1));
      await expect(ring.rotateKek(failingAfter(kek(2), steps))).rejects.toMatchObject({
        code: "KEY_PROVIDER_UNAVAILABLE",
      });
      ring[Symbol.dispose]();
      using again = await KeyRing.open({ store, provider: kek(2), former: [kek(1)], now });
      expect(await opensAll(again, sealed)).toEqual(["tokens", "oidc", "agents"]);
      const rotation = await again.rotateKek(kek(2));
      expect(rotation.already).toHaveLength(Math.floor(steps / 2));
      expect(rotation.rewrapped).toHaveLength(3 - Math.floor(steps / 2));
      using alone = await KeyRing.open({ store, provider: kek(2), now });
      expect(await opensAll(alone, sealed)).toEqual(["tokens", "oidc", "agents"]);
    },
  );

  it("does not trust a holder that gives back another key than it took", async () => {
    const { store, ring } = await sealedUnder(kek(1));
    const before = await store.list();
    const forgetful = { ...failingAfter(kek(2), 99), unwrap: async () => Buffer.alloc(32, 5) };
    await expect(ring.rotateKek(forgetful)).rejects.toMatchObject({ code: "KEY_WRONG" });
    expect(await store.list()).toEqual(before);
  });
});

describe("rotation of a data key", () => {
  it("writes with the new version and opens both", async () => {
    using ring = await KeyRing.open({ store: new MemoryKeyStore(), provider: kek(1), now });
    const sealer = new Sealer({ keys: ring });
    const old = await sealer.seal("tokens", context, "old");
    expect(await ring.rotateDek("tokens", { plan: true })).toMatchObject({ plan: true, toVersion: 2 });
    expect(await ring.records()).toHaveLength(1);
    const rotation = await ring.rotateDek("tokens");
    expect(rotation).toMatchObject({ plan: false, from: { version: 1 }, toVersion: 2 });
    const young = await sealer.seal("tokens", context, "young");
    expect(young.split(":")[1]).toMatch(/^tokens\.s2\./u);
    expect(String(await sealer.open("tokens", context, old))).toBe("old");
    expect(String(await sealer.open("tokens", context, young))).toBe("young");
    expect((await ring.records()).map(({ state }) => state)).toEqual(["retiring", "active"]);
  });

  it("is seen by another process once its news are old, and its key at once", async () => {
    let time = START;
    const store = new MemoryKeyStore();
    const options = { store, provider: kek(1), now: () => new Date(time), freshMs: 1000, graceMs: 2000 };
    using left = await KeyRing.open(options);
    using right = await KeyRing.open(options);
    const first = await left.current("tokens");
    expect((await right.current("tokens")).id).toBe(first.id);
    await left.rotateDek("tokens");
    const second = await left.current("tokens");
    expect((await right.current("tokens")).id).toBe(first.id);
    time += 1001;
    expect((await right.current("tokens")).id).toBe(second.id);
    await left.rotateDek("tokens");
    const third = await left.current("tokens");
    expect((await right.byId(third.id)).id).toBe(third.id);
    // A clock that was set back.
    await left.rotateDek("tokens");
    time -= HOUR;
    expect((await right.current("tokens")).id).toBe((await left.current("tokens")).id);
  });

  it("retires no key that is written with, nor one before its grace has passed", async () => {
    let time = START;
    const store = new MemoryKeyStore();
    using ring = await KeyRing.open({ store, provider: kek(1), now: () => new Date(time), graceMs: HOUR });
    const { id } = await ring.current("tokens");
    await expect(ring.retire(id)).rejects.toMatchObject({ code: "KEY_IN_USE" });
    await expect(ring.retire("tokens.s9.00000000")).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
    await ring.rotateDek("tokens");
    time += HOUR - 1;
    expect(await ring.retire(id)).toBe(false);
    time += 1;
    expect(await ring.retire(id)).toBe(true);
    expect(await ring.retire(id)).toBe(true);
    await expect(ring.byId(id)).rejects.toMatchObject({ code: "KEY_UNKNOWN" });
    expect((await store.list())[0]).toMatchObject({ id, state: "retired", wrapped: "" });
  });

  it("mends what a rotation left that stopped between its two steps", async () => {
    const store = new MemoryKeyStore();
    using ring = await KeyRing.open({ store, provider: kek(1), now });
    await ring.rotateDek("tokens");
    await ring.rotateDek("tokens");
    const [first] = await store.list();
    if (first === undefined) throw new Error("a key was made");
    await store.replace({ ...first, state: "active" }, first);
    await ring.settle("tokens");
    expect((await store.list()).map(({ state }) => state)).toEqual(["retiring", "active"]);
  });
});

it("gives no key, and seals nothing, once it is disposed of", async () => {
  const ring = await KeyRing.open({ store: new MemoryKeyStore(), provider: kek(1), now });
  const key = await ring.current("tokens");
  ring[Symbol.dispose]();
  expect(() => key.index(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: "KEY_RING_CLOSED" }));
  await expect(ring.current("tokens")).rejects.toMatchObject({ code: "KEY_RING_CLOSED" });
  await expect(ring.byId(key.id)).rejects.toMatchObject({ code: "KEY_RING_CLOSED" });
});
