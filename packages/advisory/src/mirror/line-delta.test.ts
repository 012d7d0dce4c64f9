import { array, assert, asyncProperty, string } from "fast-check";
import { expect, it } from "vitest";
import { AdvisoryError } from "../errors.ts";
import { applyDelta, type Lines, makeDelta } from "./line-delta.ts";

const lines = array(string({ unit: "binary", maxLength: 3 }), { maxLength: 30 }).map((texts) =>
  sorted(texts.map((text) => text.replaceAll("\n", " "))),
);

function sorted(texts: readonly string[]): readonly Buffer[] {
  const buffers = [...new Set(texts)].map((text) => Buffer.from(text)).sort(Buffer.compare);
  // Half of a surrogate pair is no text, and becomes what others become.
  return buffers.filter((line, index) => index === 0 || !line.equals(buffers[index - 1] ?? line));
}

async function all(source: Lines): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const line of source) found.push(line.toString("hex"));
  return found;
}

it("leads from any lines to any others", async () => {
  await assert(
    asyncProperty(lines, lines, async (before, after) => {
      expect(await all(applyDelta(before, makeDelta(before, after)))).toEqual(await all(after));
    }),
    { numRuns: 200 },
  );
});

it("says no more than what differs", async () => {
  const before = sorted(["a", "b", "c", "d", "e"]);
  const after = sorted(["a", "b", "bb", "d", "e"]);
  const found: string[] = [];
  for await (const line of makeDelta(before, after)) found.push(line.toString());
  expect(found).toEqual(["=2", "+bb", "-1", "=2"]);
});

it.each([
  ["ends before the lines do", ["=1"]],
  ["goes on after the lines", ["=3"]],
  ["keeps none", ["=0", "=2"]],
  ["counts without end", ["=99999999999"]],
  ["counts backwards", ["=-1"]],
  ["says something else", ["=2", "?"]],
  ["says nothing", ["=2", ""]],
])("refuses a delta that %s", async (_, delta) => {
  const applied = all(
    applyDelta(
      sorted(["a", "b"]),
      delta.map((line) => Buffer.from(line)),
    ),
  );
  await expect(applied).rejects.toMatchObject({ code: "MIRROR_MALFORMED" });
  await expect(applied).rejects.toBeInstanceOf(AdvisoryError);
});
