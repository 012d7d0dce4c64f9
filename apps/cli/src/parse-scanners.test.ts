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
  [false, false, undefined, undefined],
  [true, false, undefined, "vuln,secret"],
  [false, true, undefined, "vuln,license"],
  [true, true, undefined, "vuln,secret,license"],
  [true, true, "vuln", "vuln"],
  [false, false, "vuln,secret", "vuln,secret"],
])(
  "looks for what policies that use secrets (%j) and licences (%j) ask for, unless told (%j)",
  (usesSecrets, usesLicenses, scanners, names) => {
    expect(scannersFor({ usesSecrets, usesLicenses }, { scanners })).toBe(names);
  },
);
