import { StoreError } from "../errors.ts";

/** What an image has of one vulnerability by one package. Names are numbers: see finding-words.ts. */
export interface CountedFinding {
  readonly vulnerability: number;
  readonly package: number;
  /** As in a row of findings. */
  readonly severity: number;
  readonly fixable: boolean;
  readonly knownExploited: boolean;
  /** Milliseconds since the epoch. */
  readonly firstSeenMs: number;
}

/** The findings of an image, ordered by their vulnerabilities, in a form in which a million of them are walked at once. */
export interface PackedFindings {
  /** The moments that the entries name by their place, in milliseconds since the epoch. */
  readonly times: Float64Array;
  /** {@link ENTRY} numbers for each finding: the vulnerability, the package, and the rest as {@link PACKED}. */
  readonly entries: Uint32Array;
}

/** How many numbers an entry has. */
export const ENTRY = 3;

/** What the bits of the third number of an entry say; the place of the moment is above them. */
export const PACKED = { severity: 7, fixable: 8, knownExploited: 16, timeShift: 5 } as const;

/** Before the moments: the version of the form, and how many moments there are. */
const HEAD_BYTES = 8;
const FORM = 1;

/** Writes findings: the same bytes for the same findings, in whatever order. All numbers are little-endian. */
export function packFindings(findings: readonly CountedFinding[]): Uint8Array {
  const times = [...new Set(findings.map(({ firstSeenMs }) => firstSeenMs))].sort((a, b) => a - b);
  const places = new Map(times.map((time, place) => [time, place]));
  const entries = findings.map((finding) => [
    finding.vulnerability,
    finding.package,
    ((places.get(finding.firstSeenMs) ?? 0) << PACKED.timeShift) |
      finding.severity |
      (finding.fixable ? PACKED.fixable : 0) |
      (finding.knownExploited ? PACKED.knownExploited : 0),
  ]);
  entries.sort(compareEntries);
  const bytes = new Uint8Array(HEAD_BYTES + times.length * 8 + entries.length * ENTRY * 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, FORM, true);
  view.setUint32(4, times.length, true);
  for (const [place, time] of times.entries()) view.setFloat64(HEAD_BYTES + place * 8, time, true);
  const start = HEAD_BYTES + times.length * 8;
  for (const [place, number] of entries.flat().entries()) view.setUint32(start + place * 4, number, true);
  return bytes;
}

/** Reads what {@link packFindings} wrote. Throws `STORE_CORRUPT`. */
export function unpackFindings(bytes: Uint8Array): PackedFindings {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const moments = bytes.byteLength < HEAD_BYTES ? 0 : view.getUint32(4, true);
  const start = HEAD_BYTES + moments * 8;
  const isWhole = start <= bytes.byteLength && (bytes.byteLength - start) % (ENTRY * 4) === 0;
  if (!isWhole || view.getUint32(0, true) !== FORM) {
    throw new StoreError("STORE_CORRUPT", "the packed findings of an image are malformed");
  }
  const times = new Float64Array(moments);
  for (let place = 0; place < moments; place += 1)
    times[place] = view.getFloat64(HEAD_BYTES + place * 8, true);
  const entries = new Uint32Array((bytes.byteLength - start) / 4);
  for (let place = 0; place < entries.length; place += 1) {
    entries[place] = view.getUint32(start + place * 4, true);
  }
  return { times, entries };
}

function compareEntries(left: readonly number[], right: readonly number[]): number {
  for (let place = 0; place < ENTRY; place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
