import { array, assert, asyncProperty, constantFrom, integer } from "fast-check";
import { expect, it } from "vitest";
import { csvFields } from "./csv.ts";
import { MAX_LINE, readLines } from "./lines.ts";

async function linesOf(content: string, chunkBytes: number): Promise<{ lines: string[]; long: number[] }> {
  const bytes = Buffer.from(content);
  const long: number[] = [];
  const lines: string[] = [];
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  for await (const batch of readLines({ path: "x", stream }, (line) => long.push(line))) {
    expect(batch.firstNumber).toBe(lines.length + 1);
    lines.push(...batch.lines);
  }
  return { lines, long };
}

it("gives the lines that splitting gives, however the bytes arrive", async () => {
  const piece = constantFrom("a", "\n", "\r\n", "é", "𝄞", " # ", "\n\n");
  await assert(
    asyncProperty(
      array(piece, { maxLength: 30 }),
      integer({ min: 1, max: 9 }),
      async (pieces, chunkBytes) => {
        const text = pieces.join("");
        const expected = text.split(/\r?\n/u);
        if (expected.at(-1) === "") expected.pop();
        expect((await linesOf(text, chunkBytes)).lines).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});

it.each([7, 1000, 1_000_000])(
  "leaves out what is too long, and goes on behind it (%i bytes a chunk)",
  async (chunk) => {
    const text = `one\n${"x".repeat(3 * MAX_LINE)}\nthree\n${"y".repeat(MAX_LINE + 1)}`;
    expect(await linesOf(text, chunk)).toEqual({
      lines: ["one", "", "three"],
      long: [2, 4],
    });
  },
);

it.each([
  ["a,b,c", ["a", "b", "c"]],
  ['"a","b c","d"', ["a", "b c", "d"]],
  ['"a", "b,c" , d', ["a", "b,c", "d"]],
  ['"say ""so""",x', ['say "so"', "x"]],
  ["a,,", ["a", "", ""]],
  ['"never closed, b', ["never closed, b"]],
  ["", [""]],
])("cuts %j into fields", (line, fields) => {
  expect(csvFields(line)).toEqual(fields);
});
