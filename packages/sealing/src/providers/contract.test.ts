import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCommandKey } from "./command/command.ts";
import { openFileKey } from "./file/file.ts";
import { openPassphraseKey } from "./passphrase/passphrase.ts";
import type { KeyProvider } from "./provider.ts";

const PROGRAM = fileURLToPath(new URL("testdata/toy-kms.ts", import.meta.url));
const REFUSALS = /^(?:SEAL_TAMPERED|SEAL_MALFORMED|KEY_WRONG|KEY_PROVIDER_UNAVAILABLE)$/u;

/** Opens the key of a name with each member. */
const members: Readonly<Record<string, (directory: TempDirectory, name: string) => Promise<KeyProvider>>> = {
  command: async (directory, name) => {
    const file = directory.at(`${name}.kms`);
    if (!existsSync(file)) writeFileSync(file, randomBytes(32));
    const program = [process.execPath, PROGRAM, file];
    return await openCommandKey({
      keyId: name,
      wrap: [...program, "encrypt"],
      unwrap: [...program, "decrypt"],
    });
  },
  file: async (directory, name) => await openFileKey({ file: directory.at(`${name}.key`) }),
  passphrase: async (directory, name) =>
    await openPassphraseKey({
      passphrase: Buffer.from(`the passphrase of ${name}`),
      parametersFile: directory.at(`${name}.json`),
      cost: { memoryKiB: 19 * 1024, passes: 2, parallelism: 1 },
    }),
};

it("is asked of each folder", () => {
  const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "testdata")
    .map(({ name }) => name);
  expect(Object.keys(members)).toEqual(folders.sort());
});

describe.each(Object.entries(members))("%s", (kind, open) => {
  const directory = tempDirectory();
  const key = randomBytes(32);
  let provider: KeyProvider;
  let other: KeyProvider;

  beforeAll(async () => {
    provider = await open(directory, "one");
    other = await open(directory, "two");
  });
  afterAll(() => {
    provider[Symbol.dispose]();
    other[Symbol.dispose]();
    directory[Symbol.dispose]();
  });

  it("gives back what it wrapped, and wraps to other bytes each time", async () => {
    const first = await provider.wrap("tokens.s1.00000000", key);
    const second = await provider.wrap("tokens.s1.00000000", key);
    expect(Buffer.from(first).equals(second)).toBe(false);
    expect(Buffer.from(first).includes(key)).toBe(false);
    expect(await provider.unwrap("tokens.s1.00000000", first)).toEqual(key);
    expect(await provider.unwrap("tokens.s1.00000000", second)).toEqual(key);
  });

  it("is the same key when it is opened again, and names itself so", async () => {
    const wrapped = await provider.wrap("a", key);
    using again = await open(directory, "one");
    expect(again.keyId).toBe(provider.keyId);
    expect(again.kind).toBe(kind);
    expect(await again.unwrap("a", wrapped)).toEqual(key);
  });

  it("refuses what was wrapped for another data key", async () => {
    const wrapped = await provider.wrap("a", key);
    await expect(provider.unwrap("b", wrapped)).rejects.toMatchObject({ code: "SEAL_TAMPERED" });
  });

  it("refuses what another key wrapped", async () => {
    const wrapped = await other.wrap("a", key);
    expect(other.keyId).not.toBe(provider.keyId);
    await expect(provider.unwrap("a", wrapped)).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:KEY_WRONG|KEY_PROVIDER_UNAVAILABLE)$/u),
    });
  });

  it("refuses changed, cut and foreign bytes", async () => {
    const wrapped = Buffer.from(await provider.wrap("a", key));
    const places = kind === "command" ? [0, wrapped.length - 1] : wrapped.keys();
    for (const place of places) {
      const changed = Buffer.from(wrapped);
      changed[place] = (changed[place] ?? 0) ^ 1;
      await expect(provider.unwrap("a", changed)).rejects.toMatchObject({
        code: expect.stringMatching(REFUSALS),
      });
    }
    for (const bytes of [Buffer.alloc(0), wrapped.subarray(0, -1), Buffer.alloc(wrapped.length)]) {
      await expect(provider.unwrap("a", bytes)).rejects.toMatchObject({
        code: expect.stringMatching(REFUSALS),
      });
    }
  });

  it("does nothing more once it is disposed of", async () => {
    const closed = await open(directory, "one");
    const wrapped = await closed.wrap("a", key);
    closed[Symbol.dispose]();
    await expect(closed.wrap("a", key)).rejects.toMatchObject({ code: "KEY_RING_CLOSED" });
    await expect(closed.unwrap("a", wrapped)).rejects.toMatchObject({ code: "KEY_RING_CLOSED" });
  });
});
