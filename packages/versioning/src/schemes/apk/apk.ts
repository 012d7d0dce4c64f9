import { compareDigits, compareOrdered, isDigitCode } from "../../digits.ts";
import { malformed } from "../../errors.ts";
import type { Ordering, VersionScheme } from "../../scheme.ts";

/**
 * Versions of Alpine packages, `digits{.digits}[letter]{_suffix[digits]}[~hash][-rdigits]`, ordered as
 * apk-tools 3 orders them (apk-package(5), "PACKAGE METADATA", pkgver).
 *
 * One form is taken from apk-tools 2, which Alpine's own data hold and apk-tools 3 refuses: digits after the
 * letter (`6.6.2p1`). Where the two disagree on valid versions, which is only in components with leading zeros
 * that differ in the number of zeros (`1.00`, `1.010`), version 3 decides: as fractions, by text.
 */
export const apk: VersionScheme = {
  name: "apk",
  ecosystems: ["Alpine", "Chainguard", "Wolfi"],
  isValid: (text) => PATTERN.test(text),
  compare(left, right) {
    if (!PATTERN.test(left)) throw malformed("apk", left);
    if (!PATTERN.test(right)) throw malformed("apk", right);
    return compareTokens(tokensOf(left), tokensOf(right));
  },
};

const PATTERN =
  /^\d+(?:\.\d+)*(?:[a-z](?:\d+(?:\.\d+)*)?)?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(?:~[0-9a-f]+)?(?:-r\d+)?$/u;

const TOKEN = /\.\d+|_[a-z]+|~[0-9a-f]+|-r\d+|[a-z]|\d+/gu;

/** Suffixes in their order; those before the pivot mark what comes before the version itself. */
const PRE_SUFFIXES = ["_alpha", "_beta", "_pre", "_rc"];
const POST_SUFFIXES = ["_cvs", "_svn", "_git", "_hg", "_p"];

/**
 * The kinds of token, lowest first: where two versions go on differently after the same beginning, the kind of
 * what comes next decides. A mark of a pre-release is below the end of the version, everything else above.
 */
const kinds = [
  "pre-suffix",
  "end",
  "revision",
  "hash",
  "suffix-number",
  "post-suffix",
  "letter",
  "component",
  "number",
] as const;

interface Token {
  readonly kind: (typeof kinds)[number];
  readonly text: string;
}

const END: Token = { kind: "end", text: "" };

function compareTokens(left: readonly Token[], right: readonly Token[]): Ordering {
  for (let index = 0; index < left.length || index < right.length; index += 1) {
    const order = compareToken(left[index] ?? END, right[index] ?? END);
    if (order !== 0) return order;
  }
  return 0;
}

function compareToken(left: Token, right: Token): Ordering {
  if (left.kind !== right.kind) return compareOrdered(kinds.indexOf(left.kind), kinds.indexOf(right.kind));
  switch (left.kind) {
    case "component":
      return compareComponents(left.text, right.text);
    case "number":
    case "suffix-number":
    case "revision":
      return compareDigits(left.text, right.text);
    case "pre-suffix":
      return compareOrdered(PRE_SUFFIXES.indexOf(left.text), PRE_SUFFIXES.indexOf(right.text));
    case "post-suffix":
      return compareOrdered(POST_SUFFIXES.indexOf(left.text), POST_SUFFIXES.indexOf(right.text));
    case "letter":
    case "hash":
      return compareOrdered(left.text, right.text);
    case "end":
      return 0;
  }
}

/** A component after the first that begins with a zero is read like the digits of a fraction. */
function compareComponents(left: string, right: string): Ordering {
  if (left.startsWith("0") || right.startsWith("0")) return compareOrdered(left, right);
  return compareDigits(left, right);
}

function tokensOf(version: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const text of version.match(TOKEN) ?? []) tokens.push(tokenOf(text, tokens.at(-1)));
  return tokens;
}

function tokenOf(text: string, previous: Token | undefined): Token {
  switch (text.charAt(0)) {
    case ".":
      return { kind: "component", text: text.slice(1) };
    case "_":
      return { kind: PRE_SUFFIXES.includes(text) ? "pre-suffix" : "post-suffix", text };
    case "~":
      return { kind: "hash", text };
    case "-":
      return { kind: "revision", text: text.slice("-r".length) };
    default:
      return { kind: kindOfBare(text, previous), text };
  }
}

function kindOfBare(text: string, previous: Token | undefined): Token["kind"] {
  if (!isDigitCode(text.charCodeAt(0))) return "letter";
  return previous?.kind === "pre-suffix" || previous?.kind === "post-suffix" ? "suffix-number" : "number";
}
