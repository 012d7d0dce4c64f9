import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openNoteKey } from "./key-file.ts";
import { signatureTypes } from "./note-key.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "pratique-key-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("makes a key once, and for its owner only", () => {
  const file = path.join(directory, "keys/log.pem");
  const made = openNoteKey(file, "log.example");
  expect(openNoteKey(file, "log.example").key.vkey).toBe(made.key.vkey);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(["log.pem"]);
  expect(made.key.vkey).toMatch(/^log\.example\+[0-9a-f]{8}\+A/u);
  expect(openNoteKey(file, "w.example", signatureTypes.cosignature).key.vkey).toMatch(
    /^w\.example\+[0-9a-f]{8}\+B/u,
  );
});

it("refuses what is no key, and does not write over it", () => {
  const file = path.join(directory, "log.pem");
  writeFileSync(file, "no key\n");
  expect(() => openNoteKey(file, "log.example")).toThrow(expect.objectContaining({ code: "KEY_MALFORMED" }));
  expect(statSync(file).size).toBe(7);
});

it("refuses a name that no note can carry", () => {
  const file = path.join(directory, "log.pem");
  expect(() => openNoteKey(file, "two words")).toThrow(expect.objectContaining({ code: "KEY_MALFORMED" }));
});
