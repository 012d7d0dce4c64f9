import { ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { faultOf } from "../database/limits.ts";
import { canonicalPackageName } from "../package-name.ts";
import { expandStarter } from "./expand.ts";
import { openStarter } from "./starter.ts";
import { starterVulnerabilities } from "./vulnerabilities.ts";

const advisories = expandStarter(starterVulnerabilities);

it("names each vulnerability once, with sound names and versions", () => {
  const ids = starterVulnerabilities.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThanOrEqual(100);
  for (const advisory of advisories) {
    expect(faultOf(advisory)).toBeUndefined();
    expect(canonicalPackageName(advisory.ecosystem, advisory.package)).toBe(advisory.package);
    expect(advisory.status === "fixed").toBe(advisory.ranges.some(({ fixed }) => fixed !== undefined));
  }
});

it.each([
  ["Debian:7", "bash", "CVE-2014-6271"],
  ["Debian:10", "apache-log4j2", "CVE-2021-44228"],
  ["Debian:12", "glibc", "CVE-2023-4911"],
  ["Debian:12", "openssh", "CVE-2024-6387"],
  ["Alpine:v3.15", "zlib", "CVE-2022-37434"],
  ["npm", "lodash", "CVE-2021-23337"],
  ["npm", "ua-parser-js", "GHSA-pjwm-rvh2-c87w"],
  ["PyPI", "PyYAML", "CVE-2020-14343"],
  ["PyPI", "Jinja2", "CVE-2019-10906"],
])("knows %s %s: %s", (of, name, id) => {
  const starter = openStarter();
  expect(starter.lookUp(ecosystem(of), name).map((advisory) => advisory.id)).toContain(id);
  expect(starter.coverage(ecosystem(of))).toBe("starter");
  expect(starter.details(id)?.title).toBeDefined();
});

it("says that the releases of Debian never had the backdoor in xz", () => {
  expect(openStarter().lookUp(ecosystem("Debian:12"), "xz-utils")).toContainEqual(
    expect.objectContaining({ id: "CVE-2024-3094", ranges: [] }),
  );
});

it.each([
  ["1.3", [{ fixed: "1.3" }], undefined],
  ["0.2.1 1.0.0..1.2.3", [{ fixed: "0.2.1" }, { introduced: "1.0.0", fixed: "1.2.3" }], undefined],
  ["1.0..=1.9", [{ introduced: "1.0", lastAffected: "1.9" }], undefined],
  ["..=1.9", [{ lastAffected: "1.9" }], undefined],
  ["2.0..", [{ introduced: "2.0" }], undefined],
  ["=1.1 =1.3", [], ["1.1", "1.3"]],
  ["open", [{}], undefined],
  ["none", [], undefined],
])("reads the range %j", (text, ranges, versions) => {
  const [advisory] = expandStarter([{ id: "CVE-2000-0001", title: "x", severity: "low", npm: { a: text } }]);
  expect(advisory?.ranges).toEqual(ranges);
  expect(advisory?.versions).toEqual(versions);
});
