import { KiB, MiB } from "@pratique/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { trimJson } from "./trim-json.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What comes out of JSON that arrives in pieces of so many bytes. */
async function trimmed(text: string, { pieces = 64 * KiB, itemDepth = 2 } = {}): Promise<string> {
  const bytes = Buffer.from(text);
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += pieces) chunks.push(bytes.subarray(from, from + pieces));
  const kept: Uint8Array[] = [];
  for await (const chunk of trimJson(stream(chunks), itemDepth)) kept.push(chunk);
  return utf8.decode(Buffer.concat(kept));
}

async function* stream(chunks: readonly Uint8Array[]) {
  yield* chunks;
}

const image = (more: object) => ({ Id: "sha256:1", Labels: { a: "b" }, RepoTags: ["a:1"], Size: 1, ...more });

it("leaves what is short as it is", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ stringUnit: "binary" })),
      fc.integer({ min: 1, max: 50 }),
      async (value, pieces) => {
        const text = JSON.stringify(value, undefined, pieces % 3);
        expect(await trimmed(text, { pieces })).toBe(text);
      },
    ),
  );
});

it("cuts long texts between two characters", async () => {
  const chars = fc.constantFrom("a", "é", "\u{1f4a3}", '"', "\\", "\n", "\u0001", "\ud800", "{", "]", ",");
  await fc.assert(
    fc.asyncProperty(
      fc.array(chars, { minLength: 900, maxLength: 12_000, size: "max" }),
      fc.integer({ min: 100, max: 5000 }),
      async (units, pieces) => {
        const [key, value] = [units.toReversed().join(""), units.join("")];
        const [item] = JSON.parse(await trimmed(JSON.stringify([{ [key]: value, Id: "x" }]), { pieces }));
        const [[cutKey, cutValue] = ["", ""]] = Object.entries<string>(item);
        // Half of a character that is written in two escapes may stay.
        expect(key.startsWith(cutKey) || key.startsWith(cutKey.slice(0, -1))).toBe(true);
        expect(value.startsWith(cutValue)).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(cutValue))).toBeLessThanOrEqual(4 * KiB + 8);
        expect(item.Id).toBe("x");
      },
    ),
    { numRuns: 50 },
  );
});

it("drops the rest of what is large within an item, and nothing of the others", async () => {
  const labels = Object.fromEntries(
    Array.from({ length: 100_000 }, (_, index) => [`label-${index}`, "value"]),
  );
  const nested = { deep: [Array.from({ length: 50_000 }, () => ({ a: ["b"] })), "c"], after: "d" };
  const items = [
    image({}),
    image({ Labels: labels, Size: 2 }),
    image({ Labels: nested }),
    image({ Id: "last" }),
  ];
  const text = await trimmed(JSON.stringify(items));
  expect(text.length).toBeLessThan(200 * KiB);
  const [first, second, third, last] = JSON.parse(text);
  expect([first, last]).toEqual([items[0], items[3]]);
  expect(second).toEqual({ ...items[1], Labels: second.Labels });
  expect(labels).toMatchObject(second.Labels);
  expect(Object.keys(second.Labels).length).toBeGreaterThan(2000);
  expect(third).toEqual({ ...items[2], Labels: { deep: [third.Labels.deep[0]] } });
  expect(third.Labels.deep[0].at(-1)).toEqual({ a: ["b"] });
});

it("drops nothing of a list for the number of its items, nor of an item for the number of its members", async () => {
  const members = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`m${index}`, "value"]));
  const text = JSON.stringify([...Array.from({ length: 20_000 }, () => image({})), members]);
  expect(await trimmed(text)).toBe(text);
});

it("cuts documents that follow one another", async () => {
  const event = (labels: object) =>
    `${JSON.stringify({ Type: "container", Actor: { ID: "c", Attributes: labels } })}\n`;
  const text = await trimmed(event({ a: "x".repeat(3 * MiB) }) + event({ b: "y" }), { itemDepth: 1 });
  const [first = "", second = ""] = text.split("\n");
  expect(first.length).toBeLessThan(5 * KiB);
  expect(JSON.parse(first)).toMatchObject({ Type: "container", Actor: { ID: "c" } });
  expect(`${second}\n`).toBe(event({ b: "y" }));
});

it("refuses what is nested very deeply", async () => {
  await expect(trimmed("[".repeat(100_000))).rejects.toThrow(
    expect.objectContaining({ code: "ENGINE_MALFORMED" }),
  );
});

it("passes on what is no JSON, for its reader to refuse", async () => {
  for (const text of ["]]]]{", '"', '{"a":"\\', "nothing", "\u{1f4a3}", ""])
    expect(await trimmed(text)).toBe(text);
});
