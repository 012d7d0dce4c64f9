import {
  type AdvisorySource,
  type AssessmentReason,
  type AssessmentState,
  compareSeverity,
  type Digest,
  type Finding,
  type FindingStatus,
  type LicenseCategory,
  type PackageType,
  type ScanReport,
  type Secret,
  type SecretCategory,
  type SecretPlace,
  type Severity,
} from "@pratique/core";

/** What policies may know of one finding. */
export interface FindingFacts {
  readonly id: string;
  readonly aliases: readonly string[];
  /** The installed package, its version and its kind. */
  readonly package: string;
  readonly version: string;
  readonly type: PackageType | "";
  readonly severity: Severity;
  readonly status: FindingStatus;
  readonly fixedVersion?: string;
  readonly knownExploited: boolean;
  readonly epss?: number;
  readonly confidence: "high" | "low";
  readonly source: string;
  readonly advisory: string;
}

/** What policies may know of one secret: enough to find and to name it, and nothing that it opens. */
export interface SecretFacts {
  readonly rule: string;
  readonly title: string;
  readonly category: SecretCategory | "";
  readonly severity: Severity;
  readonly confidence: "high" | "low";
  readonly where: SecretPlace;
  readonly path?: string;
  /** From 1. */
  readonly line?: number;
  readonly layer?: Digest;
  readonly deleted?: true;
  /** What was found, made unreadable. */
  readonly match: string;
  readonly fingerprint: string;
}

/** What policies may know of one licence, and of the packages that have it. */
export interface LicenseFacts {
  /** An expression of SPDX, a package's own words, or `NOASSERTION` for those that tell none; 512 characters at most. */
  readonly id: string;
  readonly category: LicenseCategory;
  readonly severity: Severity;
  /** Names, the first {@link MAX_PACKAGES_NAMED} of them. */
  readonly packages: readonly string[];
  readonly packageCount: number;
}

/**
 * What policies may know of an image: a slim part of its report, plain JSON, small enough to be kept by the
 * gate for every image and to be stored as evidence beside each verdict.
 */
export interface ImageFacts {
  /** As the report named it. */
  readonly reference: string;
  readonly imageId?: Digest;
  readonly digest?: Digest;
  readonly platform?: string;
  readonly distro?: { readonly id: string; readonly version: string };
  /** `user[:group]` of the image's own configuration; empty means root. */
  readonly user: string;
  /** Names of accounts, other than `root`, with the user id 0. */
  readonly rootAccounts: readonly string[];
  /** ISO 8601; absent where the image does not say. */
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly packageCount: number;
  readonly assessment: {
    readonly state: AssessmentState;
    /** All codes, and of each code at most {@link MAX_REASONS_PER_CODE} reasons. */
    readonly reasons: readonly AssessmentReason[];
    readonly advisories: readonly AdvisorySource[];
  };
  /** Suppressed findings are not among them. */
  readonly findings: readonly FindingFacts[];
  /** How many findings the user's own rules took out of the count. */
  readonly suppressedCount: number;
  /** Suppressed ones are not among them; absent where nobody looked for any. */
  readonly secrets?: readonly SecretFacts[];
  /** Suppressed ones are not among them; absent where nobody asked for any. */
  readonly licenses?: readonly LicenseFacts[];
  readonly scannedAt: string;
}

/** More than this tells a policy nothing new. */
export const MAX_REASONS_PER_CODE = 10;

/** The worst findings are kept; a report with more is partial, with the reason `LIMIT_REACHED`. */
export const MAX_FINDINGS = 20_000;

/** The worst secrets are kept; with more the report is partial, as with {@link MAX_FINDINGS}. */
export const MAX_SECRETS = 1000;

/** The strictest licences are kept; with more the report is partial, as with {@link MAX_FINDINGS}. */
export const MAX_LICENSES = 2000;

/** Characters of one licence; what is longer is a package's own words, or a list without an end. */
const MAX_LICENSE_LENGTH = 512;

/** So many packages of one licence are named. */
export const MAX_PACKAGES_NAMED = 20;

/** Takes from a report what policies may know. */
export function imageFactsOf(report: ScanReport): ImageFacts {
  const { target, config } = report;
  const counted = report.findings.filter(({ suppressed }) => suppressed === undefined);
  const findings = worst(counted);
  const secrets = report.secrets?.filter(({ suppressed }) => suppressed === undefined);
  const keptSecrets = secrets === undefined ? undefined : worstSecrets(secrets);
  const licenses = report.licenses === undefined ? undefined : licenseFactsOf(report);
  const cuts = [
    cutReason("findings", counted, MAX_FINDINGS),
    cutReason("secrets", secrets ?? [], MAX_SECRETS),
    cutReason("licenses", licenses ?? [], MAX_LICENSES),
  ].filter((reason) => reason !== undefined);
  return {
    reference: target.reference,
    ...(target.imageId !== undefined && { imageId: target.imageId }),
    ...(target.digest !== undefined && { digest: target.digest }),
    ...(target.platform !== undefined && { platform: target.platform }),
    ...(target.distro !== undefined && {
      distro: { id: target.distro.id, version: target.distro.version },
    }),
    user: config?.user ?? "",
    rootAccounts: report.rootAccounts,
    ...(config?.created !== undefined && { created: config.created }),
    labels: config?.labels ?? {},
    packageCount: report.packages.length,
    assessment: assessmentOf(report, cuts),
    findings: findingFactsOf(findings, report),
    suppressedCount: report.findings.length - counted.length,
    ...(keptSecrets !== undefined && { secrets: keptSecrets.map(secretFactsOf) }),
    ...(licenses !== undefined && { licenses: licenses.slice(0, MAX_LICENSES) }),
    scannedAt: report.scannedAt,
  };
}

function worst(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= MAX_FINDINGS) return findings;
  const exploitedFirst = (finding: Finding): number => (finding.knownExploited ? 0 : 1);
  return findings
    .toSorted(
      (left, right) =>
        exploitedFirst(left) - exploitedFirst(right) || compareSeverity(left.severity, right.severity),
    )
    .slice(0, MAX_FINDINGS);
}

function worstSecrets(secrets: readonly Secret[]): readonly Secret[] {
  if (secrets.length <= MAX_SECRETS) return secrets;
  const surest = ({ confidence }: Secret): number => (confidence === "high" ? 0 : 1);
  return secrets
    .toSorted((left, right) => compareSeverity(left.severity, right.severity) || surest(left) - surest(right))
    .slice(0, MAX_SECRETS);
}

function cutReason(noun: string, all: readonly unknown[], most: number): AssessmentReason | undefined {
  if (all.length <= most) return undefined;
  const message = `${all.length - most} ${noun} beyond the first ${most} were left out`;
  return { code: "LIMIT_REACHED", message };
}

/** What was cut away here could have broken a rule, so an image that lost some of it is not complete. */
function assessmentOf(report: ScanReport, cuts: readonly AssessmentReason[]): ImageFacts["assessment"] {
  const { state, advisories } = report.assessment;
  const reasons = fewPerCode(report.assessment.reasons);
  if (cuts.length === 0) return { state, reasons, advisories };
  return { state: state === "none" ? "none" : "partial", reasons: [...cuts, ...reasons], advisories };
}

function fewPerCode(reasons: readonly AssessmentReason[]): readonly AssessmentReason[] {
  const seen = new Map<string, number>();
  return reasons.filter(({ code }) => {
    const count = (seen.get(code) ?? 0) + 1;
    seen.set(code, count);
    return count <= MAX_REASONS_PER_CODE;
  });
}

function findingFactsOf(findings: readonly Finding[], report: ScanReport): readonly FindingFacts[] {
  const packages = new Map(report.packages.map((installed) => [installed.id, installed]));
  return findings.map((finding) => {
    const installed = packages.get(finding.packageId);
    return {
      id: finding.id,
      aliases: finding.aliases,
      package: installed?.name ?? finding.packageId,
      version: installed?.version ?? "",
      type: installed?.type ?? "",
      severity: finding.severity,
      status: finding.status,
      ...(finding.fixedVersion !== undefined && { fixedVersion: finding.fixedVersion }),
      knownExploited: finding.knownExploited,
      ...(finding.epss !== undefined && { epss: finding.epss }),
      confidence: finding.confidence ?? "high",
      source: finding.source,
      advisory: finding.advisory,
    };
  });
}

function secretFactsOf(secret: Secret): SecretFacts {
  const { suppressed: _, category, ...facts } = secret;
  return { ...facts, category: category ?? "" };
}

/** Each licence once, the strictest first. */
function licenseFactsOf({ licenses = [], packages }: ScanReport): readonly LicenseFacts[] {
  const names = new Map(packages.map(({ id, name }) => [id, name]));
  const found = new Map<string, Omit<LicenseFacts, "packageCount"> & { readonly owners: Set<string> }>();
  for (const { license: id, category, severity, packageId, suppressed } of licenses) {
    if (suppressed !== undefined) continue;
    const known = found.get(id) ?? { id, category, severity, packages: [], owners: new Set() };
    known.owners.add(names.get(packageId) ?? packageId);
    found.set(id, known);
  }
  return [...found.values()]
    .map(({ id, owners, ...facts }) => ({
      id: id.length <= MAX_LICENSE_LENGTH ? id : `${id.slice(0, MAX_LICENSE_LENGTH - 1).toWellFormed()}…`,
      ...facts,
      packages: [...owners].slice(0, MAX_PACKAGES_NAMED),
      packageCount: owners.size,
    }))
    .sort((left, right) => compareSeverity(left.severity, right.severity));
}
