import { compareDigits, compareOrdered, isDigitCode } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of RPM packages, `[epoch:]version[-release]`, ordered as rpm orders them (rpm-version(7); `rpmverCmp`
 * and `rpmvercmp` of rpm 4.20). No epoch is epoch zero, and a version without a release comes before the same
 * version with any.
 *
 * Unlike rpm, which takes any byte for a separator, it refuses characters that no version may have.
 */
export const rpm: VersionScheme = {
  name: "rpm",
  ecosystems: [
    "AlmaLinux",
    "Amazon Linux",
    "Azure Linux",
    "Fedora",
    "Oracle Linux",
    "Photon OS",
    "Red Hat",
    "Rocky Linux",
    "SUSE",
    "openSUSE",
  ],
  isValid: (text) => parse(text) !== undefined,
  compare(left, right) {
    const a = parseOrThrow(left);
    const b = parseOrThrow(right);
    return compareVersions(a, b) || compareOrdered(hasRelease(a), hasRelease(b)) || compareReleases(a, b);
  },
  compareToBound(installed, bound) {
    const a = parseOrThrow(installed);
    const b = parseOrThrow(bound);
    // rpm(8) leaves the release out where either side has none. An installed version without one is no
    // package's, and might be older than the bound: it stays below.
    return compareVersions(a, b) || (hasRelease(b) === 0 ? 0 : compareReleases(a, b));
  },
};

/** Whether a version is one of a build for a module: `.module+el8…` of Red Hat, `.module_el8…` of AlmaLinux. */
export function isModularBuild(version: string): boolean {
  return /\.module[+_]/u.test(version);
}

/** Where the parts of a version begin and end in its text. An absent release is empty. */
interface RpmVersion {
  readonly text: string;
  /** Digits; empty where there is no epoch. */
  readonly epoch: string;
  readonly version: number;
  readonly versionEnd: number;
  readonly release: number;
}

const TILDE = 126;
const CARET = 94;

/** What rpmbuild takes in versions and releases (rpm, `ALLOWED_CHARS_VERREL`), and the two separators. */
const ALLOWED = /^[\w.+~^%{}:-]*$/u;

function parseOrThrow(text: string): RpmVersion {
  const version = parse(text);
  if (version === undefined) throw malformed("rpm", text);
  return version;
}

function parse(text: string): RpmVersion | undefined {
  if (!ALLOWED.test(text)) return undefined;
  const colon = text.indexOf(":");
  if (colon !== text.lastIndexOf(":")) return undefined;
  const hyphen = text.lastIndexOf("-");
  const versionEnd = hyphen < 0 ? text.length : hyphen;
  const version = colon + 1;
  if (versionEnd <= version || hyphen === text.length - 1 || colon === 0) return undefined;
  for (let index = 0; index < colon; index += 1) {
    if (!isDigitCode(text.charCodeAt(index))) return undefined;
  }
  const epoch = colon < 0 ? "" : text.slice(0, colon);
  return { text, epoch, version, versionEnd, release: hyphen < 0 ? text.length : hyphen + 1 };
}

function hasRelease({ text, release }: RpmVersion): 0 | 1 {
  return release < text.length ? 1 : 0;
}

function compareVersions(a: RpmVersion, b: RpmVersion): Ordering {
  return (
    compareDigits(a.epoch, b.epoch) ||
    comparePart(new Part(a.text, a.version, a.versionEnd), new Part(b.text, b.version, b.versionEnd))
  );
}

function compareReleases(a: RpmVersion, b: RpmVersion): Ordering {
  return comparePart(new Part(a.text, a.release, a.text.length), new Part(b.text, b.release, b.text.length));
}

/** What stands at a place of a part, from the lowest to the highest. */
const TILDE_RANK = 0;
const END_RANK = 1;
const CARET_RANK = 2;
const LETTERS_RANK = 3;
const DIGITS_RANK = 4;

/** Compares one part, one run of letters or digits after the other; what lies between them has no weight. */
function comparePart(left: Part, right: Part): Ordering {
  for (;;) {
    const rank = left.next();
    const order = compareOrdered(rank, right.next());
    if (order !== 0) return order;
    if (rank === END_RANK) return 0;
    if (rank < LETTERS_RANK) continue;
    const runs =
      rank === DIGITS_RANK ? compareDigits(left.run, right.run) : compareOrdered(left.run, right.run);
    if (runs !== 0) return runs;
  }
}

/** A version or a release, read one piece after the other. */
class Part {
  readonly #text: string;
  readonly #end: number;
  #start: number;
  #next: number;

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    this.#next = start;
    this.#end = end;
  }

  /** The letters or digits at which {@link next} stands. */
  get run(): string {
    return this.#text.slice(this.#start, this.#next);
  }

  /** Goes to the next piece, and tells its rank. */
  next(): number {
    let index = this.#next;
    while (index < this.#end && rankOf(this.#text.charCodeAt(index)) === END_RANK) index += 1;
    this.#start = index;
    this.#next = index;
    if (index === this.#end) return END_RANK;
    const rank = rankOf(this.#text.charCodeAt(index));
    const isRun = rank >= LETTERS_RANK;
    do index += 1;
    while (isRun && index < this.#end && rankOf(this.#text.charCodeAt(index)) === rank);
    this.#next = index;
    return rank;
  }
}

/** The rank of the piece that a character is in. Separators end pieces, and are none. */
function rankOf(code: number): number {
  if (isDigitCode(code)) return DIGITS_RANK;
  if (code === TILDE) return TILDE_RANK;
  if (code === CARET) return CARET_RANK;
  const lower = code | 32;
  return lower >= 97 && lower <= 122 ? LETTERS_RANK : END_RANK;
}
