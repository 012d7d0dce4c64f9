import { expect, it } from "vitest";
import { compareSeverity, parseSeverity, severities, severityOfScore } from "./severity.ts";

it("orders the worst first", () => {
  expect(severities.toReversed().sort(compareSeverity)).toEqual(severities);
});

it("reads any case, and names the choices when it cannot", () => {
  expect(parseSeverity("CRITICAL")).toBe("critical");
  expect(() => parseSeverity("awful")).toThrow(/expected one of critical, high/u);
});

it.each([
  [10, "critical"],
  [9, "critical"],
  [8.9, "high"],
  [6.9, "medium"],
  [3.9, "low"],
  [0, "negligible"],
])("rates a score of %d as %s", (score, severity) => {
  expect(severityOfScore(score)).toBe(severity);
});
