import { expect, it } from "vitest";
import { isRecent } from "./index.ts";

it.each([
  ["now", 0, true],
  ["as long ago as that, less one", -999, true],
  ["as long ago as that", -1000, false],
  ["by a clock that is a little ahead", 999, true],
  ["by a clock that was years ahead", 3653 * 86_400_000, false],
])("what was %s", (_, agoMs, expected) => {
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  expect(isRecent(nowMs + agoMs, { nowMs, withinMs: 1000 })).toBe(expected);
});
