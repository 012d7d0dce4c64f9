import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { tarOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readText } from "./advisory-file.ts";
import { type VisitOptions, visitLocation } from "./visit-location.ts";

const wants = (name: string): boolean => /\.json(?:\.gz)?$/u.test(name);

async function visited(
  location: string,
  options: Partial<VisitOptions> = {},
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  await visitLocation(location, { wants, ...options }, async (file) => {
    found[file.path] = await readText(file);
  });
  return found;
}

/** A zip of stored or deflated files, by APPNOTE 4.3. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), shared, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0000"), shared, tail, Buffer.from(name)]),
    );
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006", "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

const tar = tarOf([
  { path: "feed/", kind: "directory" },
  { path: "feed/a.json", content: "A" },
  { path: "feed/README", content: "no" },
  { path: "feed/b.json.gz", content: gzipSync("B") },
  { path: "feed/link.json", kind: "symlink", target: "/etc/passwd" },
  { path: "../../evil.json", content: "E" },
]);
const members = { "feed/a.json": "A", "feed/b.json.gz": "B", "../../evil.json": "E" };

it.each([
  ["a tar", "x.tar", tar],
  ["a tar in gzip", "x.tgz", gzipSync(tar)],
  ["a tar in zstd, under any name", "feed", zstdCompressSync(tar)],
  ["a zip", "all.zip", zipOf({ "feed/a.json": "A", "feed/README": "no", "../../evil.json": "E" })],
])("finds the wanted files in %s", async (_, name, bytes) => {
  using directory = tempDirectory();
  writeFileSync(directory.at(name), bytes);
  const expected = Object.entries(members)
    .filter(([member]) => !(name === "all.zip" && member.endsWith(".gz")))
    .map(([member, text]) => [`${name}/${member}`, text]);
  expect(await visited(directory.at(name))).toEqual(Object.fromEntries(expected));
});

it.each([
  ["a file", "list.txt", Buffer.from("words")],
  ["a file in gzip", "list.txt.gz", gzipSync("words")],
  ["a file in zstd, under any name", "list", zstdCompressSync("words")],
])("gives %s that is named outright, whatever its name", async (_, name, bytes) => {
  using directory = tempDirectory();
  writeFileSync(directory.at(name), bytes);
  expect(await visited(directory.at(name))).toEqual({ [name]: "words" });
});

it("walks directories in the order of names, with the archives in them, past symlinks", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("b", "deep"), { recursive: true });
  writeFileSync(directory.at("b", "deep", "z.json"), "Z");
  writeFileSync(directory.at("a.json"), "1");
  writeFileSync(directory.at("notes.txt"), "no");
  writeFileSync(directory.at("c.tar.gz"), gzipSync(tarOf([{ path: "y.json", content: "Y" }])));
  symlinkSync("/etc", directory.at("etc"));
  symlinkSync("/etc/hostname", directory.at("h.json"));
  const found = await visited(directory.path);
  expect(Object.entries(found)).toEqual([
    ["a.json", "1"],
    ["b/deep/z.json", "Z"],
    ["c.tar.gz/y.json", "Y"],
  ]);
});

it("tells how many bytes it has read from disk", async () => {
  using directory = tempDirectory();
  const packed = gzipSync(tar);
  writeFileSync(directory.at("x.tgz"), packed);
  let bytes = 0;
  await visited(directory.at("x.tgz"), { onBytes: (more) => (bytes += more) });
  expect(bytes).toBe(packed.length);
});

const bomb = gzipSync(Buffer.alloc(4 * 1024 * 1024));

it.each([
  ["a path that is not there", "none", undefined, "SOURCE_UNREADABLE"],
  ["gzip cut short", "a.json.gz", gzipSync("x".repeat(10_000)).subarray(0, 30), "SOURCE_DAMAGED"],
  ["a tar cut short", "a.tar", tar.subarray(0, 1500), "SOURCE_DAMAGED"],
  ["a zip cut short", "a.zip", zipOf({ "a.json": "A" }).subarray(0, 60), "SOURCE_DAMAGED"],
  ["bzip2", "a.json", Buffer.from("BZh91AY&SY"), "SOURCE_DAMAGED"],
  ["a small file that unpacks to a large one", "a.json.gz", bomb, "SOURCE_TOO_LARGE"],
  ["a zip that does", "a.zip", zipOf({ "a.json": "x".repeat(4 * 1024 * 1024) }), "SOURCE_TOO_LARGE"],
  ["a tar that does", "a.tgz", gzipSync(tarOf([{ path: "a.json.gz", content: bomb }])), "SOURCE_TOO_LARGE"],
  [
    "many files",
    "a.tar",
    tarOf(Array.from({ length: 60 }, (_, index) => ({ path: `${index}.json`, content: "" }))),
    "SOURCE_TOO_LARGE",
  ],
  [
    "archives in archives in archives",
    "a.json.gz",
    [1, 2, 3, 4, 5].reduce<Buffer>((inner) => gzipSync(tarOf([{ path: "x.json.gz", content: inner }])), tar),
    "SOURCE_TOO_LARGE",
  ],
])("refuses %s", async (_, name, bytes, code) => {
  using directory = tempDirectory();
  if (bytes !== undefined) writeFileSync(directory.at(name), bytes);
  const limits = { bytes: 1024 * 1024, files: 50 };
  await expect(visited(directory.at(name), { limits })).rejects.toMatchObject({ code });
});

it("stops when it is called off", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.json"), "{}");
  await expect(visited(directory.path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "BUILD_ABORTED",
  });
});

it("passes on what the one who reads throws", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.json"), "{}");
  const broken = visitLocation(path.join(directory.path, "a.json"), { wants }, () =>
    Promise.reject(new TypeError("a defect")),
  );
  await expect(broken).rejects.toThrow(TypeError);
});
