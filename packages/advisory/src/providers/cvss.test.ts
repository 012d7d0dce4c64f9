import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { rateVector } from "./cvss.ts";

/** Scores that FIRST publishes with the standards (https://www.first.org/cvss/examples) and that NVD shows. */
it.each([
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10, "critical"],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "critical"],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, "high"],
  ["CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8, "high"],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium"],
  ["CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, "low"],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, "negligible"],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U", 9.8, "critical"],
  ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10, "critical"],
  ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3, "critical"],
  ["AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5, "high"],
  ["AV:N/AC:L/Au:N/C:C/I:C/A:C", 10, "critical"],
])("rates %s", (vector, score, severity) => {
  expect(rateVector(vector)).toMatchObject({ vector, score, severity });
});

it.each([
  ["half a vector", "CVSS:3.1/AV:N/AC:L"],
  ["a value that does not exist", "CVSS:3.1/AV:Z/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"],
  ["a version of the future", "CVSS:9.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"],
  ["a score", "9.8"],
  ["a word", "HIGH"],
  ["too long a text", `CVSS:3.1/${"AV:N/".repeat(200)}AC:L`],
  ["nothing", ""],
])("does not rate %s", (_, vector) => {
  expect(rateVector(vector)).toBeUndefined();
});

it("never throws", () => {
  assert(
    property(string(), (text) => {
      const rated = rateVector(`CVSS:3.1/${text}`);
      return rated === undefined || (rated.score >= 0 && rated.score <= 10);
    }),
  );
});
