import { type ZipItem, zipOf } from "@pratique/testkit";
import { array, assert, constantFrom, nat, property, tuple, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { bytesSource } from "./byte-source.ts";
import { ArchiveError } from "./errors.ts";
import { type ZipLimits, ZipReader } from "./zip.ts";

function readAll(bytes: Buffer, limits: Partial<ZipLimits> = {}): Record<string, string> {
  const reader = new ZipReader(bytesSource(bytes), limits);
  const found: Record<string, string> = {};
  for (const entry of reader.entries()) found[entry.name] = Buffer.from(reader.read(entry)).toString();
  return found;
}

const items: readonly ZipItem[] = [
  { name: "a.json", content: "{}" },
  { name: "d/b", content: "text ".repeat(5000) },
  { name: "stored", content: "as it is", stored: true },
  { name: "empty", content: "" },
];
const expected = Object.fromEntries(items.map(({ name, content }) => [name, content]));

it.each([
  ["a zip", zipOf(items)],
  ["a zip with a comment", zipOf(items, { comment: "PK\u0005\u0006 hello" })],
  ["a zip64", zipOf(items, { wide: true })],
  ["a zip with something after it", Buffer.concat([zipOf(items), Buffer.from("\n\0more")])],
  [
    "a zip with something before and after it",
    Buffer.concat([Buffer.from("#!/bin/sh\n"), zipOf(items), Buffer.alloc(10)]),
  ],
  ["a zip with something before it", zipOf(items, { prefix: "#!/bin/sh\n" })],
])("reads %s", (_, bytes) => {
  expect(readAll(bytes)).toEqual(expected);
});

it("reads a zip behind a script that its offsets do not count", () => {
  expect(readAll(Buffer.concat([Buffer.from("#!/bin/sh\n"), zipOf(items)]))).toEqual(expected);
});

it("reads the directory that lies before its end, whatever other one is named", () => {
  const bytes = Buffer.concat([zipOf([{ name: "shown", content: "" }]).subarray(0, -22), zipOf(items)]);
  const named = zipOf([{ name: "shown", content: "" }]).readUInt32LE(30 + 5 + 4 + 2 + 46 + 5 + 16);
  bytes.writeUInt32LE(named, bytes.length - 6);
  const names = [...new ZipReader(bytesSource(bytes)).entries()].map(({ name }) => name);
  expect(names).toEqual(Object.keys(expected));
});

it("is not misled by an end record in what follows the end", () => {
  const other = zipOf([{ name: "shown", content: "" }]).subarray(-22);
  expect(readAll(Buffer.concat([zipOf(items), other, Buffer.from("\0")]))).toEqual(expected);
});

it("reads all of the directory, however few entries are claimed", () => {
  const bytes = zipOf(items);
  bytes.writeUInt16LE(1, bytes.length - 12);
  expect(readAll(bytes)).toEqual(expected);
  expect(() => readAll(bytes, { entries: 3 })).toThrow(expect.objectContaining({ code: "LIMIT_REACHED" }));
});

it("reads a zip of nothing, and names that are not UTF-8", () => {
  expect(readAll(zipOf([]))).toEqual({});
  expect(readAll(zipOf([{ name: Buffer.from([0xe9]), content: "1" }]))).toEqual({ é: "1" });
});

it.each<[string, Buffer, string]>([
  ["nothing", Buffer.alloc(0), "ARCHIVE_MALFORMED"],
  ["no zip", Buffer.alloc(1000, 0x50), "ARCHIVE_MALFORMED"],
  ["a zip cut short", zipOf(items).subarray(0, -30), "ARCHIVE_MALFORMED"],
  ["a zip whose beginning is missing", zipOf(items).subarray(200), "ARCHIVE_TRUNCATED"],
  ["a size that is too small", zipOf([{ name: "a", content: "hello", raw: { size: 3 } }]), "ENTRY_DAMAGED"],
  ["a size that is too large", zipOf([{ name: "a", content: "hello", raw: { size: 9 } }]), "ENTRY_DAMAGED"],
  ["a wrong checksum", zipOf([{ name: "a", content: "hello", raw: { crc: 1 } }]), "ENTRY_DAMAGED"],
  [
    "a bomb that says it is small",
    zipOf([{ name: "a", content: "0".repeat(1 << 20), raw: { size: 10 } }]),
    "ENTRY_DAMAGED",
  ],
  [
    "a compression that is not read",
    zipOf([{ name: "a", content: "x", raw: { method: 12 } }]),
    "ENTRY_UNSUPPORTED",
  ],
  ["an encrypted entry", zipOf([{ name: "a", content: "x", raw: { flags: 1 } }]), "ENTRY_UNSUPPORTED"],
])("refuses %s", (_, bytes, code) => {
  expect(() => readAll(bytes)).toThrow(expect.objectContaining({ code }));
});

it.each<[string, Partial<ZipLimits>]>([
  ["entries", { entries: 3 }],
  ["bytes of the directory", { directoryBytes: 100 }],
  ["bytes of an entry", { entryBytes: 1000 }],
  ["bytes of all entries", { totalBytes: 25_003 }],
])("refuses more %s than the limit", (_, limits) => {
  expect(() => readAll(zipOf(items), limits)).toThrow(expect.objectContaining({ code: "LIMIT_REACHED" }));
});

it("never throws anything but its own error", () => {
  const bases = [zipOf(items), zipOf(items, { wide: true })];
  const change = tuple(nat(), uint8Array({ minLength: 1, maxLength: 8 }));
  assert(
    property(constantFrom(...bases), array(change, { minLength: 1, maxLength: 3 }), (base, changes) => {
      const bytes = Buffer.from(base);
      // Near the end lies what says where everything is.
      for (const [at, values] of changes)
        bytes.set(values.subarray(0, 8), Math.max(0, bytes.length - 8 - (at % 400)));
      expect(thrownBy(() => readAll(bytes)) ?? own).toBeInstanceOf(ArchiveError);
    }),
    { numRuns: 1000 },
  );
});

/** What stands for "nothing was thrown". */
const own = new ArchiveError("ARCHIVE_MALFORMED", "none");

function thrownBy(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
