import { expect, it } from "vitest";
import { parseScanners, scannersFor } from "./parse-scanners.ts";

it("looks for vulnerabilities where nobody says what else", () => {
  expect(parseScanners(undefined)).toEqual(["vuln"]);
  expect(parseScanners("vuln, secret")).toEqual(["vuln", "secret"]);
  expect(parseScanners("vuln,license,secret")).toEqual(["vuln", "license", "secret"]);
});

it.each([
  ["secrets", 'expected vuln, secret, license, found "secrets"'],
  ["", 'expected vuln, secret, license, found ""'],
  ["secret", "cannot leave out vuln"],
])("refuses %j", (text, message) => {
  expect(() => parseScanners(text)).toThrow(message);
});

it.each([
  [false, undefined, undefined],
  [true, undefined, "vuln,secret"],
  [true, "vuln", "vuln"],
  [false, "vuln,secret", "vuln,secret"],
])(
  "looks for what policies that use secrets (%j) ask for, unless told (%j)",
  (usesSecrets, scanners, names) => {
    expect(scannersFor({ usesSecrets }, { scanners })).toBe(names);
  },
);
