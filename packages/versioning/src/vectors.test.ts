import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Ordering } from "./scheme.ts";
import { versionSchemes } from "./schemes/schemes.ts";

/** Hand-written comparisons that others publish; absent in most checkouts. */
const ARCHIVE = "../shared/data/version-ordering-handwritten/version-ordering-handwritten.tar.gz";
const present = existsSync(ARCHIVE);

/** `differs`: what holds for texts alone, and not for the package manager, to which `1.0` and `1.0.0` are the same. */
interface Source {
  readonly name: string;
  readonly file: string;
  readonly refused: number;
  readonly differs?: readonly string[];
}

const sources: readonly Source[] = [
  { name: "apk", file: "alpine-versions.txt", refused: 33 },
  { name: "composer", file: "packagist-versions.txt", refused: 11, differs: ["1.0.0 > 1.0"] },
  { name: "deb", file: "debian-versions.txt", refused: 0 },
  { name: "gem", file: "rubygems-versions.txt", refused: 2 },
  { name: "maven", file: "maven-versions.txt", refused: 0 },
  { name: "nuget", file: "nuget-versions.txt", refused: 0 },
  { name: "pep440", file: "pypi-versions.txt", refused: 11 },
  { name: "pub", file: "pub-versions.txt", refused: 1 },
  { name: "rpm", file: "redhat-versions.txt", refused: 37 },
  { name: "semver", file: "semver-versions.txt", refused: 0 },
];

const ORDERINGS: Readonly<Record<string, Ordering>> = { "<": -1, "=": 0, ">": 1 };

describe.skipIf(!present)(`published comparisons${present ? "" : ` (SKIPPED: no ${ARCHIVE})`}`, () => {
  it.each(sources)(
    "agrees with all of $file that its package manager can read",
    ({ name, file, refused, differs = [] }) => {
      const scheme = versionSchemes.find((candidate) => candidate.name === name);
      if (scheme === undefined) throw new Error(`no scheme ${name}`);
      const rows = readRows(file);
      const readable = rows.filter(({ left, right }) => scheme.isValid(left) && scheme.isValid(right));
      const wrong = readable.filter(({ left, right, expected }) => scheme.compare(left, right) !== expected);
      expect(wrong.map(({ left, sign, right }) => `${left} ${sign} ${right}`)).toEqual(differs);
      expect(rows.length - readable.length).toBe(refused);
    },
  );
});

function readRows(file: string) {
  const text = execFileSync("tar", ["-xzOf", ARCHIVE, `semantic/testdata/${file}`], { encoding: "utf8" });
  return text
    .split("\n")
    .map((line) => /^(?<left>[^#/\s]\S*) (?<sign>[<=>]) (?<right>\S+)$/u.exec(line.trim())?.groups)
    .filter((groups) => groups !== undefined)
    .map(({ left = "", sign = "", right = "" }) => ({ left, sign, right, expected: ORDERINGS[sign] }));
}
