import { assert, asyncProperty, dictionary, integer, jsonValue, string } from "fast-check";
import { expect, it } from "vitest";
import { fileOf } from "../testdata/collect.ts";
import { readJsonMembers } from "./json-members.ts";

async function membersOf(text: string, depth: number, chunkBytes = 1024) {
  const members: [string, unknown][] = [];
  for await (const { keys, text: value } of readJsonMembers(fileOf(text, "feed", chunkBytes), depth)) {
    members.push([keys.join("\n"), JSON.parse(value)]);
  }
  return members;
}

it("cuts any object as JSON.parse would read it, wherever the chunks end", async () => {
  const objects = dictionary(string(), dictionary(string(), jsonValue(), { noNullPrototype: true }), {
    noNullPrototype: true,
  });
  await assert(
    asyncProperty(
      objects,
      integer({ min: 1, max: 9 }),
      integer({ min: 0, max: 2 }),
      async (object, chunk, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        const again: Record<string, Record<string, unknown>> = JSON.parse(text);
        const expected = Object.entries(again).flatMap(([outer, inner]) =>
          Object.entries(inner).map(([key, value]) => [`${outer}\n${key}`, value]),
        );
        expect(await membersOf(text, 2, chunk)).toEqual(expected);
      },
    ),
  );
});

it.each([
  ["an end in a string", '{"a": {"b": "c'],
  ["an end in a key", '{"a": {"b'],
  ["an end between members", '{"a": {"b": 1},'],
  ["a closing too much", '{"a": {}}}'],
  ["two objects", '{"a": {}} {"b": {}}'],
  ["a string", '"a"'],
])("refuses %s", async (_, text) => {
  await expect(membersOf(text, 2)).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});

it.each([
  ["a value without an end", `{"a": "${"x".repeat(17 * 1024 * 1024)}"}`],
  ["a key without an end", `{"${"x".repeat(8192)}": 1}`],
  ["brackets without an end", `{"a": ${"[".repeat(100)}`],
])("stops at %s", async (_, text) => {
  await expect(membersOf(text, 1, 65_536 / 16)).rejects.toMatchObject({ code: "SOURCE_TOO_LARGE" });
});
