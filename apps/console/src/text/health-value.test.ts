import { expect, it } from "vitest";
import { healthTermOf } from "./health-value.ts";

it.each([
  ["pingMs", "Ping", "ms"],
  ["oldestAgeSeconds", "Oldest age", "s"],
  ["ownDaysLeft", "Own", "days left"],
  ["keys.agents", "Keys: agents", ""],
  ["set_aside", "Set aside", ""],
])("calls %s %s, in %s", (key, term, unit) => {
  expect(healthTermOf(key)).toEqual({ term, unit });
});
