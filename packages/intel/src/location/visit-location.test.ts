import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { crc32, gzipSync, zstdCompressSync } from "node:zlib";
import { tarOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readJson, sniffJson } from "./feed-file.ts";
import { readLines } from "./lines.ts";
import { type VisitOptions, visitLocation } from "./visit-location.ts";

async function visit(path: string, options: Partial<VisitOptions> = {}): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await visitLocation(path, { wants: (name) => name.endsWith(".txt"), ...options }, async (file) => {
    const lines: string[] = [];
    for await (const batch of readLines(file, () => undefined)) lines.push(...batch.lines);
    found[file.path] = lines.join("|");
  });
  return found;
}

const tar = tarOf([
  { path: "a/one.txt", content: "1\n1" },
  { path: "a/two.bin", content: "2" },
  { path: "../../three.txt", content: "3" },
  { path: "link.txt", kind: "symlink", target: "/etc/passwd" },
  { path: "four.txt.gz", content: gzipSync("4") },
]);

/** A zip with one file that is not packed (APPNOTE 4.3.6). */
function zipOf(name: string, content: string): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, Buffer.from(name + content)]);
  const central = Buffer.concat([
    Buffer.from("PK\u0001\u0002\u0014\u0000"),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const inTar = { "feed/a/one.txt": "1|1", "feed/../../three.txt": "3", "feed/four.txt.gz": "4" };

it.each([
  ["a file, whatever its name", Buffer.from("x"), { feed: "x" }],
  ["gzip", gzipSync("x\ny"), { feed: "x|y" }],
  ["zstd", zstdCompressSync("x\ny"), { feed: "x|y" }],
  ["a tar", tar, inTar],
  ["a packed tar", gzipSync(tar), inTar],
  ["a zip", zipOf("one.txt", "1"), { "feed/one.txt": "1" }],
])("reads %s", async (_, content, files) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("feed"), content);
  expect(await visit(directory.at("feed"))).toEqual(files);
});

it("reads a directory in the order of names, with archives in it, and follows no link", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("feed", "b"), { recursive: true });
  writeFileSync(directory.at("feed", "z.txt"), "z");
  writeFileSync(directory.at("feed", "b", "a.txt"), "a");
  writeFileSync(directory.at("feed", "b", "skipped.bin"), "no");
  writeFileSync(directory.at("feed", "c.tar"), tarOf([{ path: "in.txt", content: "in" }]));
  symlinkSync("/etc/passwd", directory.at("feed", "passwd.txt"));
  expect(Object.entries(await visit(directory.at("feed")))).toEqual([
    ["b/a.txt", "a"],
    ["c.tar/in.txt", "in"],
    ["z.txt", "z"],
  ]);
});

it.each([
  ["a bomb", gzipSync(Buffer.alloc(5_000_000)), { limits: { bytes: 1_000_000 } }, "FEED_TOO_LARGE"],
  ["more files than may be", tar, { limits: { files: 2 } }, "FEED_TOO_LARGE"],
  ["gzip that is cut short", gzipSync("x".repeat(10_000)).subarray(0, 20), {}, "FEED_DAMAGED"],
  ["a tar that is cut short", tar.subarray(0, 700), {}, "FEED_DAMAGED"],
  ["a zip that is cut short", zipOf("one.txt", "1").subarray(0, 60), {}, "FEED_DAMAGED"],
  ["a user who has changed their mind", Buffer.from("x"), { signal: AbortSignal.abort() }, "UPDATE_ABORTED"],
])("refuses %s", async (_, content, options, code) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("feed"), content);
  await expect(visit(directory.at("feed"), options)).rejects.toMatchObject({ code });
});

it("says that nothing is there", async () => {
  await expect(visit("/nowhere")).rejects.toMatchObject({ code: "FEED_UNREADABLE" });
  await expect(visit("/dev/null")).rejects.toMatchObject({ code: "FEED_UNREADABLE" });
});

it.each([
  ['{"a":1}', true],
  ["\uFEFF [1]", true],
  [`${" ".repeat(3)}\n[1]`, true],
  ["# a\n[1]", false],
  ["", false],
])("knows whether %j begins as JSON, and gives it whole all the same", async (text, expected) => {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (const byte of Buffer.from(text)) yield Uint8Array.of(byte);
  }
  const { isJson, file } = await sniffJson({ path: "x", stream: bytes });
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk);
  expect([isJson, Buffer.concat(chunks).toString()]).toEqual([expected, text]);
});

it("refuses a document that is too large to be held", async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(1_000_000, "1");
  }
  await expect(readJson({ path: "x", stream: endless })).rejects.toMatchObject({ code: "FEED_TOO_LARGE" });
});
