import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import {
  type Digest,
  MiB,
  parseDigest,
  type ScanReport,
  type Severity,
  severities,
  soughtLists,
} from "@pratique/core";
import { reportToKeep } from "./report-to-keep.ts";
import type { ImageTable } from "./schema.ts";
import { searchable } from "./text-search.ts";

/** One image in a list. */
export interface StoredImage {
  readonly imageId: Digest;
  readonly reference: string;
  readonly digest?: Digest;
  readonly platform?: string;
  readonly distro?: string;
  readonly sizeBytes?: number;
  readonly created?: string;
  readonly scannedAt: string;
  readonly assessment: ScanReport["assessment"]["state"];
  readonly assessmentCodes: readonly string[];
  readonly severities: Readonly<Record<Severity, number>>;
  readonly fixable: number;
  readonly knownExploited: number;
  readonly suppressed: number;
  readonly packages: number;
  readonly lastVerdict?: { readonly decision: "allow" | "deny"; readonly decidedAt: string };
}

/** No report is longer than this, uncompressed: what the agent's socket takes, and some room. */
const MAX_REPORT_BYTES = 128 * MiB;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** The columns that a report fills. */
export type ReportColumns = Omit<
  ImageTable,
  "last_decision" | "last_decided_at" | "layers" | "origins_stored"
>;

/** Writes a report as the columns of a row. */
export async function reportColumnsOf(imageId: Digest, report: ScanReport): Promise<ReportColumns> {
  const { target, assessment, config, packages, findings } = report;
  const counted = findings.filter(({ suppressed }) => suppressed === undefined);
  const bySeverity = countSeverities(counted.map(({ severity }) => severity));
  const distro = target.distro === undefined ? null : `${target.distro.id} ${target.distro.version}`.trim();
  return {
    image_id: imageId,
    reference: target.reference,
    digest: target.digest ?? null,
    platform: target.platform ?? null,
    distro,
    size_bytes: target.sizeBytes ?? 0,
    created: config?.created ?? null,
    scanned_at: new Date(report.scannedAt).toISOString(),
    assessment: assessment.state,
    assessment_codes: JSON.stringify([...new Set(assessment.reasons.map(({ code }) => code))]),
    ...bySeverity,
    fixable: counted.filter(({ fixedVersion }) => fixedVersion !== undefined).length,
    known_exploited: counted.filter(({ knownExploited }) => knownExploited).length,
    suppressed: findings.length - counted.length,
    packages: packages.length,
    weight: weightOf(bySeverity),
    search: searchable([target.reference, target.digest, imageId, distro ?? undefined]),
    findings_stored: 1,
    report: await compress(JSON.stringify(reportToKeep(report)), {
      params: { [constants.ZSTD_c_compressionLevel]: 3 },
    }),
  };
}

/** Reads the row of a list. */
export function storedImageOf(
  row: Omit<ImageTable, "report" | "search" | "weight" | "findings_stored" | "layers" | "origins_stored">,
): StoredImage {
  const codes: unknown = JSON.parse(row.assessment_codes);
  return {
    imageId: parseDigest(row.image_id),
    reference: row.reference,
    ...(row.digest !== null && { digest: parseDigest(row.digest) }),
    ...(row.platform !== null && { platform: row.platform }),
    ...(row.distro !== null && { distro: row.distro }),
    ...(row.size_bytes > 0 && { sizeBytes: Number(row.size_bytes) }),
    ...(row.created !== null && { created: row.created }),
    scannedAt: row.scanned_at,
    assessment: row.assessment === "complete" || row.assessment === "partial" ? row.assessment : "none",
    assessmentCodes: Array.isArray(codes) ? codes.map(String) : [],
    severities: {
      critical: row.critical,
      high: row.high,
      medium: row.medium,
      low: row.low,
      negligible: row.negligible,
      unknown: row.unknown,
    },
    fixable: row.fixable,
    knownExploited: row.known_exploited,
    suppressed: row.suppressed,
    packages: row.packages,
    ...(row.last_decision !== null &&
      row.last_decided_at !== null && {
        lastVerdict: {
          decision: row.last_decision === "allow" ? "allow" : "deny",
          decidedAt: row.last_decided_at,
        },
      }),
  };
}

/** Reads the report out of a row. */
export async function reportIn(bytes: Uint8Array): Promise<ScanReport> {
  const json = await decompress(bytes, { maxOutputLength: MAX_REPORT_BYTES });
  // The bytes are those that imageRowOf wrote: the type was checked before they were stored.
  return JSON.parse(json.toString("utf8")) as ScanReport;
}

const LIST_MARKS = soughtLists.map((list) => Buffer.from(`"${list}":[`));

/** The same where it may have one of the lists that somebody has to ask for; most have none, and are not parsed. */
export async function reportWithListsIn(bytes: Uint8Array): Promise<ScanReport | undefined> {
  const json = await decompress(bytes, { maxOutputLength: MAX_REPORT_BYTES });
  return LIST_MARKS.some((mark) => json.includes(mark)) ? await reportIn(bytes) : undefined;
}

/** The worst severity of an image, 5 for critical down to 0 for unknown; -1 where nothing was found. */
export function worstOf(counts: Readonly<Record<Severity, number>>): number {
  const worst = severities.findIndex((severity) => counts[severity] > 0);
  return worst < 0 ? -1 : severities.length - 1 - worst;
}

function countSeverities(found: readonly Severity[]): Record<Severity, number> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 };
  for (const severity of found) counts[severity] += 1;
  return counts;
}

/** One number that orders images worst first: three digits for each severity, so that one critical outweighs all. */
function weightOf(counts: Readonly<Record<Severity, number>>): number {
  let weight = 0;
  // Five severities of three digits stay below 2^53; "unknown" is left out, for it says nothing.
  for (const severity of severities.slice(0, -1)) weight = weight * 1000 + Math.min(counts[severity], 999);
  return weight;
}
