import { assert, constantFrom, integer, property, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { type DatabaseContent, readHeaders } from "./database.ts";
import { parseWriteAheadLog } from "./sqlite-wal.ts";
import { berkeleyDbOf, ndbOf, sqliteOf } from "./testdata/build-database.ts";
import { packageHeader } from "./testdata/build-header.ts";

/** Short, of several pages, and of many. */
const headers = [0, 3000, 200_000].map((length) =>
  packageHeader({ name: `a${length}`, files: ["/", `/usr/${"x".repeat(length)}`] }),
);

function read(content: DatabaseContent) {
  const faults: string[] = [];
  return { found: [...readHeaders(content, (reason) => faults.push(reason))], faults };
}

function withLog({ bytes, log }: { readonly bytes: Buffer; readonly log: Buffer }): DatabaseContent {
  const parsed = parseWriteAheadLog(log);
  if (typeof parsed === "string") throw new Error(parsed);
  return { bytes, log: parsed };
}

const forms = [
  ["Berkeley DB", berkeleyDbOf(headers)],
  ["Berkeley DB of a big-endian machine", berkeleyDbOf(headers, "BE")],
  ["NDB", ndbOf(headers)],
  ["SQLite", sqliteOf({ headers }).bytes],
  ["SQLite with small pages", sqliteOf({ headers, pageSize: 512 }).bytes],
  ["SQLite with large pages", sqliteOf({ headers, pageSize: 65_536 }).bytes],
] as const;

describe.each(forms)("%s", (_, bytes) => {
  it("gives every header", () => {
    expect(read({ bytes })).toEqual({ found: headers, faults: [] });
  });

  it("tells that the file ends early, and throws nothing", () => {
    for (const part of [0.99, 0.5, 0.1]) {
      const { faults } = read({ bytes: bytes.subarray(0, Math.floor(bytes.length * part)) });
      expect(faults).not.toEqual([]);
    }
  });

  it("ends, and throws nothing, whatever bytes are changed", () => {
    const change = tuple(integer({ min: 0, max: 8192 }), constantFrom(0, 1, 2, 7, 13, 127, 255));
    assert(
      property(change, change, change, (...changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        const total = read({ bytes: copy }).found.reduce((sum, { length }) => sum + length, 0);
        return total <= copy.length;
      }),
    );
  });
});

it.each([
  ["nothing", Buffer.alloc(0), "an empty file"],
  ["another file", Buffer.from("x".repeat(5000)), "not a database of rpm"],
  [
    "SQLite without the table",
    Buffer.from(sqliteOf({ headers: [] }).bytes).fill(0, 108, 300),
    "no table of packages",
  ],
])("tells of %s", (_, bytes, reason) => {
  expect(read({ bytes })).toEqual({ found: [], faults: [expect.stringContaining(reason)] });
});

it("finds nothing, and nothing wrong, in a database without packages", () => {
  for (const bytes of [berkeleyDbOf([]), ndbOf([]), sqliteOf({ headers: [] }).bytes]) {
    expect(read({ bytes })).toEqual({ found: [], faults: [] });
  }
});

it("gives each header of a table of many pages once, in order", () => {
  const many = Array.from({ length: 3000 }, (_, index) => `header ${index}`);
  const { bytes } = sqliteOf({ headers: many.map((text) => Buffer.from(text)), pageSize: 512 });
  const { found, faults } = read({ bytes });
  expect(faults).toEqual([]);
  expect(found.map((header) => Buffer.from(header).toString("latin1"))).toEqual(many);
});

it("ends a chain that leads in a circle", () => {
  const bytes = berkeleyDbOf([packageHeader({ files: [`/${"x".repeat(9000)}`] })]);
  bytes.writeUInt32LE(2, 2 * 4096 + 16);
  bytes.writeUInt32LE(0xffff_ffff, 4096 + bytes.readUInt16LE(4096 + 26 + 3 * 2) + 8);
  expect(read({ bytes })).toEqual({ found: [], faults: ["more data than the file is long"] });
});

it("keeps what lies beside a package whose place is damaged", () => {
  const bytes = ndbOf(headers);
  bytes.write("XXXX", 4096);
  expect(read({ bytes })).toEqual({ found: headers.slice(1), faults: ["no package 1 where its slot says"] });
});

it.each([
  ["is encrypted", 24, 1],
  ["has check sums", 26, 1],
  ["has no size of a page", 21, 0x11],
])("refuses a database of Berkeley DB that %s", (_, at, value) => {
  const bytes = berkeleyDbOf(headers);
  bytes[at] = value;
  expect(read({ bytes })).toEqual({ found: [], faults: [expect.any(String)] });
});

describe("a write-ahead log", () => {
  const [first, second, third] = headers as [Buffer, Buffer, Buffer];

  it("adds what it holds and takes away what it removes", () => {
    const files = sqliteOf({ headers: [first, second], logged: [third], removed: [1] });
    expect(read({ bytes: files.bytes })).toEqual({ found: [first, second], faults: [] });
    expect(read(withLog(files))).toEqual({ found: [second, third], faults: [] });
  });

  it("stands for the whole database where that is still empty", () => {
    const files = sqliteOf({ headers: [], logged: headers });
    const log = Buffer.from(files.log);
    const bytes = Buffer.from(files.bytes);
    expect(read(withLog({ bytes, log }))).toEqual({ found: headers, faults: [] });
  });

  it("counts up to its last commit: what was being written is not there", () => {
    const files = sqliteOf({ headers: [first], logged: [second, third] });
    const torn = files.log.subarray(0, files.log.length - 100);
    expect(read(withLog({ ...files, log: torn }))).toEqual({ found: [first, second], faults: [] });
  });

  it("ends at a frame that was changed", () => {
    const files = sqliteOf({ headers: [first], logged: [second] });
    const log = Buffer.from(files.log);
    log[32 + 24 + 100] = (log[32 + 24 + 100] ?? 0) ^ 1;
    expect(parseWriteAheadLog(log)).toBeUndefined();
  });

  it.each([
    ["too short", Buffer.alloc(31)],
    ["another file", Buffer.alloc(64, "x")],
  ])("is refused when it is %s", (_, bytes) => {
    expect(parseWriteAheadLog(bytes)).toMatch(/write-ahead log/u);
  });

  it("is refused when its header was changed", () => {
    const log = Buffer.from(sqliteOf({ headers: [first], logged: [second] }).log);
    log[12] = (log[12] ?? 0) ^ 1;
    expect(parseWriteAheadLog(log)).toBe("a write-ahead log with a wrong check sum");
  });

  it("never throws, whatever it holds", () => {
    const { log } = sqliteOf({ headers: [first], logged: [second] });
    assert(
      property(uint8Array({ maxLength: 64 }), integer({ min: 0, max: 64 }), (noise, at) => {
        const changed = Buffer.concat([log.subarray(0, at), noise, log.subarray(at)]);
        const parsed = parseWriteAheadLog(changed);
        return parsed === undefined || typeof parsed === "string" || parsed.pageCount > 0;
      }),
    );
  });
});
