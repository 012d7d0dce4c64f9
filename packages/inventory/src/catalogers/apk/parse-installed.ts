import type { SourcePackage } from "@pratique/core";
import { declaredLicenses } from "../../declared-licenses.ts";
import type { FailureLog } from "../../failure-log.ts";
import { isInertFile, mayBeInert } from "../../inert-files.ts";
import { collectRecords } from "../../installed-records.ts";
import { isToken } from "../../token.ts";

/** One installed package, as apk's database tells. */
export interface ApkRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  readonly source: SourcePackage;
  readonly isInert?: true;
  readonly licenses?: readonly string[];
}

/** Longer than any value that is believed: what is cut off here is refused, or left out, as too long. */
const MAX_VALUE = 8192;
const COLON = ":".charCodeAt(0);
const DIRECTORY = "F".charCodeAt(0);
const FILE = "R".charCodeAt(0);
const CARRIAGE_RETURN = 13;

/** Fields that are read, by the code of their letter (apk-tools, "Installed database V2"). */
const fieldsByCode = new Map([
  ["P".charCodeAt(0), "name"],
  ["V".charCodeAt(0), "version"],
  ["A".charCodeAt(0), "architecture"],
  ["o".charCodeAt(0), "origin"],
  ["L".charCodeAt(0), "license"],
] as const);

type Fields = {
  -readonly [Name in "name" | "version" | "architecture" | "origin" | "license"]?: string;
} & {
  /** The directory that was named last, and whether a file was that may run. */
  directory?: string;
  holdsMore?: boolean;
};

/**
 * The packages of an apk database, decoded as Latin-1: one letter, a colon and a value on each line, packages
 * apart by empty lines. What cannot be read is recorded, and the rest kept.
 */
export function parseInstalled(text: string, path: string, log: FailureLog): readonly ApkRecord[] {
  const read = (fields: Fields | string) => (typeof fields === "string" ? fields : toRecord(fields));
  return collectRecords(readFields(text), read, { path, log });
}

/** The fields of each record, or what is wrong with it. */
function* readFields(text: string): Iterable<Fields | string> {
  let fields: Fields | string | undefined;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const first = text.charCodeAt(start);
    if (end === start || (end === start + 1 && first === CARRIAGE_RETURN)) {
      if (fields !== undefined) yield fields;
      fields = undefined;
    } else {
      fields ??= {};
      const name = text.charCodeAt(start + 1) === COLON ? fieldsByCode.get(first) : undefined;
      if (name !== undefined && typeof fields !== "string") {
        const value = text.slice(start + 2, Math.min(end, start + MAX_VALUE)).trim();
        if (fields[name] === undefined) fields[name] = value;
        else fields = `field ${name} occurs twice`;
      } else if (typeof fields !== "string" && mayBeInert(fields.name ?? "")) {
        if (first === DIRECTORY) fields.directory = text.slice(start + 2, end);
        else if (first === FILE && !isInertFile(`${fields.directory}/${text.slice(start + 2, end)}`))
          fields.holdsMore = true;
      }
    }
    start = end + 1;
  }
  if (fields !== undefined) yield fields;
}

function toRecord(fields: Fields): ApkRecord | string {
  const { name, version, architecture, origin, license } = fields;
  if (name === undefined || !isName(name)) return `no package name, found ${quote(name)}`;
  if (version === undefined || !isToken(version)) return `no version of ${name}, found ${quote(version)}`;
  if (architecture !== undefined && !isName(architecture)) return `malformed architecture of ${name}`;
  if (origin !== undefined && !isName(origin)) return `malformed origin of ${name}`;
  const source = { name: origin ?? name, version };
  return {
    name,
    version,
    ...(architecture !== undefined && { architecture }),
    source,
    ...(isInert(fields) && { isInert: true }),
    ...declaredLicenses([license]),
  };
}

/** A package of which no directory is listed proves nothing. */
function isInert({ name = "", directory, holdsMore = false }: Fields): boolean {
  return mayBeInert(name) && directory !== undefined && !holdsMore;
}

/** Names of packages that `apk add --virtual` makes up begin with a dot. */
function isName(text: string): boolean {
  return /^[a-z0-9._][a-z0-9+._-]*$/iu.test(text) && isToken(text);
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
