import { argon2Sync } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { deriveKey } from "./argon2.ts";
import { openPassphraseKey } from "./passphrase.ts";

const cost = { memoryKiB: 19 * 1024, passes: 2, parallelism: 1 };
const passphrase = Buffer.from("correct horse battery staple");

it("names a wrong passphrase as what it is", async () => {
  using directory = tempDirectory();
  const parametersFile = directory.at("kek.json");
  (await openPassphraseKey({ passphrase, parametersFile, cost }))[Symbol.dispose]();
  const wrong = { passphrase: Buffer.from("correct horse battery stapl"), parametersFile };
  await expect(openPassphraseKey(wrong)).rejects.toMatchObject({ code: "KEY_WRONG" });
  await expect(openPassphraseKey({ ...wrong, passphrase: Buffer.alloc(0) })).rejects.toMatchObject({
    code: "KEY_WRONG",
  });
});

it("keeps salt, cost and check beside, and no passphrase", async () => {
  using directory = tempDirectory();
  const parametersFile = directory.at("kek.json");
  (await openPassphraseKey({ passphrase, parametersFile, cost }))[Symbol.dispose]();
  const text = readFileSync(parametersFile, "utf8");
  expect(JSON.parse(text)).toEqual({
    version: 1,
    algorithm: "argon2id",
    ...cost,
    salt: expect.stringMatching(/^[0-9a-f]{32}$/u),
    check: expect.stringMatching(/^[0-9a-f]{64}$/u),
  });
  expect(text).not.toContain("horse");
  expect(statSync(parametersFile).mode & 0o7777).toBe(0o400);
});

/** Parameters as they should be, made with a passphrase that nobody knows. */
const ofSomebody = {
  version: 1,
  algorithm: "argon2id",
  ...cost,
  salt: "0".repeat(32),
  check: "0".repeat(64),
};

it("finds nothing wrong with parameters but that they were made with another passphrase", async () => {
  using directory = tempDirectory();
  const parametersFile = directory.at("kek.json");
  writeFileSync(parametersFile, JSON.stringify(ofSomebody));
  await expect(openPassphraseKey({ passphrase, parametersFile })).rejects.toMatchObject({
    code: "KEY_WRONG",
  });
});

it.each([
  ["no JSON", "{"],
  ["null", "null"],
  ["another algorithm", { algorithm: "scrypt" }],
  ["another version", { version: 2 }],
  ["a field more", { colour: "red" }],
  ["little memory", { memoryKiB: 8 }],
  ["more memory than any host has", { memoryKiB: 2 ** 31 }],
  ["one pass", { passes: 1 }],
  ["half a lane", { parallelism: 0.5 }],
  ["a short salt", { salt: "00" }],
  ["no check", { check: "" }],
])("refuses parameters with %s", async (_name, change) => {
  using directory = tempDirectory();
  const parametersFile = directory.at("kek.json");
  writeFileSync(
    parametersFile,
    typeof change === "string" ? change : JSON.stringify({ ...ofSomebody, ...change }),
  );
  await expect(openPassphraseKey({ passphrase, parametersFile })).rejects.toMatchObject({
    code: "KEY_FILE_MALFORMED",
  });
});

it("refuses to begin with a short passphrase, an endless one, or a cost out of bounds", async () => {
  using directory = tempDirectory();
  const parametersFile = directory.at("kek.json");
  const short = { passphrase: Buffer.from("short"), parametersFile };
  await expect(openPassphraseKey(short)).rejects.toMatchObject({ code: "KEY_PROVIDER_SETTINGS" });
  const endless = { passphrase: Buffer.alloc(2000, 0x61), parametersFile };
  await expect(openPassphraseKey(endless)).rejects.toMatchObject({ code: "KEY_PROVIDER_SETTINGS" });
  const cheap = { passphrase, parametersFile, cost: { ...cost, memoryKiB: 1024 } };
  await expect(openPassphraseKey(cheap)).rejects.toMatchObject({ code: "KEY_FILE_MALFORMED" });
  await expect(openPassphraseKey({ passphrase, parametersFile, mayCreate: false })).rejects.toMatchObject({
    code: "KEY_PROVIDER_UNAVAILABLE",
  });
});

it("derives one key from one passphrase, salt and cost, and another from any other", async () => {
  const salt = Buffer.alloc(16, 1);
  const key = await deriveKey(passphrase, { ...cost, salt });
  expect(key).toEqual(await deriveKey(passphrase, { ...cost, salt }));
  expect(key).not.toEqual(await deriveKey(passphrase, { ...cost, passes: 3, salt }));
  expect(key).not.toEqual(await deriveKey(passphrase, { ...cost, salt: Buffer.alloc(16, 2) }));
});

it("has Argon2id as in RFC 9106, section 5.3", () => {
  const tag = argon2Sync("argon2id", {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    passes: 3,
    memory: 32,
    parallelism: 4,
    tagLength: 32,
  });
  expect(tag.toString("hex")).toBe("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
});
