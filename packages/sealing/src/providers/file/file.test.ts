import {
  chmodSync,
  chownSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { openFileKey } from "./file.ts";

it("makes a file that its owner alone may read, and leaves nothing else", async () => {
  using directory = tempDirectory();
  using provider = await openFileKey({
    file: directory.at("kek"),
    random: (length) => Buffer.alloc(length, 7),
  });
  expect(statSync(directory.at("kek")).mode & 0o7777).toBe(0o400);
  expect(readFileSync(directory.at("kek"), "utf8")).toBe(`${Buffer.alloc(32, 7).toString("base64")}\n`);
  expect(readdirSync(directory.path)).toEqual(["kek"]);
  expect(provider.keyId).toMatch(/^file:[0-9a-f]{16}$/u);
});

it("ends with one key when two begin at once", async () => {
  using directory = tempDirectory();
  const [left, right] = await Promise.all([1, 2].map(() => openFileKey({ file: directory.at("kek") })));
  expect(left?.keyId).toBe(right?.keyId);
});

it.each([0o440, 0o404, 0o600 | 0o020, 0o644, 0o401])("refuses a file with mode %o", async (mode) => {
  using directory = tempDirectory();
  (await openFileKey({ file: directory.at("kek") }))[Symbol.dispose]();
  chmodSync(directory.at("kek"), mode);
  await expect(openFileKey({ file: directory.at("kek") })).rejects.toMatchObject({
    code: "KEY_FILE_EXPOSED",
  });
});

it("refuses a file that belongs to another account", async ({ skip }) => {
  skip(process.geteuid?.() !== 0, "only root can give a file away");
  using directory = tempDirectory();
  (await openFileKey({ file: directory.at("kek") }))[Symbol.dispose]();
  chownSync(directory.at("kek"), 65_534, 65_534);
  await expect(openFileKey({ file: directory.at("kek") })).rejects.toMatchObject({
    code: "KEY_FILE_EXPOSED",
  });
});

it("does not make a key where one must be", async () => {
  using directory = tempDirectory();
  const options = { file: directory.at("kek"), mayCreate: false };
  await expect(openFileKey(options)).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
  expect(readdirSync(directory.path)).toEqual([]);
  await expect(openFileKey({ file: directory.at("no", "kek") })).rejects.toMatchObject({
    code: "KEY_PROVIDER_UNAVAILABLE",
  });
});

it.each([
  ["nothing", ""],
  ["a short key", Buffer.alloc(31, 1).toString("base64")],
  ["hex", Buffer.alloc(32, 1).toString("hex")],
  ["two newlines", `${Buffer.alloc(32, 1).toString("base64")}\n\n`],
])("refuses a file with %s", async (_name, text) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("kek"), text, { mode: 0o400 });
  await expect(openFileKey({ file: directory.at("kek") })).rejects.toMatchObject({
    code: expect.stringMatching(/^KEY_(?:FILE_MALFORMED|PROVIDER_UNAVAILABLE)$/u),
  });
});

it("follows no symlink and reads no directory", async () => {
  using directory = tempDirectory();
  (await openFileKey({ file: directory.at("kek") }))[Symbol.dispose]();
  symlinkSync("kek", directory.at("link"));
  for (const file of [directory.at("link"), directory.path]) {
    await expect(openFileKey({ file })).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
  }
});
