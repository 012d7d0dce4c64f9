import { expect, it } from "vitest";
import { jsonTextOf } from "./index.ts";

it("is written once for each value", () => {
  let written = 0;
  const counted = {
    toJSON() {
      written += 1;
      return { written };
    },
  };
  expect([jsonTextOf(counted), jsonTextOf(counted)]).toEqual(['{"written":1}', '{"written":1}']);
  expect(jsonTextOf({ ...counted })).toBe('{"written":2}');
});
