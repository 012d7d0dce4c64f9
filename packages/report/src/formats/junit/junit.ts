import {
  type Finding,
  type LicenseFinding,
  type Package,
  type ScanReport,
  type Secret,
  type Suppressed,
  secretPlace,
} from "@pratique/core";
import { assessmentWords, reasonText, updateText } from "../../assessment-words.ts";
import { asksForMore, licenseName } from "../../license-rows.ts";
import type { ReportFormat } from "../../report-format.ts";
import { statusWords } from "../../rows.ts";
import { secretMarks } from "../../secret-rows.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";
import { xmlText } from "../../xml-text.ts";

/**
 * JUnit's XML, for which there is no standard: as Jenkins and GitLab read it. Each finding is a test that failed, a
 * suppressed one was skipped, and the assessment is a test of its own, so that an image that nothing could be said
 * of does not pass for want of tests.
 */
export const junit: ReportFormat = {
  name: "junit",
  description: "JUnit XML, a failed test for each finding",
  render: textOf,
};

function* textOf(report: ScanReport): Generator<string> {
  const { target, assessment, findings, secrets = [], licenses = [], scannedAt } = report;
  // A licence that asks for no more than a notice is a test that passed.
  const wrong = [...findings, ...secrets, ...licenses.filter(asksForMore)];
  const skipped = wrong.filter(({ suppressed }) => suppressed !== undefined).length;
  const counts = attributes({
    tests: findings.length + secrets.length + licenses.length + 1,
    failures: wrong.length - skipped,
    errors: assessment.state === "complete" ? 0 : 1,
  });
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield `<testsuites${attributes({ name: "pratique" })}${counts}>\n`;
  const suite = attributes({ name: target.reference, timestamp: scannedAt.slice(0, 19), skipped });
  yield `  <testsuite${suite}${counts}>\n`;
  yield assessmentCase(report);
  const owners = new Map(report.packages.map((member) => [member.id, member]));
  for (const finding of findings) yield findingCase(finding, owners.get(finding.packageId));
  for (const secret of secrets) yield secretCase(secret);
  for (const license of licenses) yield licenseCase(license, owners.get(license.packageId));
  yield "  </testsuite>\n</testsuites>\n";
}

function assessmentCase({ assessment }: ScanReport): string {
  const start = `    <testcase${attributes({ classname: "assessment", name: "could be assessed" })}`;
  if (assessment.state === "complete") return `${start}/>\n`;
  const error = attributes({ message: assessmentWords[assessment.state], type: assessment.state });
  const reasons = assessment.reasons
    .map((reason) => xmlText(`${reason.code}: ${reasonText(reason)}`))
    .join("\n");
  return `${start}>\n      <error${error}>${reasons}</error>\n    </testcase>\n`;
}

function findingCase(finding: Finding, owner: Package | undefined): string {
  const { id, packageId, severity, suppressed } = finding;
  const classname = owner === undefined ? packageId : `${owner.type}:${owner.name}@${owner.version}`;
  const start = `    <testcase${attributes({ classname, name: id })}>\n      `;
  const end = "\n    </testcase>\n";
  if (suppressed !== undefined) return `${start}${skippedBy(suppressed)}${end}`;
  const message = `${severity}: ${id} in ${owner?.name ?? packageId} ${owner?.version ?? ""}`.trimEnd();
  return `${start}<failure${attributes({ message, type: severity })}>${xmlText(detailOf(finding, owner))}</failure>${end}`;
}

function secretCase(secret: Secret): string {
  const { rule, title, severity, match, suppressed } = secret;
  const place = secretPlace(secret);
  const start = `    <testcase${attributes({ classname: `secret:${place}`, name: rule })}>\n      `;
  const end = "\n    </testcase>\n";
  if (suppressed !== undefined) return `${start}${skippedBy(suppressed)}${end}`;
  const message = attributes({ message: `${severity}: ${title} in ${place}`, type: severity });
  const detail = xmlText([title, match, ...secretMarks(secret)].join("; "));
  return `${start}<failure${message}>${detail}</failure>${end}`;
}

function licenseCase(finding: LicenseFinding, owner: Package | undefined): string {
  const { license, category, severity, packageId, suppressed } = finding;
  const named = owner === undefined ? packageId : `${owner.type}:${owner.name}@${owner.version}`;
  const start = `    <testcase${attributes({ classname: `license:${named}`, name: license })}`;
  if (!asksForMore(finding)) return `${start}/>\n`;
  const end = "\n    </testcase>\n";
  if (suppressed !== undefined) return `${start}>\n      ${skippedBy(suppressed)}${end}`;
  const message = `${category}: ${licenseName(license)} in ${owner?.name ?? packageId}`;
  return `${start}>\n      <failure${attributes({ message, type: severity })}/>${end}`;
}

function skippedBy({ by }: Pick<Suppressed, "by">): string {
  return `<skipped${attributes({ message: `suppressed by ${by}` })}/>`;
}

function detailOf(
  { id, title, status, fixedVersion, knownExploited }: Finding,
  owner: Package | undefined,
): string {
  const fix =
    fixedVersion === undefined || owner === undefined ? statusWords[status] : updateText(owner, fixedVersion);
  const parts = [title, fix, knownExploited ? "known to be exploited" : undefined, vulnerabilityPage(id)];
  return parts.filter((part) => part !== undefined).join("; ");
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join("");
}
