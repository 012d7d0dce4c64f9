import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { LocatedFile } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { tarOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readJsonMembers } from "./json-members.ts";
import { readLines } from "./lines.ts";
import { readText } from "./read-text.ts";
import { type VisitSourceOptions, visitSource } from "./visit-source.ts";

const wants = (name: string): boolean => name.endsWith(".json");

async function visited(
  location: string,
  options: Partial<VisitSourceOptions> = {},
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  await visitSource(location, { wants, ...options }, async (file) => {
    found[file.path] = await readText(file);
  });
  return found;
}

// What is packed comes in chunks of 1 MiB, and the memory of each is given back when the next is asked for.
const members = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`k${index}`, `${index}`.repeat(50_000)]),
);
const packed = JSON.stringify(members);
const lines = Object.values(members);

it.each<[string, string, (file: LocatedFile) => Promise<unknown>, unknown]>([
  ["text", packed, readText, packed],
  ["lines", lines.join("\n"), (file) => collected(readLines(file)), lines],
  [
    "members of JSON",
    packed,
    async (file) => (await collected(readJsonMembers(file, 1))).map(({ text }) => JSON.parse(text)),
    lines,
  ],
])("reads %s over several chunks", async (_, content, read, expected) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.json.gz"), gzipSync(content));
  let found: unknown;
  await visitSource(directory.at("a.json.gz"), { wants }, async (file) => {
    found = await read(file);
  });
  expect(found).toEqual(expected);
});

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

it("gives what is in the archives of a directory", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.tgz"), gzipSync(tarOf([{ path: "a.json", content: "A" }])));
  writeFileSync(directory.at("b.json"), "B");
  expect(await visited(directory.path)).toEqual({ "a.tgz/a.json": "A", "b.json": "B" });
});

it.each([
  ["a path that is not there", undefined, "SOURCE_UNREADABLE"],
  ["gzip cut short", gzipSync("x".repeat(10_000)).subarray(0, 30), "SOURCE_DAMAGED"],
  ["bzip2", Buffer.from("BZh91AY&SY"), "SOURCE_DAMAGED"],
  ["a small file that unpacks to a large one", gzipSync(Buffer.alloc(4 * MiB)), "SOURCE_TOO_LARGE"],
])("says of %s what is wrong", async (_, bytes, code) => {
  using directory = tempDirectory();
  if (bytes !== undefined) writeFileSync(directory.at("a.json"), bytes);
  const refused = visited(directory.at("a.json"), { limits: { bytes: MiB } });
  await expect(refused).rejects.toMatchObject({ name: "AdvisoryError", code });
});

it("says of a device that it cannot be read", async () => {
  await expect(visited("/dev/null")).rejects.toMatchObject({ code: "SOURCE_UNREADABLE" });
});

it("stops when it is called off", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.json"), "{}");
  await expect(visited(directory.path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "BUILD_ABORTED",
  });
});
