import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** What a distribution says it is, as written. */
export interface PythonMetadata {
  readonly name: string;
  readonly version: string;
}

/** Headers come before the description; what begins later than this is none that a tool wrote. */
const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * Reads name and version from core metadata (PyPA specifications, "Core metadata"): headers as in a mail, up to
 * the first empty line. Gives what is wrong with it where it is malformed.
 */
export function parseMetadata(content: Buffer): PythonMetadata | string {
  const text = decodeUtf8(content.subarray(0, MAX_HEADER_BYTES));
  let name: string | undefined;
  let version: string | undefined;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, Math.min(end, start + 1024)).trimEnd();
    if (line === "") break;
    // The first of several counts, as it does for Python's own reader.
    name ??= headerValue(line, "name:");
    version ??= headerValue(line, "version:");
    if (name !== undefined && version !== undefined) break;
    start = end + 1;
  }
  return check(name, version);
}

function headerValue(line: string, header: string): string | undefined {
  return line.slice(0, header.length).toLowerCase() === header ? line.slice(header.length).trim() : undefined;
}

function check(name: string | undefined, version: string | undefined): PythonMetadata | string {
  if (name === undefined || !isName(name)) return `no package name, found ${quote(name)}`;
  if (version === undefined || !isToken(version)) return `no version of ${name}, found ${quote(version)}`;
  return { name, version };
}

/** Wider than PEP 508 by what old packages have. */
function isName(text: string): boolean {
  return isToken(text) && !text.includes("/");
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
