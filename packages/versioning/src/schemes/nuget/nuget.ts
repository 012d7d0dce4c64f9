import { compareDigits, compareOrdered } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of .NET packages, ordered as NuGet orders them (`NuGet.Versioning.VersionComparer`): up to four
 * numbers, of which missing ones are zero, and labels regardless of case. Build metadata do not count. Numbers
 * before the labels have no limit here.
 */
export const nuget: VersionScheme = {
  name: "nuget",
  ecosystems: ["NuGet"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    const a = parse(left);
    const b = parse(right);
    return compareNumbers(a.numbers, b.numbers) || compareLabels(a.labels, b.labels);
  },
};

interface NugetVersion {
  readonly numbers: readonly string[];
  readonly labels: readonly string[];
}

/** `NuGetVersion.TryParse`: spaces around the whole, leading zeros anywhere. */
const PATTERN = new RegExp(
  String.raw`^\s*(?<numbers>\d+(?:\.\d+){0,3})` +
    String.raw`(?:-(?<labels>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?` +
    String.raw`(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\s*$`,
  "u",
);

function parse(text: string): NugetVersion {
  const groups = PATTERN.exec(text)?.groups;
  if (groups?.numbers === undefined) throw malformed("nuget", text);
  return { numbers: groups.numbers.split("."), labels: groups.labels?.split(".") ?? [] };
}

function compareNumbers(left: readonly string[], right: readonly string[]): Ordering {
  for (let index = 0; index < left.length || index < right.length; index += 1) {
    const order = compareDigits(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

/** No label at all is above any; more labels are above fewer. */
function compareLabels(left: readonly string[], right: readonly string[]): Ordering {
  if (left.length === 0 || right.length === 0) return compareOrdered(right.length, left.length);
  for (const [index, a] of left.entries()) {
    const b = right[index];
    if (b === undefined) return 1;
    const order = compareOneLabel(a, b);
    if (order !== 0) return order;
  }
  return compareOrdered(left.length, right.length);
}

/** Numbers by value and below words, words regardless of case. */
function compareOneLabel(left: string, right: string): Ordering {
  const a = numberOf(left);
  const b = numberOf(right);
  if (a !== undefined && b !== undefined) return compareOrdered(a, b);
  if (a !== undefined || b !== undefined) return a === undefined ? 1 : -1;
  return compareOrdered(left.toUpperCase(), right.toUpperCase());
}

const MAX_INT32 = 2_147_483_647;
const MAX_INT32_DIGITS = 10;

/**
 * The value of a label that .NET's `int.TryParse` reads, a sign included. What does not fit into 32 bits, as dates
 * with a time do not, is a word to NuGet.
 */
function numberOf(label: string): number | undefined {
  const groups = /^(?<sign>-?)0*(?<digits>(?:[1-9]\d*)?)$/u.exec(label)?.groups;
  if (groups?.digits === undefined || !/\d$/u.test(label)) return undefined;
  if (groups.digits.length > MAX_INT32_DIGITS) return undefined;
  const value = Number(groups.digits);
  if (groups.sign === "") return value > MAX_INT32 ? undefined : value;
  return value > MAX_INT32 + 1 ? undefined : 0 - value;
}
