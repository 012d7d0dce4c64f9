import { expect, it } from "vitest";
import { droppedRecords } from "./dropped-records.ts";

it("counts what found no room in the kernel and what nobody read in time, and nothing else", () => {
  const events = { told: { 1: 900 }, lost: { 1: 3, 7: 4 }, suppressed: 50 };
  expect(droppedRecords({ unsent: { 2: 5 }, events, hold: { held: 8 } })).toBe(12);
});

it.each([undefined, null, {}, { events: null, unsent: [] }, { events: { lost: "many" } }])(
  "has none where nothing was counted: %j",
  (counters) => {
    expect(droppedRecords(counters)).toBe(0);
  },
);
