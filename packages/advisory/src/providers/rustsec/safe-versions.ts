import { ecosystem, type VersionRange } from "@pratique/core";
import { schemeOf } from "@pratique/versioning";
import { branchOf, type Stretch, stretchOf, VersionSets } from "../version-sets.ts";

const COMPARATOR =
  /^(?<operator>>=|<=|>|<|=|\^|~)?\s*v?(?<version>\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/u;

/**
 * The stretches of versions that are left when those are taken away which satisfy any of the requirements, in the words of
 * Cargo: `>= 0.12.3, < 0.13.0`, `^1.2`, and `1.2`, which means the same (The Cargo Book, "Specifying Dependencies").
 * Undefined where a requirement cannot be read.
 */
export function rangesOutside(requirements: readonly string[]): readonly VersionRange[] | undefined {
  return sets.outsideOf(requirements, readComparison);
}

function readComparison(text: string): Stretch | undefined {
  if (text === "*") return {};
  const { operator = "^", version } = COMPARATOR.exec(text)?.groups ?? {};
  if (version === undefined) return undefined;
  return stretchOf(operator, version) ?? branchOf(version, nextBranch(version, operator));
}

/** Where `^` and `~` end: at the first pre-release of the next version that may differ from this one. */
function nextBranch(version: string, operator: string): string {
  const numbers = (/^[\d.]+/u.exec(version)?.[0] ?? "0").split(".");
  const kept = operator === "~" ? Math.min(2, numbers.length) : significantOf(numbers);
  const last = BigInt(numbers[kept - 1] ?? "0") + 1n;
  const next = [...numbers.slice(0, kept - 1), String(last), "0", "0"].slice(0, 3);
  return `${next.join(".")}-0`;
}

/** `^` holds the first number that is not zero, or the last that is given. */
function significantOf(numbers: readonly string[]): number {
  const first = numbers.findIndex((number) => !/^0+$/u.test(number));
  return first < 0 ? numbers.length : first + 1;
}

/** The lowest version above one: a pre-release of the next patch, or a longer pre-release. */
function barelyAbove(version: string): string {
  const [release = "", ...rest] = (version.split("+", 1)[0] ?? "").split("-");
  if (rest.length > 0) return `${release}-${rest.join("-")}.0`;
  const [major = "0", minor = "0", patch = "0"] = release.split(".");
  return `${major}.${minor}.${BigInt(patch) + 1n}-0`;
}

const sets = new VersionSets(schemeOfCrates(), { barelyAbove });

function schemeOfCrates() {
  const scheme = schemeOf(ecosystem("crates.io"));
  if (scheme === undefined) throw new Error("no scheme orders the versions of crates");
  return scheme;
}
