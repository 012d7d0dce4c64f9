import { type SoughtList, soughtLists } from "@pratique/core";
import { expect, it } from "vitest";
import { parseScanners, soughtBy } from "./parse-scanners.ts";

it.each([
  ["vuln", []],
  ["vuln, secret", ["secrets"]],
  ["license,vuln,secret", ["licenses", "secrets"]],
])("reads %j", (text, lists) => {
  expect([...parseScanners(text)]).toEqual(lists);
});

it.each([
  ["secrets", 'expected vuln, secret, license, found "secrets"'],
  ["", 'expected vuln, secret, license, found ""'],
  ["toString", 'expected vuln, secret, license, found "toString"'],
  ["secret", "cannot leave out vuln"],
])("refuses %j", (text, message) => {
  expect(() => parseScanners(text)).toThrow(message);
});

it.each<[asked: SoughtList[], configured: SoughtList[], scanners: string | undefined, sought: SoughtList[]]>([
  [[], [], undefined, []],
  [["secrets"], [], undefined, ["secrets"]],
  [["secrets"], ["licenses"], undefined, ["secrets", "licenses"]],
  [["secrets"], ["licenses"], "vuln", []],
  [[], [], "vuln,secret", ["secrets"]],
])(
  "asked for %j with %j in the configuration and --scanners %j looks for %j",
  (asked, configured, scanners, sought) => {
    const found = soughtBy({ scanners, asked: new Set(asked) }, new Set(configured));
    expect(soughtLists.filter((list) => found.has(list))).toEqual(sought);
  },
);
