import type { ScanReport } from "@pratique/core";
import { expect, it } from "vitest";
import { cyclonedx } from "./formats/cyclonedx/cyclonedx.ts";
import { gitlab } from "./formats/gitlab/gitlab.ts";
import { html } from "./formats/html/html.ts";
import { json } from "./formats/json/json.ts";
import { junit } from "./formats/junit/junit.ts";
import { markdown } from "./formats/markdown/markdown.ts";
import { sarif } from "./formats/sarif/sarif.ts";
import { spdx } from "./formats/spdx/spdx.ts";
import { table } from "./formats/table/table.ts";
import { licenseSummary } from "./license-rows.ts";
import type { ReportFormat } from "./report-format.ts";
import { bomValidator } from "./testdata/bom-validator.ts";
import { clean, context, sample, withLicenses } from "./testdata/reports.ts";

const wide = { ...context, look: { width: 200, color: false } };
const SUMMARY = "4 licenses: 1 restricted, 2 notice, 1 unknown; 1 package tells none; 2 suppressed";

function textOf(format: ReportFormat, report = withLicenses): string {
  return [...format.render(report, wide)].join("");
}

it("says in the table which licences there are, the strictest first", () => {
  const lines = textOf(table)
    .split("\n")
    .map((line) => line.replaceAll(/ {2,}/gu, "  "));
  const start = lines.findIndex((line) => line.startsWith("severity  category"));
  const [openssl, libssl, pip] = sample.packages.map(({ name }) => name);
  expect(lines.slice(start, start + 6)).toEqual([
    "severity  category  license  packages",
    `high  restricted  GPL-2.0-only  ${openssl}`,
    `low  notice  ISC  ${libssl}`,
    `low  notice  MIT OR Zlib  ${libssl}`,
    expect.stringMatching(/^unknown {2}unknown {2}/u),
    expect.stringMatching(/^unknown {2}unknown {2}/u),
  ]);
  expect(lines.slice(start + 4, start + 6).sort()).toEqual([
    `unknown  unknown  Own words  ${openssl}`,
    `unknown  unknown  none is told  ${pip}`,
  ]);
  expect(lines).toContain(SUMMARY);
});

it.each<readonly [string, ScanReport, string | undefined]>([
  ["where nobody asked", sample, undefined],
  ["where there is no package", { ...clean, packages: [], licenses: [] }, "No licenses"],
])("sums up %s", (_, report, expected) => {
  expect(licenseSummary(report)).toBe(expected);
});

it("says nothing of licences where nobody asked", () => {
  for (const format of [html, json, junit, markdown, sarif, table]) {
    expect(textOf(format, sample)).not.toMatch(/licenses?\b/iu);
  }
});

it.each([table, markdown, html])("lists those that were suppressed where it is asked to: $name", (format) => {
  const [suppressed] = (withLicenses.licenses ?? []).filter((one) => one.suppressed !== undefined);
  const by = suppressed?.suppressed?.by ?? "";
  expect(by).not.toBe("");
  expect(
    [...format.render({ ...withLicenses, findings: [] }, { ...wide, showSuppressed: true })].join(""),
  ).toContain(by);
  expect([...format.render({ ...withLicenses, findings: [] }, wide)].join("")).not.toContain(by);
});

it("lists them in Markdown and HTML", () => {
  const [openssl] = sample.packages;
  expect(textOf(markdown)).toContain(`**${SUMMARY}**`);
  expect(textOf(markdown)).toContain(`| high | restricted | \`GPL-2.0-only\` | \`${openssl?.name}\` |`);
  expect(textOf(html)).toContain(`<h2 id="licenses">${SUMMARY}</h2>`);
  expect(textOf(html)).toContain(`<td>restricted</td><td>GPL-2.0-only</td><td>${openssl?.name}</td>`);
});

it("gives to code scanning what asks for more than a notice, or nobody knows", () => {
  const [run] = JSON.parse(textOf(sarif)).runs;
  const { rules } = run.tool.driver;
  const results = run.results.filter(({ ruleId }: { ruleId: string }) => ruleId.startsWith("license/"));
  expect(
    results.map(({ ruleId, ruleIndex, level }: { ruleId: string; ruleIndex: number; level: string }) => [
      ruleId,
      rules[ruleIndex].id,
      level,
    ]),
  ).toEqual([
    ["license/GPL-2.0-only", "license/GPL-2.0-only", "error"],
    ["license/Own words", "license/Own words", "warning"],
    ["license/NOASSERTION", "license/NOASSERTION", "warning"],
  ]);
});

it("fails a test in JUnit for the same, and skips what is suppressed", () => {
  const text = textOf(junit);
  const before = textOf(junit, sample);
  const count = (pattern: RegExp) =>
    [...text.matchAll(pattern)].length - [...before.matchAll(pattern)].length;
  expect([count(/<failure/gu), count(/<skipped/gu), count(/<testcase/gu)]).toEqual([3, 2, 7]);
});

it("says what GitLab's form leaves out", () => {
  expect(gitlab.remarks?.(withLicenses, wide)).toContain(
    "gitlab: 3 licenses are left out, as the format has no place for them",
  );
});

it("refers to no other document, which nobody has", () => {
  const [member] = sample.packages;
  const packages =
    member === undefined ? [] : [{ ...member, licenses: ["MIT", "DocumentRef-x:LicenseRef-y"] }];
  const document = JSON.parse(textOf(spdx, { ...sample, packages }));
  const [own] = document.hasExtractedLicensingInfos;
  expect(own).toEqual({ licenseId: expect.any(String), extractedText: "DocumentRef-x:LicenseRef-y" });
  expect(own.licenseId).toMatch(/^LicenseRef-/u);
  expect(JSON.stringify(document.packages)).toContain(`"licenseDeclared":"MIT AND ${own.licenseId}"`);
  expect(JSON.stringify(document.packages)).toContain("DocumentRef-x:LicenseRef-y");
});

it("writes them into a valid CycloneDX", () => {
  const bom = JSON.parse(textOf(cyclonedx));
  const validate = bomValidator();
  expect([validate(bom), validate.errors]).toEqual([true, null]);
  const [openssl, libssl, pip] = bom.components.slice(1);
  expect(openssl.licenses).toEqual([{ license: { id: "GPL-2.0-only" } }, { license: { name: "Own words" } }]);
  expect(libssl.licenses).toEqual([{ expression: "(MIT OR Zlib) AND ISC" }]);
  expect(pip).not.toHaveProperty("licenses");
});

it("declares them in SPDX, and gives the words of what is no identifier", () => {
  const { packages, hasExtractedLicensingInfos: extracted } = JSON.parse(textOf(spdx));
  const [openssl, libssl, pip] = packages.slice(2);
  expect(openssl.licenseDeclared).toMatch(/^GPL-2\.0-only AND LicenseRef-Own-words-[0-9a-f]{8}$/u);
  expect(extracted).toEqual([
    { licenseId: openssl.licenseDeclared.split(" ").at(-1), extractedText: "Own words" },
  ]);
  expect([libssl.licenseDeclared, pip.licenseDeclared]).toEqual(["(MIT OR Zlib) AND ISC", "NOASSERTION"]);
  expect(openssl.licenseConcluded).toBe("NOASSERTION");
});
