import { deflateRawSync, inflateRawSync } from "node:zlib";
import {
  type Advisory,
  type AffectedImport,
  type Ecosystem,
  type FindingStatus,
  KiB,
  MiB,
  type Severity,
  severities,
  type VersionRange,
} from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import { listOf, textOf, textsOf } from "../location/fields.ts";

/**
 * How advisories are kept: for each package one JSON list of lists, deflated where that pays. What the row says
 * already (ecosystem, package, source) is left out, and so is the end of each list where it holds defaults only.
 *
 *     [id, document or 0, aliases or 0, ranges, status, severity, cvss or 0, versions or 0,
 *      module or 0, architectures or 0, build or 0, 1 where the package is named by its source, note or 0,
 *      1 where it is doubtful or 0, channels or 0, imports or 0]
 *
 * An import is `[path, symbols or 0, systems or 0, architectures or 0]`.
 * A range is its `fixed` alone, or `[introduced or 0, fixed or 0, lastAffected or 0]`.
 */
export type EncodedRecord = string;

const STATUSES = [
  "fixed",
  "affected",
  "will-not-fix",
  "fix-deferred",
  "under-investigation",
  "end-of-life",
] as const satisfies readonly FindingStatus[];

/** Writes one advisory. Equal advisories give equal text. */
export function encodeRecord(advisory: Omit<Advisory, "source">): EncodedRecord {
  const { id, document, aliases, ranges, status, severity, cvss, versions } = advisory;
  const { module, architectures, build, ofSource, note, doubtful, channels, imports } = advisory;
  return JSON.stringify(
    trimEnd([
      id,
      document === id ? 0 : document,
      aliases.length === 0 ? 0 : aliases,
      ranges.map(encodeRange),
      STATUSES.indexOf(status),
      severities.indexOf(severity),
      cvss ?? 0,
      versions === undefined || versions.length === 0 ? 0 : versions,
      module ?? 0,
      architectures === undefined || architectures.length === 0 ? 0 : architectures,
      build ?? 0,
      ofSource === true ? 1 : 0,
      note ?? 0,
      doubtful === true ? 1 : 0,
      channels === undefined || channels.length === 0 ? 0 : channels,
      imports === undefined || imports.length === 0 ? 0 : imports.map(encodeImport),
    ]),
  );
}

function encodeRange({ introduced, fixed, lastAffected }: VersionRange): unknown {
  if (fixed !== undefined && introduced === undefined && lastAffected === undefined) return fixed;
  return trimEnd([introduced ?? 0, fixed ?? 0, lastAffected ?? 0]);
}

function encodeImport({ path, symbols, systems, architectures }: AffectedImport): unknown {
  return trimEnd([path, symbols ?? 0, systems ?? 0, architectures ?? 0]);
}

function trimEnd(list: readonly unknown[]): readonly unknown[] {
  let end = list.length;
  while (end > 0 && list[end - 1] === 0) end -= 1;
  return list.slice(0, end);
}

const PLAIN = 0x5b;
const DEFLATED = 0x01;
/** Below this, looking the bytes up costs less than inflating them. */
const DEFLATE_FROM_BYTES = 2 * KiB;
/** What one package may inflate to: the kernel of one release has less than 4 MiB. */
const MAX_INFLATED_BYTES = 64 * MiB;

/** Joins the records of one package, sorted and each once, so that equal content gives equal bytes. */
export function packRecords(records: readonly EncodedRecord[]): Uint8Array {
  const sorted = [...new Set(records)].sort();
  const plain = Buffer.from(`[${sorted.join(",")}]`);
  if (plain.length < DEFLATE_FROM_BYTES) return plain;
  return Buffer.concat([Buffer.of(DEFLATED), deflateRawSync(plain)]);
}

/** What the row of a package says of all its records. */
export interface RecordContext {
  readonly source: string;
  readonly ecosystem: Ecosystem;
  readonly package: string;
}

/** Reads what {@link packRecords} wrote. Throws `DATABASE_CORRUPT`. */
export function unpackRecords(bytes: Uint8Array, context: RecordContext): readonly Advisory[] {
  const advisories: Advisory[] = [];
  for (const record of recordsIn(bytes)) advisories.push(decodeRecord(record, context));
  return advisories;
}

/** The text of packed records. Throws `DATABASE_CORRUPT`. */
export function unpackText(bytes: Uint8Array): string {
  try {
    const plain =
      bytes[0] === DEFLATED
        ? inflateRawSync(bytes.subarray(1), { maxOutputLength: MAX_INFLATED_BYTES })
        : bytes;
    if (plain[0] === PLAIN) return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString();
  } catch (cause) {
    throw corrupt(cause);
  }
  throw corrupt();
}

function recordsIn(bytes: Uint8Array): readonly unknown[] {
  const text = unpackText(bytes);
  try {
    return listOf(JSON.parse(text));
  } catch (cause) {
    throw corrupt(cause);
  }
}

const NONE: readonly string[] = [];

/** Written for speed before the compiler has warmed up: a scan decodes thousands of records, once. */
function decodeRecord(record: unknown, context: RecordContext): Advisory {
  const list = listOf(record);
  const id = list[0];
  if (typeof id !== "string") throw corrupt();
  const advisory: Advisory = {
    id,
    aliases: Array.isArray(list[2]) ? textsOf(list[2]) : NONE,
    document: typeof list[1] === "string" ? list[1] : id,
    source: context.source,
    ecosystem: context.ecosystem,
    package: context.package,
    ranges: decodeRanges(list[3]),
    status: statusAt(list[4]),
    severity: severityAt(list[5]),
  };
  return list.length <= CVSS ? advisory : { ...advisory, ...decodeRareMembers(list) };
}

/** Where the members begin that most records lack. */
const CVSS = 6;

function decodeRareMembers(list: readonly unknown[]): Partial<Advisory> {
  const cvss = textOf(list[CVSS]);
  const versions = list[7];
  const module = textOf(list[8]);
  const architectures = list[9];
  const build = textOf(list[10]);
  const note = textOf(list[12]);
  const channels = list[14];
  const imports = list[15];
  return {
    ...(cvss === undefined ? {} : { cvss }),
    ...(Array.isArray(versions) ? { versions: textsOf(versions) } : {}),
    ...(module === undefined ? {} : { module }),
    ...(Array.isArray(architectures) ? { architectures: textsOf(architectures) } : {}),
    ...(build === undefined ? {} : { build }),
    ...(list[11] === 1 ? { ofSource: true } : {}),
    ...(note === undefined ? {} : { note }),
    ...(list[13] === 1 ? { doubtful: true } : {}),
    ...(Array.isArray(channels) ? { channels: textsOf(channels) } : {}),
    ...(Array.isArray(imports) ? { imports: imports.map(decodeImport) } : {}),
  };
}

function decodeImport(told: unknown): AffectedImport {
  const [path, symbols, systems, architectures] = listOf(told);
  if (typeof path !== "string") throw corrupt();
  return {
    path,
    ...(Array.isArray(symbols) ? { symbols: textsOf(symbols) } : {}),
    ...(Array.isArray(systems) ? { systems: textsOf(systems) } : {}),
    ...(Array.isArray(architectures) ? { architectures: textsOf(architectures) } : {}),
  };
}

function decodeRanges(ranges: unknown): readonly VersionRange[] {
  const decoded: VersionRange[] = [];
  for (const range of listOf(ranges)) {
    decoded.push(typeof range === "string" ? { fixed: range } : decodeRange(listOf(range)));
  }
  return decoded;
}

function decodeRange(range: readonly unknown[]): VersionRange {
  const introduced = textOf(range[0]);
  const fixed = textOf(range[1]);
  const lastAffected = textOf(range[2]);
  return {
    ...(introduced === undefined ? {} : { introduced }),
    ...(fixed === undefined ? {} : { fixed }),
    ...(lastAffected === undefined ? {} : { lastAffected }),
  };
}

function statusAt(index: unknown): FindingStatus {
  const status = STATUSES[typeof index === "number" ? index : 0];
  if (status === undefined) throw corrupt();
  return status;
}

function severityAt(index: unknown): Severity {
  const severity = severities[typeof index === "number" ? index : 0];
  if (severity === undefined) throw corrupt();
  return severity;
}

function corrupt(cause?: unknown): AdvisoryError {
  return new AdvisoryError("DATABASE_CORRUPT", "the records of a package are damaged", { cause });
}
