import { anyOf, declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";

/** What a gem says it is. */
export interface Gem {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly string[];
}

/** RubyGems writes name and version before everything else. */
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_LINES = 400;

/** `# stub: NAME VERSION PLATFORM REQUIRE_PATHS`: the line from which RubyGems itself knows an installed gem. */
const STUB = /^# stub: (?<name>\S+) (?<version>\S+) \S/u;

/** `s.name = "rack".freeze`, with any quotes that Ruby has for a plain text. */
const ASSIGNMENT =
  /^[a-z_]\w*\.(?<field>name|version) *= *(?:Gem::Version\.new *(?:\( *)?)?(?:"(?<double>[^"\\#]*)"|'(?<single>[^'\\]*)'|%q<(?<angle>[^>\\]*)>)/u;

/**
 * Reads name, version and licences of an installed gem from its specification, which is a program in Ruby, without running
 * it. RubyGems begins each that it installs with a stub line (`Gem::StubSpecification`); those that a distribution
 * wrote by hand assign plain texts. What is computed there is taken from the file's own name, which RubyGems
 * gives as `NAME-VERSION[-PLATFORM].gemspec`. The platform is no part of the version.
 *
 * Gives what is wrong where neither tells.
 */
export function parseGemspec(content: Buffer, basename: string): Gem | string {
  const lines = decodeUtf8(content.subarray(0, MAX_HEAD_BYTES)).split("\n", MAX_LINES);
  const written = readStub(lines) ?? readAssignments(lines);
  const named = readFileName(basename, written.name);
  const name = written.name ?? named?.name;
  const version = written.version ?? named?.version;
  if (name === undefined || !isName(name)) return `no name of a gem, found ${quote(name)}`;
  if (version === undefined || !isVersion(version)) return `no version of ${name}, found ${quote(version)}`;
  return { name, version, ...declaredLicenses(readLicenses(lines)) };
}

/** `s.licenses = ["MIT".freeze, "Ruby".freeze]`: one may be chosen (RubyGems, "Specification Reference"). */
const LICENSES =
  /^[a-z_]\w*\.licenses? *=[\s,]*(?:\[[\s,]*)?(?<list>["'][^"'\\#]*["'](?:\.freeze)?(?:[\s,]*["'][^"'\\#]*["'](?:\.freeze)?)*)/u;

function readLicenses(lines: readonly string[]): readonly unknown[] {
  const assigned = lines.map((line) => LICENSES.exec(line.slice(0, 1024).trim())?.groups?.list);
  // As for Ruby, the last assignment holds.
  const list = assigned.findLast((found) => found !== undefined) ?? "";
  return anyOf([...list.matchAll(/["']([^"']*)["']/gu)].map(([, text]) => text));
}

type Written = Partial<Gem>;

/** RubyGems looks at the first lines only, behind those about the encoding. */
function readStub(lines: readonly string[]): Written | undefined {
  for (const line of lines.slice(0, 3)) {
    const groups = STUB.exec(line)?.groups;
    if (groups?.name !== undefined && groups.version !== undefined) {
      return { name: groups.name, version: groups.version };
    }
  }
  return undefined;
}

function readAssignments(lines: readonly string[]): Written {
  let written: Written = {};
  for (const line of lines) {
    const groups = ASSIGNMENT.exec(line.slice(0, 1024).trim())?.groups;
    if (groups === undefined) continue;
    const text = groups.double ?? groups.single ?? groups.angle ?? "";
    // As for Ruby, the last assignment holds.
    written = groups.field === "name" ? { ...written, name: text } : { ...written, version: text };
  }
  return written;
}

/** A name may hold hyphens with digits behind them: where it is known, what follows it is the version. */
function readFileName(basename: string, name: string | undefined): Gem | undefined {
  const stem = basename.slice(0, -".gemspec".length);
  if (name !== undefined) {
    const rest = stem.startsWith(`${name}-`) ? stem.slice(name.length + 1) : "";
    const version = LEADING_VERSION.exec(rest)?.groups?.version;
    return version === undefined ? undefined : { name, version };
  }
  for (let at = stem.indexOf("-"); at >= 0; at = stem.indexOf("-", at + 1)) {
    const version = LEADING_VERSION.exec(stem.slice(at + 1, at + 1 + MAX_VERSION))?.groups?.version;
    if (version !== undefined) return { name: stem.slice(0, at), version };
  }
  return undefined;
}

const MAX_VERSION = 128;
const LEADING_VERSION = /^(?<version>\d+(?:\.[0-9A-Za-z]+)*)(?:-|$)/u;

/** `Gem::Specification::VALID_NAME_PATTERN`. */
function isName(text: string): boolean {
  return /^[\w.-]{1,256}$/u.test(text);
}

/** Nothing but what a version can be made of, so that no word of a program is taken for one. */
function isVersion(text: string): boolean {
  return /^\d[0-9A-Za-z.-]{0,127}$/u.test(text);
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
