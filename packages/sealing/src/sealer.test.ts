import { assert, asyncProperty, constantFrom, record, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyRing } from "./key-ring.ts";
import { MemoryKeyStore } from "./memory-key-store.ts";
import { LocalKey } from "./providers/local-key.ts";
import { sealedBytesPrefix, sealedTextPrefix } from "./sealed-value.ts";
import { Sealer } from "./sealer.ts";

const context = { table: "channels", column: "secret", rowId: "1" };
const provider = new LocalKey("file", Buffer.alloc(32, 1));
const keys = await KeyRing.open({ store: new MemoryKeyStore(), provider, now: () => new Date(0) });
const sealer = new Sealer({ keys });
const rowId = string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const place = record({ table: constantFrom("a", "b_1"), column: constantFrom("a", "b_1"), rowId });

it("opens what it sealed, in both forms", async () => {
  await assert(
    asyncProperty(place, uint8Array({ maxLength: 300 }), async (where, plaintext) => {
      const text = await sealer.seal("tokens", where, plaintext);
      const bytes = await sealer.sealBytes("tokens", where, plaintext);
      expect(await sealer.open("tokens", where, text)).toEqual(Buffer.from(plaintext));
      expect(await sealer.open("tokens", where, bytes)).toEqual(Buffer.from(plaintext));
    }),
  );
});

it("opens in no other place than the one it was sealed for", async () => {
  await assert(
    asyncProperty(place, place, async (where, elsewhere) => {
      const sealed = await sealer.seal("tokens", where, "x");
      const same = JSON.stringify(where) === JSON.stringify(elsewhere);
      const opened = await sealer.open("tokens", elsewhere, sealed).then(
        () => "opened",
        ({ code }) => code,
      );
      expect(opened).toBe(same ? "opened" : "SEAL_TAMPERED");
    }),
  );
});

it("seals the same value to other bytes each time, and says no more than its length", async () => {
  const first = await sealer.seal("tokens", context, "hello");
  expect(await sealer.seal("tokens", context, "hello")).not.toBe(first);
  const { id } = await keys.current("tokens");
  expect(first.startsWith(sealedTextPrefix(id))).toBe(true);
  expect(first.length).toBe(sealedTextPrefix(id).length + 60);
  const bytes = await sealer.sealBytes("tokens", context, "hello");
  expect(bytes.subarray(0, sealedBytesPrefix(id).length)).toEqual(sealedBytesPrefix(id));
});

it("notices a change of any bit of the bytes", async () => {
  const sealed = await sealer.sealBytes("tokens", context, "the plaintext");
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    await expect(sealer.open("tokens", context, changed)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:SEAL_TAMPERED|SEAL_MALFORMED|KEY_UNKNOWN)$/u),
    });
  }
});

it("notices a change of any character of the text, and any cut", async () => {
  const sealed = await sealer.seal("tokens", context, "the plaintext");
  for (let index = 0; index < sealed.length; index++) {
    for (const character of ["A", "_", ":", " "]) {
      const changed = sealed.slice(0, index) + character + sealed.slice(index + 1);
      if (changed === sealed) continue;
      await expect(sealer.open("tokens", context, changed)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:SEAL_TAMPERED|SEAL_MALFORMED|KEY_UNKNOWN)$/u),
      });
    }
    await expect(sealer.open("tokens", context, sealed.slice(0, index))).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:SEAL_TAMPERED|SEAL_MALFORMED)$/u),
    });
  }
});

it("takes a value in one form alone", async () => {
  const sealed = await sealer.seal("tokens", { ...context, rowId: "form" }, Buffer.alloc(5));
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // Four bytes and 40 around them: the last digit of the text has bits that mean nothing.
  const short = await sealer.seal("tokens", { ...context, rowId: "form" }, Buffer.alloc(4));
  const last = digits.indexOf(short.at(-1) ?? "");
  const forms = [
    `${sealed}=`,
    `${sealed}\n`,
    ` ${sealed}`,
    `${sealed}:`,
    short.slice(0, -1) + digits[last + 1],
  ];
  for (const form of forms) {
    await expect(sealer.open("tokens", { ...context, rowId: "form" }, form)).rejects.toMatchObject({
      code: "SEAL_MALFORMED",
    });
  }
});

it("throws nothing but its own error for any text or bytes", async () => {
  await assert(
    asyncProperty(string({ maxLength: 80 }), uint8Array({ maxLength: 80 }), async (text, bytes) => {
      const { id } = await keys.current("tokens");
      for (const sealed of [text, bytes, sealedTextPrefix(id) + text]) {
        await expect(sealer.open("tokens", context, sealed)).rejects.toMatchObject({ name: "SealingError" });
      }
    }),
  );
});

describe("values in wrong places", () => {
  it("do not open in another row, after two rows' ciphertexts were swapped", async () => {
    const other = { ...context, rowId: "2" };
    const [one, two] = [await sealer.seal("tokens", context, "1"), await sealer.seal("tokens", other, "2")];
    await expect(sealer.open("tokens", context, two)).rejects.toMatchObject({ code: "SEAL_TAMPERED" });
    await expect(sealer.open("tokens", other, one)).rejects.toMatchObject({ code: "SEAL_TAMPERED" });
  });

  it.each([
    ["table", { table: "hooks" }],
    ["column", { column: "name" }],
    ["row", { rowId: "01" }],
    ["schema", { schema: 2 }],
  ])("do not open in another %s", async (_name, change) => {
    const sealed = await sealer.seal("tokens", context, "x");
    await expect(sealer.open("tokens", { ...context, ...change }, sealed)).rejects.toMatchObject({
      code: "SEAL_TAMPERED",
    });
  });

  it("do not open for another purpose", async () => {
    const sealed = await sealer.seal("tokens", context, "x");
    await expect(sealer.open("oidc", context, sealed)).rejects.toThrow(
      'expected a value sealed for "oidc", found one for "tokens"',
    );
  });
});

it.each([
  { ...context, table: "" },
  { ...context, table: "a|b" },
  { ...context, column: "a b" },
  { ...context, rowId: "" },
  { ...context, rowId: "\ud800" },
  { ...context, rowId: "x".repeat(513) },
  { ...context, schema: 0 },
  { ...context, schema: 1.5 },
])("seals for no place like %j", async (where) => {
  await expect(sealer.seal("tokens", where, "x")).rejects.toMatchObject({ code: "CONTEXT_MALFORMED" });
});

it("refuses what is too large for one value, and text that UTF-8 cannot hold", async () => {
  const large = Buffer.alloc(16 * 1024 * 1024 + 1);
  await expect(sealer.seal("tokens", context, large)).rejects.toMatchObject({ code: "SEAL_TOO_LARGE" });
  await expect(sealer.seal("tokens", context, "\ud800")).rejects.toMatchObject({ code: "SEAL_MALFORMED" });
});

describe("a blind index", () => {
  it("is equal for equal values of a purpose, and for no others", async () => {
    const mark = await sealer.blindIndex("tokens", "alice");
    expect(await sealer.blindIndex("tokens", Buffer.from("alice"))).toBe(mark);
    expect(await sealer.blindIndex("tokens", "alicf")).not.toBe(mark);
    expect(await sealer.blindIndex("oidc", "alice")).not.toBe(mark);
    expect(mark).toMatch(/^[\w-]{43}$/u);
  });

  it("stays when the sealing key rotates, and is found in both forms while its own key does", async () => {
    const mark = await sealer.blindIndex("agents", "host-1");
    await keys.rotateDek("agents");
    expect(await sealer.blindIndex("agents", "host-1")).toBe(mark);
    await keys.rotateDek("agents", { use: "index" });
    const young = await sealer.blindIndex("agents", "host-1");
    expect(young).not.toBe(mark);
    expect(await sealer.blindIndexes("agents", "host-1")).toEqual([young, mark]);
  });
});
