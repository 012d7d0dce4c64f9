import type { Finding, Package, ScanReport, Severity } from "@pratique/core";
import { reasonText, updateOf } from "../../assessment-words.ts";
import { inTurn, jsonText } from "../../json-text.ts";
import { licensesLeftOut } from "../../license-rows.ts";
import { codeSpan } from "../../markdown-text.ts";
import { openFindings } from "../../open-findings.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";
import { statusWords } from "../../rows.ts";
import { secretsLeftOut } from "../../secret-rows.ts";
import { stableUuid } from "../../stable-uuid.ts";
import { identifierKind, vulnerabilityPage } from "../../vulnerability-page.ts";

/** Of GitLab's security report schemas, container-scanning-report-format. */
const SCHEMA_VERSION = "15.2.1";
/** The longest name, description and solution that the schema allows. */
const MAX_NAME = 255;
const MAX_DESCRIPTION = 1_048_576;
const MAX_SOLUTION = 7000;

/** GitLab's container scanning report, for `artifacts:reports:container_scanning`. Suppressed findings are left out. */
export const gitlab: ReportFormat = {
  name: "gitlab",
  description: "GitLab's container scanning report",
  render: (report, context) => jsonText(reportOf(report, context)),
  remarks: (report) => [...secretsLeftOut("gitlab", report), ...licensesLeftOut("gitlab", report)],
};

function reportOf(report: ScanReport, { version }: RenderContext): object {
  // To the second, and without a zone.
  const time = report.scannedAt.slice(0, "2026-01-01T00:00:00".length);
  const tool = { id: "pratique", name: "Pratique", version, vendor: { name: "Pratique" } };
  return {
    version: SCHEMA_VERSION,
    scan: {
      analyzer: tool,
      scanner: tool,
      type: "container_scanning",
      start_time: time,
      end_time: time,
      status: report.assessment.state === "none" ? "failure" : "success",
      messages: [
        ...report.assessment.reasons.map((reason) => `${reason.code}: ${reasonText(reason)}`),
        ...secretsLeftOut("secrets", report),
      ].map((value) => ({ level: "warn", value })),
    },
    vulnerabilities: inTurn(vulnerabilitiesOf(report)),
    remediations: [],
  };
}

function* vulnerabilitiesOf(report: ScanReport): Generator<object> {
  const { target } = report;
  const distro = target.distro === undefined ? "" : `${target.distro.id} ${target.distro.version}`.trim();
  for (const { finding, owner } of openFindings(report)) {
    yield {
      id: stableUuid([target.reference, finding.id, owner.id]),
      name: clip(finding.title ?? finding.id, MAX_NAME),
      description: clip(descriptionOf(finding, owner), MAX_DESCRIPTION),
      severity: severityWords[finding.severity],
      solution: clip(solutionOf(finding, owner), MAX_SOLUTION),
      identifiers: [finding.id, ...finding.aliases].map(identifierOf),
      links: [{ url: vulnerabilityPage(finding.id) }],
      location: {
        dependency: { package: { name: owner.name }, version: owner.version },
        operating_system: distro === "" ? "unknown" : distro,
        image: target.reference,
      },
    };
  }
}

const severityWords: Readonly<Record<Severity, string>> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
  negligible: "Info",
  unknown: "Unknown",
};

/** GitLab reads both as Markdown, so what comes from outside stands in code. */
function descriptionOf(finding: Finding, owner: Package): string {
  const exploited = finding.knownExploited ? " It is known to be exploited." : "";
  return `${codeSpan(owner.name)} ${codeSpan(owner.version)} has ${codeSpan(finding.id)}, by ${codeSpan(finding.source)}.${exploited}`;
}

function solutionOf({ status, fixedVersion }: Finding, owner: Package): string {
  if (fixedVersion === undefined) return `There is nothing to update to: ${statusWords[status]}.`;
  const { name, version, built } = updateOf(owner);
  const from = built === undefined ? "" : `, built from ${codeSpan(built)},`;
  return `Update ${codeSpan(name)}${from} from ${codeSpan(version)} to ${codeSpan(fixedVersion)}.`;
}

function identifierOf(id: string): object {
  return { type: identifierKind(id), name: id, value: id, url: vulnerabilityPage(id) };
}

function clip(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).toWellFormed()}…`;
}
