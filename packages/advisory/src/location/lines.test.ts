import type { LocatedFile } from "@pratique/archive";
import { array, assert, asyncProperty, integer, stringMatching } from "fast-check";
import { expect, it } from "vitest";
import { fileOf } from "../testdata/collect.ts";
import { MAX_LINE_BYTES, readLines } from "./lines.ts";

async function linesOf(file: LocatedFile): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of readLines(file)) lines.push(line);
  return lines;
}

it("gives back lines, wherever the chunks end", async () => {
  const line = stringMatching(/^[a-zé😀 ]{0,6}$/u);
  await assert(
    asyncProperty(array(line), integer({ min: 1, max: 5 }), async (lines, chunkBytes) => {
      const text = lines.map((one) => `${one}\r\n`).join("");
      expect(await linesOf(fileOf(text, "feed", chunkBytes))).toEqual(lines);
    }),
  );
});

it("gives a last line that has no end", async () => {
  expect(await linesOf(fileOf("a\nb"))).toEqual(["a", "b"]);
});

it("stops at a line without an end", async () => {
  const endless = fileOf(Buffer.alloc(MAX_LINE_BYTES + 1, "x"), "feed", 1 << 20);
  await expect(linesOf(endless)).rejects.toMatchObject({ code: "SOURCE_TOO_LARGE" });
});
