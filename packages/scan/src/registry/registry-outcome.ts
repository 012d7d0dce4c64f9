import {
  type AssessmentState,
  type Digest,
  type LicenseCategory,
  type LicenseFinding,
  messageOf,
  PratiqueError,
  type ScanReport,
  type Severity,
  severities,
} from "@pratique/core";
import { OciError } from "@pratique/oci";

/** How many findings there are of each severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

/** How many licences there are in each category. */
type LicenseCounts = Readonly<Record<LicenseCategory, number>>;

/** What became of one image of a registry. */
export type RegistryOutcome =
  | {
      readonly kind: "scanned";
      readonly imageId?: Digest;
      readonly digest?: Digest;
      readonly state: AssessmentState;
      readonly packages: number;
      readonly findings: SeverityCounts;
      /** Secrets whose form proves what they are; absent where nobody looked for any. */
      readonly secrets?: SeverityCounts;
      /** Licences, each once however many packages have it; absent where nobody asked for them. */
      readonly licenses?: LicenseCounts;
    }
  /** The tag was deleted since it was listed, or has nothing for the platform. */
  | { readonly kind: "absent"; readonly code: string; readonly message: string }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };

/** Whether, and when, it is worth trying an image again that could not be scanned. */
export type Retry =
  /** It would end the same. */
  | { readonly kind: "never" }
  /** It may have been bad luck; each try counts. */
  | { readonly kind: "soon" }
  /** The registry asks to wait; that is nobody's failure, and does not count. */
  | { readonly kind: "after"; readonly waitMs: number };

/** A registry that does not say for how long. */
const DEFAULT_WAIT_MS = 60_000;

const ABSENT: ReadonlySet<string> = new Set(["IMAGE_NOT_FOUND", "PLATFORM_NOT_FOUND"]);
const BAD_LUCK: ReadonlySet<string> = new Set(["SOURCE_UNAVAILABLE", "ABORTED"]);

/** What of a report is worth a line in a list. */
export function outcomeOf(report: ScanReport): RegistryOutcome {
  const { target, assessment, packages, findings, secrets, licenses } = report;
  const { imageId, digest } = target;
  return {
    kind: "scanned",
    ...(imageId !== undefined && { imageId }),
    ...(digest !== undefined && { digest }),
    state: assessment.state,
    packages: packages.length,
    findings: countBySeverity(findings),
    ...(secrets !== undefined && {
      secrets: countBySeverity(secrets.filter(({ confidence }) => confidence === "high")),
    }),
    ...(licenses !== undefined && { licenses: countLicenses(licenses) }),
  };
}

/** What an error means for the one image that it came with. A defect of ours is thrown on. */
export function failureOf(thrown: unknown): { readonly outcome: RegistryOutcome; readonly retry: Retry } {
  if (!(thrown instanceof PratiqueError)) throw thrown;
  const { code } = thrown;
  const message = messageOf(thrown);
  if (ABSENT.has(code)) return { outcome: { kind: "absent", code, message }, retry: { kind: "never" } };
  return { outcome: { kind: "failed", code, message }, retry: retryOf(thrown) };
}

function retryOf(error: PratiqueError): Retry {
  if (error instanceof OciError && error.code === "RATE_LIMITED") {
    return { kind: "after", waitMs: error.retryAfterMs ?? DEFAULT_WAIT_MS };
  }
  return BAD_LUCK.has(error.code) ? { kind: "soon" } : { kind: "never" };
}

type Counted = Pick<ScanReport["findings"][number], "severity"> & { readonly suppressed?: unknown };

function countBySeverity(found: readonly Counted[]): SeverityCounts {
  const counts = { ...noFindings };
  for (const { severity, suppressed } of found) {
    if (suppressed === undefined) counts[severity] += 1;
  }
  return counts;
}

function countLicenses(licenses: readonly LicenseFinding[]): LicenseCounts {
  const counts = { ...noLicenses };
  const open = licenses.filter(({ suppressed }) => suppressed === undefined);
  const categories = new Map(open.map(({ license, category }) => [license, category]));
  for (const category of categories.values()) counts[category] += 1;
  return counts;
}

const noLicenses: Record<LicenseCategory, number> = {
  forbidden: 0,
  restricted: 0,
  reciprocal: 0,
  notice: 0,
  permissive: 0,
  unencumbered: 0,
  unknown: 0,
};

const noFindings: Record<Severity, number> = {
  critical: 0,
  high: 0,
  medium: 0,
  low: 0,
  negligible: 0,
  unknown: 0,
};

/** The sum of what was found in several images. */
export function sumFindings(all: Iterable<SeverityCounts>): SeverityCounts {
  const sum = { ...noFindings };
  for (const counts of all) for (const severity of severities) sum[severity] += counts[severity];
  return sum;
}
