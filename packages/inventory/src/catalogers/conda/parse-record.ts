import { isRecord, parseJson, textOf } from "@pratique/core";
import { declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** What conda says of a package that it installed. */
export interface CondaRecord {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly string[];
}

/** Reads `conda-meta/NAME-VERSION-BUILD.json` (conda documentation, "Prefix record"), or tells what is wrong with it. */
export function parseRecord(content: Buffer): CondaRecord | string {
  let record: unknown;
  try {
    record = parseJson(decodeUtf8(content));
  } catch {
    return "record is not JSON";
  }
  if (!isRecord(record)) return "record is not an object";
  const name = textOf(record.name);
  const version = textOf(record.version);
  if (name === undefined || !/^[\w.-]+$/u.test(name) || !isToken(name))
    return "expected the name of a package";
  if (version === undefined || !isToken(version)) return `expected the version of ${JSON.stringify(name)}`;
  return { name, version, ...declaredLicenses([record.license]) };
}
