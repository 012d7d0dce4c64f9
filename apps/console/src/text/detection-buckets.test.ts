import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { bucketsOf, sumOf } from "./detection-buckets.ts";

const none = sumOf([]);
const NOW = Date.parse("2026-11-24T12:34:56.000Z");
const HOUR_MS = 3_600_000;
const sinceOf = (span: number) => new Date(NOW - span * HOUR_MS).toISOString();
const at = (hoursAgo: number, critical: number) => ({
  hour: new Date(Math.floor(NOW / HOUR_MS) * HOUR_MS - hoursAgo * HOUR_MS).toISOString(),
  counts: { ...none, critical },
});

it("has a bar for every hour, up to the one that has begun", () => {
  const buckets = bucketsOf({ since: sinceOf(24), hours: [at(23, 1), at(0, 2)] }, { span: 24, each: 1 });
  expect(buckets.map(({ counts }) => counts.critical)).toEqual([1, ...Array<number>(22).fill(0), 2]);
  expect(buckets.at(-1)).toMatchObject({ from: "2026-11-24T12:00:00.000Z", to: "2026-11-24T13:00:00.000Z" });
});

it("leaves out the hour that is only partly within", () => {
  const buckets = bucketsOf({ since: sinceOf(24), hours: [at(24, 9)] }, { span: 24, each: 1 });
  expect(sumOf(buckets.map(({ counts }) => counts))).toEqual(none);
});

it("adds up all that is within, whatever the width of a bar", () => {
  assert(
    property(integer({ min: 0, max: 167 }), integer({ min: 0, max: 50 }), (hoursAgo, critical) => {
      const buckets = bucketsOf(
        { since: sinceOf(168), hours: [at(hoursAgo, critical)] },
        { span: 168, each: 6 },
      );
      expect(buckets).toHaveLength(28);
      expect(sumOf(buckets.map(({ counts }) => counts)).critical).toBe(critical);
    }),
  );
});
