import { execFileSync } from "node:child_process";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { type TarItem, tarEntryOf, tarOf, tempDirectory } from "@pratique/testkit";
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  integer,
  nat,
  record,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { expect, it } from "vitest";
import { bytesSource, fileSource } from "./byte-source.ts";
import { decodeName } from "./entry-path.ts";
import { ArchiveError } from "./errors.ts";
import { readTarSource, readTarStream } from "./read-tar.ts";
import type { TarLimits } from "./tar-limits.ts";
import type { TarEntry, TarVisitor } from "./tar-parser.ts";

interface Seen {
  readonly kind: string;
  readonly name: string;
  readonly link: string;
  readonly mode: number;
  readonly size: number;
  content: string;
}

const MAX_TEST_CONTENT = 1 << 22;

class Collector implements TarVisitor {
  readonly seen: Seen[] = [];
  readonly #pieces: Uint8Array[] = [];

  entry({ kind, name, linkName, mode, size }: TarEntry): boolean {
    this.seen.push({ kind, name: decodeName(name), link: decodeName(linkName), mode, size, content: "" });
    return size <= MAX_TEST_CONTENT;
  }

  content(bytes: Uint8Array): void {
    this.#pieces.push(Uint8Array.from(bytes));
  }

  contentEnd(): void {
    const last = this.seen.at(-1);
    if (last !== undefined) last.content = Buffer.concat(this.#pieces.splice(0)).toString("latin1");
  }
}

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function readBoth(
  bytes: Uint8Array,
  limits: Partial<TarLimits> = {},
  length = 700,
): Promise<readonly Seen[]> {
  const streamed = new Collector();
  const sought = new Collector();
  await readTarStream(pieces(bytes, length), streamed, { limits });
  await readTarSource(bytesSource(bytes), sought, { limits });
  expect(sought.seen).toEqual(streamed.seen);
  return streamed.seen;
}

const meta = (type: string, content: string) => tarEntryOf({ path: "x", content, raw: { type } });
const namesOf = (seen: readonly Seen[]) => seen.map(({ name }) => name);
const long = `${"d/".repeat(120)}file`;

it("reads files, directories, links and devices", async () => {
  const seen = await readBoth(
    tarOf([
      { path: "d/", mode: 0o1777 },
      { path: "d/f", content: "hello", mode: 0o4755 },
      { path: "s", kind: "symlink", target: "d/f" },
      { path: "h", kind: "hardlink", target: "d/f" },
      { path: "c", kind: "char" },
      { path: "p", kind: "fifo" },
    ]),
  );
  expect(seen).toEqual([
    { kind: "directory", name: "d/", link: "", mode: 0o1777, size: 0, content: "" },
    { kind: "file", name: "d/f", link: "", mode: 0o4755, size: 5, content: "hello" },
    { kind: "symlink", name: "s", link: "d/f", mode: 0o644, size: 0, content: "" },
    { kind: "hardlink", name: "h", link: "d/f", mode: 0o644, size: 0, content: "" },
    { kind: "other", name: "c", link: "", mode: 0o644, size: 0, content: "" },
    { kind: "other", name: "p", link: "", mode: 0o644, size: 0, content: "" },
  ]);
});

it.each<[string, TarItem, Partial<Seen>]>([
  ["a GNU long name", { path: long, content: "1" }, { name: long, content: "1" }],
  ["a GNU long link", { path: "s", kind: "symlink", target: long }, { link: long }],
  ["a ustar prefix", { path: "f", raw: { prefix: "a/b" } }, { name: "a/b/f" }],
  [
    "a prefix that GNU uses for times",
    { path: "f", raw: { prefix: "14000000000", magic: "ustar  " } },
    { name: "f" },
  ],
  [
    "a prefix that early Go wrote",
    { path: "f", raw: { prefix: "a/b", magic: "ustar  " } },
    { name: "a/b/f" },
  ],
  [
    "a prefix that early Go wrote, in front of what is no text",
    { path: "f", raw: { prefix: "a/b\0é", magic: "ustar  " } },
    { name: "a/b/f" },
  ],
  [
    "a time with more behind its end",
    { path: "f", raw: { prefix: "0000123\0abc", magic: "ustar  " } },
    { name: "f" },
  ],
  ["a pax path", { path: "f", pax: { path: "ä/b" } }, { name: "ä/b" }],
  ["a pax path that is empty", { path: "f", pax: { path: "" } }, { name: "f" }],
  [
    "a pax path and a GNU long name, of which Go takes the latter",
    { path: long, pax: { path: "p" } },
    { name: long },
  ],
  ["a pax link path", { path: "s", kind: "symlink", pax: { linkpath: "ä" } }, { link: "ä" }],
  [
    "a pax size",
    { path: "f", content: "hello", raw: { size: 0 }, pax: { size: "5" } },
    { size: 5, content: "hello" },
  ],
  ["a name that is not UTF-8", { path: Buffer.from([0x61, 0xe9]) }, { name: "aé" }],
  ["a pax path that is not UTF-8", { path: "f", pax: { path: Buffer.from([0x61, 0xe9]) } }, { name: "aé" }],
  [
    "a size in base 256",
    { path: "f", content: "x", raw: { size: Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) } },
    { size: 1 },
  ],
  [
    "a size with blanks",
    { path: "f", content: "x", raw: { size: Buffer.from("         1 \0") } },
    { size: 1 },
  ],
  [
    "a size on a directory, which has no content",
    { path: "d/", raw: { size: 5000 } },
    { kind: "directory", size: 0 },
  ],
  [
    "a size on a hard link, which has no content",
    { path: "h", kind: "hardlink", raw: { size: 5000 } },
    { kind: "hardlink" },
  ],
  ["an old directory", { path: "d/", raw: { type: "\0", size: 5000 } }, { kind: "directory" }],
  ["an old file", { path: "f", content: "x", raw: { type: "\0" } }, { kind: "file", content: "x" }],
  ["a contiguous file", { path: "f", content: "x", raw: { type: "7" } }, { kind: "file", content: "x" }],
  ["a volume label", { path: "f", raw: { type: "V" } }, { kind: "meta" }],
  ["a type that nobody knows", { path: "f", content: "x", raw: { type: "Z" } }, { kind: "other", size: 0 }],
])("reads %s", async (_, item, expected) => {
  const seen = await readBoth(tarOf([item, { path: "after", content: "2" }]));
  expect(seen[0]).toMatchObject(expected);
  expect(seen[1]).toMatchObject({ name: "after", content: "2" });
});

it.each([1, 2, 3, 4])(
  "reads a tar wherever in memory it lies: %d bytes from where words begin",
  async (offset) => {
    const tar = tarOf([{ path: "ä", content: "hello" }, { path: long, content: "2" }, { path: "after" }]);
    const memory = Buffer.alloc(tar.length + offset);
    tar.copy(memory, offset);
    const expected = await readBoth(tar);
    expect(namesOf(expected)).toEqual(["ä", long, "after"]);
    for (const bytes of [memory.subarray(offset), new Uint8Array(memory.buffer, memory.byteOffset + offset)])
      for (const length of [700, 1023, 4097]) expect(await readBoth(bytes, {}, length)).toEqual(expected);
  },
);

it("ignores global pax headers, as what unpacks images does", async () => {
  const global = tarEntryOf({ path: "x", content: "10 path=a\n", raw: { type: "g" } });
  expect(namesOf(await readBoth(Buffer.concat([global, tarOf([{ path: "f" }])])))).toEqual(["f"]);
});

it.each([
  ["a GNU long name that is empty", [meta("L", "\0")], "f"],
  ["an empty one behind another", [meta("L", "other\0"), meta("L", "\0")], "f"],
  ["a pax path that is taken back", [meta("x", "14 path=other\n8 path=\n")], "f"],
  ["a long name in front of a global header", [meta("L", "other\0"), meta("g", "10 path=a\n")], "f"],
  ["a pax path in front of a global header", [meta("x", "14 path=other\n"), meta("g", "10 path=a\n")], "f"],
])("takes the name that Go takes, behind %s", async (_, metas, name) => {
  expect(namesOf(await readBoth(Buffer.concat([...metas, tarOf([{ path: "f" }])])))).toEqual([name]);
});

it.each<[string, Readonly<Record<string, string>>]>([
  ["1.9", { "GNU.sparse.major": "1", "GNU.sparse.minor": "9" }],
  ["2.0", { "GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.map": "0,3" }],
  ["1 and nothing", { "GNU.sparse.major": "1" }],
])("takes a sparse file of version %s for a plain one, as Go does", async (_, version) => {
  const pax = { ...version, "GNU.sparse.name": "other", "GNU.sparse.realsize": "9" };
  const [seen] = await readBoth(tarOf([{ path: "f", content: "1\n0\n3\n", pax }]));
  expect(seen).toMatchObject({ name: "f", size: 6, content: "1\n0\n3\n" });
});

it("lets a second pax header replace the first", async () => {
  const first = tarEntryOf({ path: "x", content: "10 path=a\n", raw: { type: "x" } });
  const second = tarEntryOf({ path: "x", content: "14 mtime=1234\n", raw: { type: "x" } });
  expect(namesOf(await readBoth(Buffer.concat([first, second, tarOf([{ path: "f" }])])))).toEqual(["f"]);
});

it.each([
  ["garbage", Buffer.from("garbage".repeat(100))],
  ["another archive", tarOf([{ path: "hidden" }])],
  ["nothing", Buffer.alloc(0)],
  ["zeros", Buffer.alloc(10_240)],
])("ends at two blocks of zeros, whatever follows: %s", async (_, rest) => {
  expect(namesOf(await readBoth(Buffer.concat([tarOf([{ path: "f" }]), rest])))).toEqual(["f"]);
});

it("goes on after a single block of zeros, and does without an end", async () => {
  const parts = [tarEntryOf({ path: "a" }), Buffer.alloc(512), tarEntryOf({ path: "b" })];
  expect(namesOf(await readBoth(Buffer.concat(parts)))).toEqual(["a", "b"]);
});

it.each<[string, Buffer, string]>([
  ["a wrong checksum", tarOf([{ path: "f", raw: { checksum: 1 } }]), "ARCHIVE_MALFORMED"],
  ["a negative size", tarOf([{ path: "f", raw: { size: Buffer.alloc(12, 0xff) } }]), "ARCHIVE_MALFORMED"],
  [
    "a size beyond all bounds",
    tarOf([{ path: "f", raw: { size: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0x7f)]) } }]),
    "ARCHIVE_MALFORMED",
  ],
  [
    "a size that is no number",
    tarOf([{ path: "f", raw: { size: Buffer.from("12x") } }]),
    "ARCHIVE_MALFORMED",
  ],
  ["a size larger than the file", tarOf([{ path: "f", raw: { size: 1_000_000 } }]), "ARCHIVE_TRUNCATED"],
  [
    "a pax size larger than the file",
    tarOf([{ path: "f", pax: { size: "9007199254740000" } }]),
    "ARCHIVE_TRUNCATED",
  ],
  ["a pax size that is negative", tarOf([{ path: "f", pax: { size: "-1" } }]), "ARCHIVE_MALFORMED"],
  ["a pax path with a NUL", tarOf([{ path: "f", pax: { path: "a\0b" } }]), "ARCHIVE_MALFORMED"],
  [
    "a pax record that lies about its length",
    Buffer.concat([
      tarEntryOf({ path: "x", content: "99 path=a\n", raw: { type: "x" } }),
      tarOf([{ path: "f" }]),
    ]),
    "ARCHIVE_MALFORMED",
  ],
  ["a header cut short", tarEntryOf({ path: "f" }).subarray(0, 300), "ARCHIVE_TRUNCATED"],
  [
    "a content cut short",
    tarEntryOf({ path: "f", content: "x".repeat(2000) }).subarray(0, 1500),
    "ARCHIVE_TRUNCATED",
  ],
  ["an extended header without an entry", tarEntryOf({ path: long }).subarray(0, 1024), "ARCHIVE_TRUNCATED"],
  ["a huge extended header", tarOf([{ path: "x", raw: { type: "x", size: 2 ** 21 } }]), "LIMIT_REACHED"],
  ["a huge long name", tarOf([{ path: "x", raw: { type: "L", size: 2 ** 33 - 1 } }]), "LIMIT_REACHED"],
  [
    "sparse stretches that overlap",
    tarOf([{ path: "f", content: "xx", pax: { "GNU.sparse.map": "5,1,5,1", "GNU.sparse.size": "9" } }]),
    "ARCHIVE_MALFORMED",
  ],
  [
    "sparse stretches beyond the end",
    tarOf([{ path: "f", content: "x", pax: { "GNU.sparse.map": "9,1", "GNU.sparse.size": "9" } }]),
    "ARCHIVE_MALFORMED",
  ],
  [
    "sparse stretches that are not stored",
    tarOf([{ path: "f", content: "x", pax: { "GNU.sparse.map": "0,5", "GNU.sparse.size": "9" } }]),
    "ARCHIVE_MALFORMED",
  ],
  [
    "a sparse map without an end",
    tarOf([
      {
        path: "f",
        content: "60\n".padEnd(512, "1\n"),
        pax: { "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" },
      },
    ]),
    "ARCHIVE_MALFORMED",
  ],
])("refuses %s", async (_, bytes, code) => {
  await expect(readTarStream(pieces(bytes, 700), new Collector())).rejects.toMatchObject({ code });
  await expect(readTarSource(bytesSource(bytes), new Collector())).rejects.toMatchObject({ code });
});

it.each<[string, Partial<TarLimits>]>([
  ["entries", { entries: 1 }],
  ["bytes", { bytes: 1000 }],
  ["bytes of an extension", { extensionBytes: 100 }],
])("refuses more %s than the limit", async (_, limits) => {
  const bytes = tarOf([{ path: long }, { path: "f" }]);
  await expect(readTarStream(pieces(bytes, 700), new Collector(), { limits })).rejects.toMatchObject({
    code: "LIMIT_REACHED",
  });
});

it("fills the holes of sparse files in every form that GNU tar writes", async () => {
  using directory = tempDirectory();
  const fd = openSync(directory.at("sparse"), "w");
  for (const [index, at] of [0, 100_000, 300_000, 500_000, 700_000, 900_000].entries())
    writeSync(fd, `part${index}`, at);
  ftruncateSync(fd, 1_000_000);
  closeSync(fd);
  writeFileSync(directory.at("after"), "2");
  const whole = readFileSync(directory.at("sparse"), "latin1");
  for (const form of [["gnu"], ["posix", "0.0"], ["posix", "0.1"], ["posix", "1.0"]]) {
    const [format, version] = form;
    const options = [`--format=${format}`, ...(version === undefined ? [] : [`--sparse-version=${version}`])];
    execFileSync("tar", [
      ...options,
      "-S",
      "-C",
      directory.path,
      "-cf",
      directory.at("a.tar"),
      "sparse",
      "after",
    ]);
    const bytes = readFileSync(directory.at("a.tar"));
    expect(bytes.length).toBeLessThan(500_000);
    const [sparse, after] = await readBoth(bytes);
    expect(sparse?.name).toBe("sparse");
    expect(sparse?.size).toBe(1_000_000);
    expect(sparse?.content === whole).toBe(true);
    expect(after).toMatchObject({ name: "after", content: "2" });
  }
});

it("reads from a part of a file, and says so when the file has become shorter", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a"), Buffer.concat([Buffer.alloc(777), tarOf([{ path: "f", content: "1" }])]));
  const fd = openSync(directory.at("a"), "r+");
  try {
    const size = fstatSync(fd).size - 777;
    const collector = new Collector();
    await readTarSource(fileSource({ fd, size, offset: 777 }), collector);
    expect(collector.seen).toMatchObject([{ name: "f", content: "1" }]);
    ftruncateSync(fd, 1000);
    const source = fileSource({ fd, size, offset: 777 });
    await expect(readTarSource(source, new Collector())).rejects.toMatchObject({ code: "ARCHIVE_TRUNCATED" });
  } finally {
    closeSync(fd);
  }
});

it("gives up when told to", async () => {
  const signal = AbortSignal.abort();
  await expect(readTarSource(bytesSource(tarOf([])), new Collector(), { signal })).rejects.toThrow("abort");
  await expect(readTarStream(pieces(tarOf([]), 512), new Collector(), { signal })).rejects.toThrow("abort");
});

const item: Arbitrary<TarItem> = record({
  path: string({ minLength: 1, maxLength: 150 }).map((name) => name.replaceAll("\0", "") || "x"),
  content: string({ maxLength: 1500 }),
});

it("reads what it is given however it is cut", async () => {
  await assert(
    asyncProperty(array(item, { maxLength: 5 }), integer({ min: 1, max: 2000 }), async (items, length) => {
      const files = items.map(({ path, content = "" }) => ({
        path: `f${String(path)}`,
        content,
        kind: "file" as const,
      }));
      const seen = await readBoth(tarOf(files), {}, length);
      expect(namesOf(seen)).toEqual(files.map(({ path }) => path));
    }),
    { numRuns: 50 },
  );
});

it("never throws anything but its own error, whatever is changed", async () => {
  const base = tarOf([
    { path: long, content: "1" },
    { path: "s", pax: { "GNU.sparse.map": "0,1,5,1", "GNU.sparse.size": "9", path: "p" }, content: "xx" },
    { path: "d/" },
    { path: "f", content: "x".repeat(600) },
  ]);
  const change = tuple(nat(base.length - 1), uint8Array({ minLength: 1, maxLength: 12 }), boolean());
  await assert(
    asyncProperty(array(change, { minLength: 1, maxLength: 4 }), nat(base.length), async (changes, end) => {
      const bytes = Buffer.from(base);
      for (const [at, values, mend] of changes) {
        bytes.set(values.subarray(0, bytes.length - at), at);
        if (mend) mendChecksum(bytes, at - (at % 512));
      }
      const reading = readTarStream(pieces(bytes.subarray(0, end), 700), new Collector());
      expect((await reading.catch((thrown: unknown) => thrown)) ?? own).toBeInstanceOf(ArchiveError);
    }),
    { numRuns: 500 },
  );
});

/** Most changes would end at the checksum; with the right one they get further. */
function mendChecksum(bytes: Buffer, block: number): void {
  bytes.fill(0x20, block + 148, block + 156);
  const sum = bytes.subarray(block, block + 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, block + 148, "latin1");
}

/** What stands for "nothing was thrown". */
const own = new ArchiveError("ARCHIVE_MALFORMED", "none");
