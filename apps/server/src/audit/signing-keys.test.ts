import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, symlinkSync, writeFileSync } from "node:fs";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSigningKeys } from "./signing-keys.ts";

const origin = "pratique/test";
let directory: TempDirectory;

beforeEach(() => {
  directory = tempDirectory();
});
afterEach(() => directory[Symbol.dispose]());

function open(server: string, keyFile?: string) {
  return openSigningKeys({ directory: directory.at(server), keyFile, origin });
}

/** Writes a private key as `openssl genpkey` does. */
function writeKey(type: "ed25519" | "x25519", mode = 0o400): string {
  // The overloads want each type by itself.
  const { privateKey } = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  const file = directory.at("shared.pem");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode });
  return file;
}

it("signs with a key of the server's own where none is shared", () => {
  const { serverId, signer } = open("one");
  expect(signer.key.vkey).toBe(serverId);
  expect(open("one").serverId).toBe(serverId);
  expect(open("two").serverId).not.toBe(serverId);
});

it("signs with the shared key, and still tells servers apart", () => {
  const keyFile = writeKey("ed25519");
  const [one, two] = [open("one", keyFile), open("two", keyFile)];
  expect(one.signer.key.vkey).toBe(two.signer.key.vkey);
  expect(one.serverId).not.toBe(two.serverId);
  expect(open("one").serverId).toBe(one.serverId);
});

it("makes no key that is to be shared", () => {
  const keyFile = directory.at("none.pem");
  expect(() => open("one", keyFile)).toThrow(expect.objectContaining({ code: "KEY_MALFORMED" }));
  expect(existsSync(keyFile)).toBe(false);
});

it.each([0o440, 0o404, 0o620])("refuses a shared key of mode %o", (mode) => {
  const keyFile = writeKey("ed25519");
  chmodSync(keyFile, mode);
  expect(() => open("one", keyFile)).toThrow(expect.objectContaining({ code: "KEY_FILE_EXPOSED" }));
});

it("refuses a symlink to a shared key", () => {
  const link = directory.at("link.pem");
  symlinkSync(writeKey("ed25519"), link);
  expect(() => open("one", link)).toThrow(expect.objectContaining({ code: "KEY_MALFORMED" }));
});

it("refuses a key of another kind, and what is no key, and tells nothing of it", () => {
  expect(() => open("one", writeKey("x25519"))).toThrow(expect.objectContaining({ code: "KEY_MALFORMED" }));
  const file = directory.at("text.pem");
  writeFileSync(file, "kettle-orbit\n", { mode: 0o400 });
  expect(() => open("one", file)).toThrow(
    expect.objectContaining({ code: "KEY_MALFORMED", message: expect.not.stringContaining("kettle") }),
  );
});
