import {
  type FindingStatus,
  isFromDistribution,
  type Package,
  parseSeverity,
  type ScanReport,
  type Severity,
} from "@pratique/core";
import { CliError } from "../errors.ts";

/** What of a report the user asked for. */
export interface NarrowingFlags {
  readonly severity?: string;
  readonly onlyFixed?: boolean;
  readonly onlyNotfixed?: boolean;
  readonly ignoreStatus?: string;
  readonly pkgTypes?: string;
}

const statuses: readonly FindingStatus[] = [
  "affected",
  "end-of-life",
  "fix-deferred",
  "fixed",
  "under-investigation",
  "will-not-fix",
];

const packageKinds = ["library", "os"] as const;

type PackageKind = (typeof packageKinds)[number];

/** Reads the flags, and gives what leaves out of a report what they do not ask for. Throws `USAGE` for a word that is none. */
export function planNarrowing(flags: NarrowingFlags): (report: ScanReport) => ScanReport {
  if (flags.onlyFixed === true && flags.onlyNotfixed === true) {
    throw new CliError("USAGE", "--only-fixed and --only-notfixed leave nothing: give one of them");
  }
  const severities = wordsOf(flags.severity)?.map((word): Severity => parseSeverity(word.toLowerCase()));
  const ignored = wordsOf(flags.ignoreStatus)?.map((word) =>
    oneOf(statuses, word.replaceAll("_", "-"), "--ignore-status"),
  );
  const kinds = wordsOf(flags.pkgTypes)?.map((word) => oneOf(packageKinds, word, "--pkg-types"));
  const isWanted = ({ severity, status }: ScanReport["findings"][number]) =>
    (severities?.includes(severity) ?? true) &&
    (flags.onlyFixed !== true || status === "fixed") &&
    (flags.onlyNotfixed !== true || status !== "fixed") &&
    ignored?.includes(status) !== true;
  return (report) => {
    const packages =
      kinds === undefined ? report.packages : report.packages.filter((one) => kinds.includes(kindOf(one)));
    const known = new Set(packages.map(({ id }) => id));
    const findings = report.findings.filter((finding) => known.has(finding.packageId) && isWanted(finding));
    const secrets = report.secrets?.filter(({ severity }) => severities?.includes(severity) ?? true);
    const licenses = report.licenses?.filter(
      ({ severity, packageId }) => known.has(packageId) && (severities?.includes(severity) ?? true),
    );
    return {
      ...report,
      packages,
      findings,
      ...(secrets !== undefined && { secrets }),
      ...(licenses !== undefined && { licenses }),
    };
  };
}

/** Trivy's words: packages of a distribution, and everything else. */
function kindOf({ type }: Package): PackageKind {
  return isFromDistribution(type) ? "os" : "library";
}

function wordsOf(list: string | undefined): readonly string[] | undefined {
  return list?.split(",").map((word) => word.trim());
}

function oneOf<Word extends string>(known: readonly Word[], word: string, flag: string): Word {
  const found = known.find((candidate) => candidate === word.toLowerCase());
  if (found !== undefined) return found;
  throw new CliError("USAGE", `expected ${flag} to be of ${known.join(", ")}, found ${JSON.stringify(word)}`);
}
