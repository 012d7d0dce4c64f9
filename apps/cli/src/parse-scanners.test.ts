import { expect, it } from "vitest";
import { parseScanners } from "./parse-scanners.ts";

it("looks for vulnerabilities where nobody says what else", () => {
  expect(parseScanners(undefined)).toEqual(["vuln"]);
  expect(parseScanners("vuln, secret")).toEqual(["vuln", "secret"]);
});

it.each([
  ["secrets", 'expected vuln or secret, found "secrets"'],
  ["", 'expected vuln or secret, found ""'],
  ["secret", "cannot leave out vuln"],
])("refuses %j", (text, message) => {
  expect(() => parseScanners(text)).toThrow(message);
});
