import { declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** What a distribution says it is, as written. */
export interface PythonMetadata {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly string[];
}

/** Headers come before the description; what begins later than this is none that a tool wrote. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Longer than any value that is believed: what is cut off here is refused, or left out, as too long. */
const MAX_LINE = 8192;

/**
 * Reads name, version and licences from core metadata (PyPA specifications, "Core metadata"): headers as in a mail, up to
 * the first empty line. Gives what is wrong with it where it is malformed.
 */
export function parseMetadata(content: Buffer): PythonMetadata | string {
  const text = decodeUtf8(content.subarray(0, MAX_HEADER_BYTES));
  const headers: Headers = { classifiers: [] };
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + MAX_LINE)).trimEnd();
    if (line === "") break;
    readHeader(line, headers);
    start = end + 1;
  }
  return check(headers);
}

interface Headers {
  name?: string | undefined;
  version?: string | undefined;
  expression?: string | undefined;
  license?: string | undefined;
  readonly classifiers: string[];
}

/** The first of several counts, as it does for Python's own reader. */
function readHeader(line: string, headers: Headers): void {
  const first = line.charCodeAt(0) | LOWER_CASE;
  if (!INITIALS.has(first)) return;
  headers.name ??= headerValue(line, "name:");
  headers.version ??= headerValue(line, "version:");
  headers.expression ??= headerValue(line, "license-expression:");
  headers.license ??= headerValue(line, "license:");
  const classifier = headerValue(line, "classifier:");
  if (classifier?.startsWith(OF_LICENSES) === true && headers.classifiers.length < MAX_CLASSIFIERS)
    headers.classifiers.push(classifier.slice(classifier.lastIndexOf("::") + 2));
}

const LOWER_CASE = 0x20;
const INITIALS: ReadonlySet<number> = new Set(["n", "v", "l", "c"].map((letter) => letter.charCodeAt(0)));
const OF_LICENSES = "License :: ";
const MAX_CLASSIFIERS = 16;

/**
 * The expression (PEP 639) is the word of the author; classifiers come from a list; the free text may be the whole licence,
 * and what is then seen of it, its first line, is no name.
 */
function licensesOf({ expression, license, classifiers }: Headers): readonly unknown[] {
  if (expression !== undefined) return [expression];
  const named = classifiers.filter((name) => name.trim() !== "OSI Approved");
  const isName = license !== undefined && license.length <= MAX_NAME && license.toUpperCase() !== "UNKNOWN";
  return isName && license !== "" && (named.length === 0 || isExact(license)) ? [license] : named;
}

/** Of the free text, what has a version tells more than a classifier that has none. */
function isExact(license: string): boolean {
  return license.length <= 40 && /\d/u.test(license);
}

const MAX_NAME = 100;

function headerValue(line: string, header: string): string | undefined {
  return line.slice(0, header.length).toLowerCase() === header ? line.slice(header.length).trim() : undefined;
}

function check(headers: Headers): PythonMetadata | string {
  const { name, version } = headers;
  if (name === undefined || !isName(name)) return `no package name, found ${quote(name)}`;
  if (version === undefined || !isToken(version)) return `no version of ${name}, found ${quote(version)}`;
  return { name, version, ...declaredLicenses(licensesOf(headers)) };
}

/** Wider than PEP 508 by what old packages have. */
function isName(text: string): boolean {
  return isToken(text) && !text.includes("/");
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
