import { expect, it } from "vitest";
import { readIdentifiers } from "./secdb-identifiers.ts";

it.each([
  ["CVE-2019-14904", [["CVE-2019-14904"]]],
  ["CVE_2019-2426", [["CVE-2019-2426"]]],
  ["CVE 2018-16859", [["CVE-2018-16859"]]],
  ["CVE-2017-17434-1", [["CVE-2017-17434"]]],
  ["CVE-2019-19451.patch", [["CVE-2019-19451"]]],
  ["CVE-2020-0001 (+ regression fix)", [["CVE-2020-0001"]]],
  ["CVE-2018-10103 (SMB - partially fixed, but SMB printing disabled)", [["CVE-2018-10103"]]],
  ["CVE-2016-6258 XSA-182", [["CVE-2016-6258", "XSA-182"]]],
  ["CVE-2019-5060 TALOS-2019-0844", [["CVE-2019-5060", "TALOS-2019-0844"]]],
  ["CVE-2022-1234 GHSA-2qv5-7mw5-j3cg", [["CVE-2022-1234", "GHSA-2qv5-7mw5-j3cg"]]],
  ["CVE-2018-3620 CVE-2018-3646 XSA-273", [["CVE-2018-3620"], ["CVE-2018-3646"]]],
  ["CVE-????-?????  XSA-284", [["XSA-284"]]],
  ["XSA-207", [["XSA-207"]]],
  ["ZBX-11023", [["ZBX-11023"]]],
  ["wnpa-sec-2017-18", [["wnpa-sec-2017-18"]]],
  ["GHSA-2qv5-7mw5-j3cg", [["GHSA-2qv5-7mw5-j3cg"]]],
  ["see the news", []],
  ["", []],
])("reads %j", (text, expected) => {
  expect(readIdentifiers(text).map(({ id, aliases }) => [id, ...aliases])).toEqual(expected);
});
