import {
  type AssessmentState,
  type Digest,
  messageOf,
  PratiqueError,
  type ScanReport,
  type Severity,
  severities,
} from "@pratique/core";
import { OciError } from "@pratique/oci";

/** How many findings there are of each severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

/** What became of one image of a registry. */
export type RegistryOutcome =
  | {
      readonly kind: "scanned";
      readonly imageId?: Digest;
      readonly digest?: Digest;
      readonly state: AssessmentState;
      readonly packages: number;
      readonly findings: SeverityCounts;
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
export function outcomeOf({ target, assessment, packages, findings }: ScanReport): RegistryOutcome {
  const { imageId, digest } = target;
  return {
    kind: "scanned",
    ...(imageId !== undefined && { imageId }),
    ...(digest !== undefined && { digest }),
    state: assessment.state,
    packages: packages.length,
    findings: countFindings(findings),
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

function countFindings(findings: ScanReport["findings"]): SeverityCounts {
  const counts = { ...noFindings };
  for (const { severity, suppressed } of findings) {
    if (suppressed === undefined) counts[severity] += 1;
  }
  return counts;
}

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
