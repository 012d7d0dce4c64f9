import { expect, it } from "vitest";
import { readJson, sniffJson } from "./read-json.ts";

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
