import { expect, it } from "vitest";
import { parseJson, readJson, sniffJson } from "./read-json.ts";

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

it.each([
  ["lists in lists", "[".repeat(65) + "]".repeat(65)],
  ["objects in objects", '{"response":'.repeat(1_000_000)],
  ["empty objects", `[${"{},".repeat(4_000_000)}{}]`],
])("refuses %s beyond what any feed has, before it is parsed", (_, text) => {
  expect(() => parseJson(text, "x")).toThrow(expect.objectContaining({ code: "FEED_TOO_LARGE" }));
});

it.each([
  ["brackets in text", JSON.stringify(["[".repeat(1000), '\\"{{'.repeat(1000), "\\"])],
  ["64 levels", "[".repeat(64) + "]".repeat(64)],
  ["many lists one after the other", `[${"[],".repeat(1000)}[]]`],
])("takes %s", (_, text) => {
  expect(JSON.stringify(parseJson(text, "x"))).toBe(text);
});
