import { licenseAt } from "./addresses.ts";
import type { LicenseExpression, SingleLicense } from "./expression.ts";
import { exceptionIds, licenseIds, replacedIds } from "./license-list.ts";
import { spellings } from "./spellings.ts";

/** Longer names are texts, not names. */
const MAX_NAME = 200;

/** No operators, and parentheses around a short form at the end at most: `MIT License (MIT)`. */
const isOneName = /^[^()|&;]+(?:\([^()|&;]+\))?$/u;

/** Words that are there or not. */
const idleWords: ReadonlySet<string> = new Set(
  "a an the license licence licensed licenses version ver v software under terms of".split(" "),
);

/** Words of who gives something to the public; one more may say who. */
const publicDomainWords: ReadonlySet<string> = new Set(
  "public domain publicdomain is in into to this has been released placed dedicated".split(" "),
);

const idsByLowerCase: ReadonlyMap<string, string> = new Map(licenseIds.map((id) => [id.toLowerCase(), id]));
const exceptionsByLowerCase: ReadonlyMap<string, string> = new Map(
  exceptionIds.map((id) => [id.toLowerCase(), id]),
);
const replacedByLowerCase: ReadonlyMap<string, string> = new Map(
  [...replacedIds].map(([id, instead]) => [id.toLowerCase(), instead]),
);
/** Identifiers as {@link foldName} leaves them, so that `apache 2.0` and `BSD_3_Clause` are found. */
const idsByFolded: ReadonlyMap<string, string> = new Map(licenseIds.map((id) => [foldName(id), id]));

/** Reads the name of one licence, in whatever way it is written. Undefined where it is no name that is known. */
export function readName(text: string): LicenseExpression | undefined {
  const name = text.trim();
  if (name.length > MAX_NAME) return undefined;
  const address = licenseAt(name);
  if (address !== undefined)
    return address.includes(" ") ? fromList(address) : (readId(address) ?? readSpelling(address));
  return readReference(name) ?? readId(name) ?? readSpelling(name);
}

/** The identifier of an exception, whose version may be left out where there is only one. */
export function readException(text: string): string | undefined {
  const name = text.trim().toLowerCase().replaceAll(/\s+/gu, "-");
  if (name.length > MAX_NAME) return undefined;
  const known = exceptionsByLowerCase.get(name);
  if (known !== undefined) return known;
  const versions = exceptionIds.filter((id) => id.toLowerCase().replace(/-[\d.]+$/u, "") === name);
  return versions.length === 1 ? versions[0] : undefined;
}

function readReference(name: string): LicenseExpression | undefined {
  const isReference = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$/u.test(name);
  return isReference ? { kind: "reference", name } : undefined;
}

function readId(name: string): SingleLicense | undefined {
  const lower = name.toLowerCase();
  const replaced = replacedByLowerCase.get(lower);
  if (replaced !== undefined) return fromList(replaced);
  const id = idsByLowerCase.get(lower);
  if (id !== undefined) return single(id);
  return lower.endsWith("+") ? orLater(readId(name.slice(0, -1))) : undefined;
}

function orLater(license: SingleLicense | undefined): SingleLicense | undefined {
  if (license === undefined || license.exception !== undefined) return undefined;
  const { id } = license;
  if (id.endsWith("-or-later")) return license;
  return id.endsWith("-only") ? single(id.replace(/-only$/u, "-or-later")) : { ...license, orLater: true };
}

/** What the list, or our own table, writes: an identifier, perhaps with an exception behind it. */
function fromList(text: string): SingleLicense {
  const [id = "", exception] = text.split(" WITH ");
  return { ...single(id), ...(exception !== undefined && { exception }) };
}

function single(id: string): SingleLicense {
  return { kind: "license", id, orLater: false };
}

function readSpelling(name: string): LicenseExpression | undefined {
  if (!isOneName.test(name)) return undefined;
  const folded = foldName(name);
  const gnu = readGnu(folded) ?? readDocumentation(folded);
  if (gnu !== undefined) return single(gnu);
  const known = spellings.get(folded);
  if (known !== undefined) return readTable(known);
  const id = idsByFolded.get(folded);
  if (id !== undefined) return single(id);
  if (folded.endsWith("+")) return orLater(plainSpelling(folded.slice(0, -1)));
  return /\b(?:and|or|with|not?|non|without|except)\b/iu.test(name) ? undefined : readKin(name);
}

function plainSpelling(folded: string): SingleLicense | undefined {
  const text = spellings.get(folded) ?? idsByFolded.get(folded);
  return text === undefined ? undefined : readId(text);
}

function readTable(text: string): LicenseExpression {
  const alternatives = text.split(" OR ");
  if (alternatives.length > 1) return { kind: "or", terms: alternatives.map(fromList) };
  return readReference(text) ?? fromList(text);
}

/**
 * The letters, digits, dots and pluses of a name, without the words that are there or not: `The Apache Software License,
 * Version 2.0` and `apache-2.0` are `apache2.0`.
 */
function foldName(name: string): string {
  return wordsOf(name).join("");
}

function wordsOf(name: string): readonly string[] {
  const words = name.toLowerCase().match(/[a-z0-9.+]+/gu) ?? [];
  return words
    .map((word) => word.replace(/^v(?:er(?:sion)?)?\.?(?=\d)/u, "").replace(/^\.+|(?<!\.)\.+$/gu, ""))
    .filter((word) => !idleWords.has(word));
}

/** The GNU licences in their many names: `gplv2+`, `gnu lesser general public license v3 (lgplv3)`. */
function readGnu(folded: string): string | undefined {
  const found =
    /^([al]?gpl)v?(\d(?:\.\d)?)?(?:\.0)?(\+|orlater|only)?(?:\1v?(\d(?:\.\d)?)?(?:\.0)?(\+)?)?$/u.exec(
      shortGnu(folded),
    );
  if (found === null) return undefined;
  const [, family = "", version, suffix, versionBehind, suffixBehind] = found;
  if (version !== undefined && versionBehind !== undefined && version !== versionBehind) return undefined;
  const isOpen = suffix === "+" || suffix === "orlater" || suffixBehind === "+";
  return gnuId(family.toUpperCase(), version ?? versionBehind, isOpen);
}

function shortGnu(folded: string): string {
  return folded
    .replace(/^gnu/u, "")
    .replace(/^affero(?:general)?(?:public|gpl)/u, "agpl")
    .replace(/^(?:libraryor)?(?:lesser|library)(?:general)?(?:public|gpl)/u, "lgpl")
    .replace(/^general(?:public|gpl)/u, "gpl");
}

const gnuVersions: ReadonlyMap<string, readonly string[]> = new Map([
  ["AGPL", ["1.0", "3.0"]],
  ["LGPL", ["2.0", "2.1", "3.0"]],
  ["GPL", ["1.0", "2.0", "3.0"]],
]);

/** Without a version, any may be chosen: so says the licence itself (GPL-2.0, section 9). */
function gnuId(family: string, version: string | undefined, isOpen: boolean): string | undefined {
  const versions = gnuVersions.get(family) ?? [];
  const [first = ""] = versions;
  if (version === undefined) return `${family}-${first}-or-later`;
  const full = version.includes(".") ? version : `${version}.0`;
  return versions.includes(full) ? `${family}-${full}-${isOpen ? "or-later" : "only"}` : undefined;
}

/** Debian's `BSD-3-clause-Berkeley` and `BSD-3-google`, the same but for whom they name, and `solar-public-domain`. */
function readKin(name: string): LicenseExpression | undefined {
  const words = wordsOf(name);
  // What is a licence itself is nobody's name: `public domain, GPL`.
  if (/[,/+:(]/u.test(name) || words.some((word) => word !== "bsd" && isKnown(word))) return undefined;
  const folded = words.join("");
  if (folded.includes("publicdomain")) {
    const others = words.filter((word) => !publicDomainWords.has(word));
    return others.length > 1 ? undefined : { kind: "reference", name: "LicenseRef-Public-Domain" };
  }
  const clauses = /^bsd(?<clauses>[234])(?:clause)?(?!patent|clear|with|like|style|no)[a-z]+$/u.exec(folded)
    ?.groups?.clauses;
  return clauses === undefined ? undefined : single(`BSD-${clauses}-Clause`);
}

function isKnown(folded: string): boolean {
  return readGnu(folded) !== undefined || spellings.has(folded) || idsByFolded.has(folded);
}

/** The GNU Free Documentation License; Debian writes `NIV` where there are no invariant sections. */
function readDocumentation(folded: string): string | undefined {
  const found = /^(?:gnu)?(?:gfdl|fdl|freedocumentation(?:gfdl|fdl)?)(niv)?(1\.[123])?(\+|only)?$/u.exec(
    folded,
  );
  if (found === null) return undefined;
  const [, withoutInvariants, version, suffix] = found;
  const parts = [
    `GFDL-${version ?? "1.1"}`,
    ...(withoutInvariants === undefined ? [] : ["no-invariants"]),
    version === undefined || suffix === "+" ? "or-later" : "only",
  ];
  return parts.join("-");
}
