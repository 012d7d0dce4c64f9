import {
  type AssessmentReason,
  type Finding,
  type LicenseFinding,
  type Package,
  type ScanReport,
  type Secret,
  type Severity,
  secretPlace,
} from "@pratique/core";
import { reasonText, updateText } from "../../assessment-words.ts";
import { plainImageName } from "../../image-name.ts";
import { inTurn, jsonText } from "../../json-text.ts";
import { asksForMore, licenseName, type OpenLicense, openLicenses } from "../../license-rows.ts";
import { type OpenFinding, openFindings } from "../../open-findings.ts";
import type { RenderContext, ReportFormat } from "../../report-format.ts";
import { statusWords } from "../../rows.ts";
import { secretMarks, secretRows } from "../../secret-rows.ts";
import { hashOf } from "../../stable-uuid.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/** GitHub refuses a run with more (docs.github.com, "SARIF results exceed limits"); it allows as many rules. */
const MAX_RESULTS = 25_000;
/** The longest description that GitHub takes. */
const MAX_DESCRIPTION = 1024;
const ROOT = "ROOTPATH";

/**
 * SARIF 2.1.0 as GitHub's code scanning takes it: one rule for each vulnerability with its `security-severity`, a
 * place for each result that is relative to the image's root, and fingerprints that stay the same while a finding
 * does. Licences that ask for no more than a notice are nothing to mend. Suppressed findings are left out: code scanning would show them as open.
 */
export const sarif: ReportFormat = {
  name: "sarif",
  description: "SARIF 2.1.0, for GitHub code scanning and editors",
  render: (report, context) => jsonText(logOf(report, context)),
  remarks: (report) => {
    const cut = cutText(
      openFindings(report).length + (secretRows(report)?.length ?? 0) + wrongLicenses(report).length,
    );
    return cut === undefined ? [] : [`sarif: ${cut}`];
  },
};

function logOf(report: ScanReport, context: RenderContext): object {
  const open = openFindings(report);
  const openSecrets = secretRows(report) ?? [];
  const secrets = openSecrets.slice(0, MAX_RESULTS);
  // Secrets are few, and none of them is worth less than the last of so many findings.
  const shown = open.slice(0, MAX_RESULTS - secrets.length);
  const openWrong = wrongLicenses(report);
  const licenses = openWrong.slice(0, MAX_RESULTS - secrets.length - shown.length);
  const rules = rulesOf(shown);
  const secretRules = secretRulesOf(secrets, rules.size);
  const licenseRules = licenseRulesOf(licenses, rules.size + secretRules.size);
  const cut = cutText(open.length + openSecrets.length + openWrong.length);
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Pratique",
            semanticVersion: context.version,
            rules: inTurn(descriptors(rules, secretRules, licenseRules)),
          },
        },
        automationDetails: { id: `pratique/${plainImageName(report.target)}/` },
        invocations: [
          {
            executionSuccessful: report.assessment.state !== "none",
            endTimeUtc: report.scannedAt,
            toolExecutionNotifications: [
              ...(cut === undefined ? [] : [{ level: "error", message: { text: cut } }]),
              ...report.assessment.reasons.map(notificationOf),
            ],
          },
        ],
        originalUriBaseIds: { [ROOT]: { uri: "file:///", description: { text: "The root of the image." } } },
        columnKind: "utf16CodeUnits",
        properties: { reference: report.target.reference, digest: report.target.digest },
        results: inTurn(results({ shown, rules, report, secrets, secretRules, licenses, licenseRules })),
      },
    ],
  };
}

function cutText(count: number): string | undefined {
  if (count <= MAX_RESULTS) return undefined;
  return `only the worst ${MAX_RESULTS} of ${count} findings are given: code scanning takes no more; narrow them with --severity`;
}

interface Rule {
  readonly index: number;
  readonly finding: Finding;
}

/** By id; what is worst comes first, so a rule is as severe as the worst finding that it has. */
function rulesOf(shown: readonly OpenFinding[]): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const { finding } of shown) {
    if (!rules.has(finding.id)) rules.set(finding.id, { index: rules.size, finding });
  }
  return rules;
}

interface SecretRule {
  readonly index: number;
  readonly secret: Secret;
}

/** By rule, in the order of the worst of each, behind the rules of vulnerabilities. */
function secretRulesOf(secrets: readonly Secret[], start: number): ReadonlyMap<string, SecretRule> {
  const rules = new Map<string, SecretRule>();
  for (const secret of secrets) {
    if (!rules.has(secret.rule)) rules.set(secret.rule, { index: start + rules.size, secret });
  }
  return rules;
}

interface LicenseRule {
  readonly index: number;
  readonly finding: LicenseFinding;
}

function wrongLicenses(report: ScanReport): readonly OpenLicense[] {
  return openLicenses(report).filter(({ finding }) => asksForMore(finding));
}

/** By licence, behind the rules of secrets. */
function licenseRulesOf(licenses: readonly OpenLicense[], start: number): ReadonlyMap<string, LicenseRule> {
  const rules = new Map<string, LicenseRule>();
  for (const { finding } of licenses) {
    if (!rules.has(finding.license)) rules.set(finding.license, { index: start + rules.size, finding });
  }
  return rules;
}

function* descriptors(
  rules: ReadonlyMap<string, Rule>,
  secretRules: ReadonlyMap<string, SecretRule>,
  licenseRules: ReadonlyMap<string, LicenseRule>,
): Generator<object> {
  yield* descriptorsOf(rules.values());
  for (const { secret } of secretRules.values()) yield secretDescriptor(secret);
  for (const { finding } of licenseRules.values()) yield licenseDescriptor(finding);
}

interface Results {
  readonly shown: readonly OpenFinding[];
  readonly rules: ReadonlyMap<string, Rule>;
  readonly report: ScanReport;
  readonly secrets: readonly Secret[];
  readonly secretRules: ReadonlyMap<string, SecretRule>;
  readonly licenses: readonly OpenLicense[];
  readonly licenseRules: ReadonlyMap<string, LicenseRule>;
}

function* results(of: Results): Generator<object> {
  yield* resultsOf(of.shown, of.rules, of.report);
  yield* secretResults(of);
  yield* licenseResults(of);
}

function* licenseResults({ licenses, licenseRules, report }: Results): Generator<object> {
  const image = plainImageName(report.target);
  const seen = new Map<string, number>();
  for (const { finding, owner } of licenses) {
    const { license, category, severity } = finding;
    const uri = uriOf(owner.paths[0]) ?? image;
    const hash = hashOf([license, owner.type, owner.name, uri]).slice(0, 16);
    const occurrence = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, occurrence);
    const text = `${owner.name} ${owner.version} has the license ${licenseName(license)} (${category})`;
    yield {
      ruleId: licenseRuleId(license),
      ruleIndex: licenseRules.get(license)?.index,
      level: levels[severity],
      message: { text },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri, uriBaseId: ROOT }, region: { startLine: 1 } },
          logicalLocations: [{ fullyQualifiedName: owner.id, kind: "module" }],
        },
      ],
      partialFingerprints: { primaryLocationLineHash: `${hash}:${occurrence}` },
      properties: { purl: owner.purl, severity, category, layer: owner.layer },
    };
  }
}

function licenseDescriptor({ license, category, severity }: LicenseFinding): object {
  const name = licenseName(license);
  return {
    id: licenseRuleId(license),
    name: "License",
    shortDescription: { text: clip(`License: ${name}`) },
    fullDescription: { text: clip(`The license ${name} is in the category ${category}.`) },
    help: { text: "Ask whoever answers for licenses whether what it asks for can be given." },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      "security-severity": scores[severity],
      tags: [...new Set(["license", category, severity])],
    },
  };
}

/** Words of a package may be as long as they like. */
function licenseRuleId(license: string): string {
  return `license/${license.length <= 100 ? license : hashOf([license]).slice(0, 16)}`;
}

function* secretResults({ report, secrets, secretRules }: Results): Generator<object> {
  const seen = new Map<string, number>();
  for (const secret of secrets) {
    const uri = uriOf(secret.path) ?? plainImageName(report.target);
    const hash = hashOf([secret.rule, uri, secret.fingerprint]).slice(0, 16);
    const occurrence = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, occurrence);
    const { severity, title, match, confidence, where, layer, deleted } = secret;
    const marks = secretMarks(secret).map((mark) => `; ${mark}`);
    yield {
      ruleId: `secret/${secret.rule}`,
      ruleIndex: secretRules.get(secret.rule)?.index,
      level: levels[severity],
      message: { text: `${title} in ${secretPlace(secret)}: ${match}${marks.join("")}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri, uriBaseId: ROOT },
            region: { startLine: where === "layer" ? (secret.line ?? 1) : 1 },
          },
        },
      ],
      partialFingerprints: { primaryLocationLineHash: `${hash}:${occurrence}` },
      properties: { severity, confidence, where, layer, deleted },
    };
  }
}

function secretDescriptor({ rule, title, severity }: Secret): object {
  return {
    id: `secret/${rule}`,
    name: "Secret",
    shortDescription: { text: clip(title) },
    fullDescription: { text: clip(`${title}: whoever may pull the image can read it.`) },
    help: { text: "Revoke it, take it out of every layer, and hand it in when the container starts." },
    defaultConfiguration: { level: levels[severity] },
    properties: { "security-severity": scores[severity], tags: ["security", "secret", severity] },
  };
}

function* descriptorsOf(rules: Iterable<Rule>): Generator<object> {
  for (const { finding } of rules) {
    const { id, severity, title } = finding;
    const page = vulnerabilityPage(id);
    yield {
      id,
      name: "KnownVulnerability",
      shortDescription: { text: clip(title === undefined ? id : `${id}: ${title}`) },
      fullDescription: { text: clip(title ?? `The vulnerability ${id}.`) },
      helpUri: page,
      help: { text: `${id}: ${page}`, markdown: `[${id.replaceAll(/[[\]\\<>*_`]/gu, "\\$&")}](${page})` },
      defaultConfiguration: { level: levels[severity] },
      properties: {
        "security-severity": scores[severity],
        tags: ["security", "vulnerability", severity, ...(finding.knownExploited ? ["known-exploited"] : [])],
      },
    };
  }
}

const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
  negligible: "note",
  unknown: "warning",
};

/** One score from the middle of each of GitHub's bands; what nobody has rated counts as medium, never as harmless. */
const scores: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "2.0",
  negligible: "0.1",
  unknown: "5.0",
};

function* resultsOf(
  shown: readonly OpenFinding[],
  rules: ReadonlyMap<string, Rule>,
  { target }: ScanReport,
): Generator<object> {
  const seen = new Map<string, number>();
  const image = plainImageName(target);
  for (const { finding, owner } of shown) {
    const uri = uriOf(owner.paths[0]) ?? image;
    const hash = hashOf([finding.id, owner.type, owner.name, uri]).slice(0, 16);
    const occurrence = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, occurrence);
    yield {
      ruleId: finding.id,
      ruleIndex: rules.get(finding.id)?.index,
      level: levels[finding.severity],
      message: { text: messageOf(finding, owner) },
      locations: [
        {
          physicalLocation: { artifactLocation: { uri, uriBaseId: ROOT }, region: { startLine: 1 } },
          logicalLocations: [{ fullyQualifiedName: owner.id, kind: "module" }],
        },
      ],
      // The form of code scanning's own: a hash, and the how-manieth of its kind.
      partialFingerprints: { primaryLocationLineHash: `${hash}:${occurrence}` },
      properties: {
        purl: owner.purl,
        severity: finding.severity,
        status: finding.status,
        fixedVersion: finding.fixedVersion,
        knownExploited: finding.knownExploited,
        epss: finding.epss,
        aliases: finding.aliases,
        source: finding.source,
        advisory: finding.advisory,
        confidence: finding.confidence,
        layer: owner.layer,
      },
    };
  }
}

function messageOf(finding: Finding, owner: Package): string {
  const what = `${owner.name} ${owner.version} has ${finding.id}`;
  const fix =
    finding.fixedVersion === undefined
      ? statusWords[finding.status]
      : updateText(owner, finding.fixedVersion);
  return `${what} (${finding.severity}): ${fix}`;
}

/** A path of the image as a relative reference (RFC 3986 section 4.2): no scheme, no root, no way up. */
function uriOf(path: string | undefined): string | undefined {
  const segments = (path ?? "").split("/").filter((segment) => segment !== "" && !/^\.{1,2}$/u.test(segment));
  if (segments.length === 0) return undefined;
  return segments.map((segment) => encodeURIComponent(segment.toWellFormed())).join("/");
}

function notificationOf(reason: AssessmentReason): object {
  return { level: "warning", descriptor: { id: reason.code }, message: { text: reasonText(reason) } };
}

function clip(text: string): string {
  return text.length <= MAX_DESCRIPTION ? text : `${text.slice(0, MAX_DESCRIPTION - 1).toWellFormed()}…`;
}
