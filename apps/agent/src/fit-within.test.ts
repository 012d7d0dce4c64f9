import * as fc from "fast-check";
import { expect, it } from "vitest";
import { fitWithin, sizeOf } from "./fit-within.ts";

const cut = ([text = ""]: readonly string[], maxBytes: number) => [text.slice(0, Math.max(maxBytes - 4, 0))];
const text = (length: number): readonly string[] => ["x".repeat(length)];

it("leaves what fits as it is", () => {
  const items = [text(10), text(500), text(0)];
  expect(fitWithin(items, 1000, cut)).toEqual(items);
});

it("cuts the large ones to the same size, and none of the small", () => {
  const fitted = fitWithin([text(5), text(5000), text(7), text(900)], 1000, cut);
  expect(fitted.map(([each = ""]) => each.length)).toEqual([5, 484, 7, 484]);
});

it("fits whatever there is, where each can be cut as far as that", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 3000 }), { maxLength: 50 }),
      fc.integer({ min: 200 }),
      (lengths, max) => {
        const items = lengths.map(text);
        const fitted = fitWithin(items, max, cut);
        expect(sizeOf(fitted) - 2).toBeLessThanOrEqual(max);
        for (const [index, item] of fitted.entries())
          expect(items[index]?.[0]?.startsWith(item[0] ?? "")).toBe(true);
      },
    ),
  );
});
