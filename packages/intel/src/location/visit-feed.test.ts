import { mkdirSync, writeFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { tarOf, tempDirectory, zipOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readLines } from "./lines.ts";
import { type VisitFeedOptions, visitFeed } from "./visit-feed.ts";

async function visit(path: string, options: Partial<VisitFeedOptions> = {}): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await visitFeed(path, { wants: (name) => name.endsWith(".txt"), ...options }, async (file) => {
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
const zip = zipOf([{ name: "one.txt", content: "1", stored: true }]);

const inTar = { "feed/a/one.txt": "1|1", "feed/../../three.txt": "3", "feed/four.txt.gz": "4" };

it.each([
  ["a file, whatever its name", Buffer.from("x"), { feed: "x" }],
  ["gzip", gzipSync("x\ny"), { feed: "x|y" }],
  ["zstd", zstdCompressSync("x\ny"), { feed: "x|y" }],
  ["a tar", tar, inTar],
  ["a packed tar", gzipSync(tar), inTar],
  ["a zip", zip, { "feed/one.txt": "1" }],
])("reads %s", async (_, content, files) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("feed"), content);
  expect(await visit(directory.at("feed"))).toEqual(files);
});

it("reads a directory, and what is packed in it under a name that is wanted", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("b"));
  writeFileSync(directory.at("z.txt.gz"), gzipSync("z"));
  writeFileSync(directory.at("b", "skipped.bin"), "no");
  expect(await visit(directory.path)).toEqual({ "z.txt.gz": "z" });
});

it.each([
  ["a bomb", gzipSync(Buffer.alloc(5_000_000)), { limits: { bytes: 1_000_000 } }, "FEED_TOO_LARGE"],
  ["more files than may be", tar, { limits: { files: 2 } }, "FEED_TOO_LARGE"],
  ["gzip that is cut short", gzipSync("x".repeat(10_000)).subarray(0, 20), {}, "FEED_DAMAGED"],
  ["a tar that is cut short", tar.subarray(0, 700), {}, "FEED_DAMAGED"],
  ["a zip that is cut short", zip.subarray(0, 60), {}, "FEED_DAMAGED"],
  ["a user who has changed their mind", Buffer.from("x"), { signal: AbortSignal.abort() }, "UPDATE_ABORTED"],
])("refuses %s", async (_, content, options, code) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("feed"), content);
  await expect(visit(directory.at("feed"), options)).rejects.toMatchObject({ name: "IntelError", code });
});

it("says that nothing is there", async () => {
  await expect(visit("/nowhere")).rejects.toMatchObject({ code: "FEED_UNREADABLE" });
  await expect(visit("/dev/null")).rejects.toMatchObject({ code: "FEED_UNREADABLE" });
});
