import { compareDigits, compareOrdered, isDigitCode } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of PHP packages, ordered as Composer orders them: brought to four numbers, a stability and `-dev`
 * (`Composer\Semver\VersionParser::normalize`), then compared by PHP's `version_compare`.
 *
 * Branches without a number (`dev-main`) are not valid: Composer itself compares them with nothing. Numbers have
 * no limit here.
 */
export const composer: VersionScheme = {
  name: "composer",
  ecosystems: ["Packagist"],
  isValid: (text) => parse(text) !== undefined,
  compare(left, right) {
    const a = parseOrThrow(left);
    const b = parseOrThrow(right);
    for (let index = 0; index < a.length || index < b.length; index += 1) {
      const order = compareParts(a[index] ?? END, b[index] ?? END);
      if (order !== 0) return order;
    }
    return 0;
  },
};

/** The end of a version, which has its own place between the stabilities. */
const END = "";

/**
 * Places of the parts, as `version_compare` and its special forms have them: what comes before the release, the
 * release itself, a further number, and patches.
 */
const RANKS: Readonly<Record<string, number>> = { dev: 0, alpha: 1, beta: 2, RC: 3, [END]: 4, patch: 6 };
const NUMBER_RANK = 5;

const STABILITIES: Readonly<Record<string, string>> = {
  a: "alpha",
  alpha: "alpha",
  b: "beta",
  beta: "beta",
  rc: "RC",
  p: "patch",
  pl: "patch",
  patch: "patch",
};

/** What may follow the numbers; of one digit at a time, so that there is one way only to read it. */
const MODIFIER =
  String.raw`[._-]?(?:(?<stability>stable|beta|b|rc|alpha|a|patch|pl|p)(?<digits>(?:[.-]?\d)*))?` +
  "(?<dev>[.-]?dev)?$";

const NUMBERS = String.raw`(?:\.\d+)?(?:\.\d+)?(?:\.\d+)?`;
const CLASSICAL = new RegExp(String.raw`^v?(?<numbers>\d{1,5}(?!\d)${NUMBERS})${MODIFIER}`, "iu");
const DATE = new RegExp(
  String.raw`^v?(?<date>\d{4}(?:[.:-]?\d{2}){1,6}(?:[.:-]?\d{1,3}){0,2})${MODIFIER}`,
  "iu",
);
/** As the first, but longer than Composer takes. */
const LONG = new RegExp(String.raw`^v?(?<numbers>\d+${NUMBERS})${MODIFIER}`, "iu");
const BRANCH = /^v?(?<numbers>\d+(?:\.(?:\d+|[x*])){0,3})[.-]?dev$/iu;
/** What a `x` of a branch stands for: higher than any release. */
const ANY = "9999999";
const PARTS = 4;

function parseOrThrow(text: string): readonly string[] {
  const parsed = parse(text);
  if (parsed === undefined) throw malformed("composer", text);
  return parsed;
}

/** The parts between which Composer puts dots and hyphens. */
function parse(text: string): readonly string[] | undefined {
  const plain = withoutMetadata(text.trim().replace(/@(?:stable|rc|beta|alpha|dev)$/iu, ""));
  const groups = (CLASSICAL.exec(plain) ?? DATE.exec(plain) ?? LONG.exec(plain))?.groups;
  if (groups === undefined) return parseBranch(plain);
  const { numbers, date, stability, digits = "", dev } = groups;
  const parts = numbers === undefined ? (date?.split(/[.:-]/u) ?? []) : fill(numbers.split("."), "0");
  if (stability?.toLowerCase() === "stable") return parts;
  return [...parts, ...stabilityParts(stability, digits), ...(dev === undefined ? [] : ["dev"])];
}

/** Build metadata do not count. */
function withoutMetadata(text: string): string {
  const plus = text.indexOf("+");
  return plus <= 0 || plus === text.length - 1 || /[\s,]/u.test(text) ? text : text.slice(0, plus);
}

function parseBranch(text: string): readonly string[] | undefined {
  const numbers = BRANCH.exec(text)?.groups?.numbers?.split(".");
  return numbers === undefined
    ? undefined
    : [...fill(numbers, ANY).map((number) => (/\d/u.test(number) ? number : ANY)), "dev"];
}

function fill(numbers: readonly string[], filling: string): readonly string[] {
  return [...numbers, ...Array.from({ length: PARTS - numbers.length }, () => filling)];
}

function stabilityParts(stability: string | undefined, digits: string): readonly string[] {
  const name = STABILITIES[stability?.toLowerCase() ?? ""];
  return name === undefined ? [] : [name, ...(digits.match(/\d+/gu) ?? [])];
}

function compareParts(left: string, right: string): Ordering {
  return compareOrdered(rankOf(left), rankOf(right)) || (isNumber(left) ? compareDigits(left, right) : 0);
}

function rankOf(part: string): number {
  return isNumber(part) ? NUMBER_RANK : (RANKS[part] ?? NUMBER_RANK);
}

function isNumber(part: string): boolean {
  return isDigitCode(part.charCodeAt(0));
}
