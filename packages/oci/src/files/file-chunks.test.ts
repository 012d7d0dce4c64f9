import { closeSync, openSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { fileChunks } from "./file-chunks.ts";

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * index * 31) % 251));

it.each([
  ["a whole file", 0, content.length],
  ["a part", 1000, 2_000_001],
  ["a short part", content.length - 5, 5],
  ["nothing", 7, 0],
])("reads %s in a few buffers, of which two chunks stay as they are", async (_, offset, size) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("file"), content);
  const fd = openSync(directory.at("file"), "r");
  const buffers = new Set<ArrayBufferLike>();
  const read: Uint8Array[] = [];
  let before: Uint8Array = new Uint8Array();
  for await (const chunk of fileChunks(fd, { offset, size }, new AbortController().signal)) {
    read.push(Uint8Array.from(before));
    buffers.add(chunk.buffer);
    before = chunk;
  }
  read.push(before);
  closeSync(fd);
  expect(Buffer.concat(read).equals(content.subarray(offset, offset + size))).toBe(true);
  expect(buffers.size).toBeLessThanOrEqual(2);
});

it("refuses a file that has become shorter", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("file"), "short");
  const fd = openSync(directory.at("file"), "r");
  const chunks = fileChunks(fd, { offset: 0, size: 6 }, new AbortController().signal);
  expect((await chunks.next()).value).toHaveLength(5);
  await expect(chunks.next()).rejects.toMatchObject({ code: "IMAGE_UNREADABLE" });
  closeSync(fd);
});
