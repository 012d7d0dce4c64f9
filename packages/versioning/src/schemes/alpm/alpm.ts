import { compareDigits, compareOrdered, isDigitCode } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of Arch Linux's packages, `[epoch:]pkgver[-pkgrel]`, ordered as pacman orders them (vercmp(8);
 * `alpm_pkg_vercmp` of libalpm). No epoch is epoch zero, and a version without a release comes before the same version
 * with any. Letters at the end make a version older: `1.0rc` comes before `1.0`.
 */
export const alpm: VersionScheme = {
  name: "alpm",
  ecosystems: ["Arch Linux"],
  isValid: (text) => parse(text) !== undefined,
  compare(left, right) {
    const [a, b] = [parseOrThrow(left), parseOrThrow(right)];
    const hasRelease = ({ release }: AlpmVersion) => Number(release !== "");
    return (
      compareVersions(a, b) ||
      compareOrdered(hasRelease(a), hasRelease(b)) ||
      comparePart(a.release, b.release)
    );
  },
  compareToBound(installed, bound) {
    const [a, b] = [parseOrThrow(installed), parseOrThrow(bound)];
    // pacman leaves the release out where either side has none; an installed version always has one.
    return compareVersions(a, b) || (b.release === "" ? 0 : comparePart(a.release, b.release));
  },
};

interface AlpmVersion {
  readonly epoch: string;
  readonly version: string;
  /** Empty where there is none. */
  readonly release: string;
}

/** What PKGBUILD(5) allows in a version is text without colons, slashes, hyphens and spaces; it begins with no separator. */
const FORM =
  /^(?:(?<epoch>\d+):)?(?<version>[A-Za-z0-9](?:[\w.+~^@]*[A-Za-z0-9])?)(?:-(?<release>\d+(?:\.\d+)*))?$/u;

function parse(text: string): AlpmVersion | undefined {
  const { epoch = "", version, release = "" } = FORM.exec(text)?.groups ?? {};
  return version === undefined ? undefined : { epoch, version, release };
}

function parseOrThrow(text: string): AlpmVersion {
  const version = parse(text);
  if (version === undefined) throw malformed("alpm", text);
  return version;
}

function compareVersions(a: AlpmVersion, b: AlpmVersion): Ordering {
  return compareDigits(a.epoch, b.epoch) || comparePart(a.version, b.version);
}

/** A run of digits or letters, and how many separators stand before it. */
interface Segment {
  readonly separators: number;
  readonly text: string;
}

/** Compares one run after the other; of two with other separators before them, the one with more is newer. */
function comparePart(left: string, right: string): Ordering {
  const [lefts, rights] = [segmentsOf(left), segmentsOf(right)];
  for (let at = 0; ; at += 1) {
    const [a, b] = [lefts[at], rights[at]];
    if (a === undefined || b === undefined) return compareEnds(a, b);
    const order = compareOrdered(a.separators, b.separators) || compareRuns(a.text, b.text);
    if (order !== 0) return order;
  }
}

/** What goes on is newer, unless it goes on with letters right away: `1.0a` is older than `1.0`, and `1.0.a` is not. */
function compareEnds(a: Segment | undefined, b: Segment | undefined): Ordering {
  if (a === undefined && b === undefined) return 0;
  if (a === undefined) return b !== undefined && isSuffix(b) ? 1 : -1;
  return isSuffix(a) ? -1 : 1;
}

function isSuffix({ separators, text }: Segment): boolean {
  return separators === 0 && !isDigitCode(text.charCodeAt(0));
}

/** Digits are newer than letters. */
function compareRuns(a: string, b: string): Ordering {
  const [isNumber, isOther] = [isDigitCode(a.charCodeAt(0)), isDigitCode(b.charCodeAt(0))];
  if (isNumber !== isOther) return isNumber ? 1 : -1;
  return isNumber ? compareDigits(a, b) : compareOrdered(a, b);
}

function segmentsOf(text: string): readonly Segment[] {
  return Array.from(
    text.matchAll(/(?<![^A-Za-z0-9])(?<separators>[^A-Za-z0-9]*)(?<run>\d+|[A-Za-z]+)/gu),
    ({ groups }) => ({
      separators: groups?.separators?.length ?? 0,
      text: groups?.run ?? "",
    }),
  );
}
