import { declaredLicenses } from "../declared-licenses.ts";
import { decodeUtf8 } from "../decode-text.ts";

const MAGIC = "Pratique licences 1\n";

/** Writes the licences that a file tells, one on each line, instead of the file. */
export function condenseLicenses(licenses: readonly string[]): Uint8Array {
  return Buffer.from(MAGIC + licenses.join("\n"));
}

/**
 * The licences of a condensed file; undefined where it is a file as it was. Who writes one that looks condensed says in it
 * what any other file could have said.
 */
export function readCondensed(content: Buffer): readonly string[] | undefined {
  if (content.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) return undefined;
  return declaredLicenses(decodeUtf8(content.subarray(MAGIC.length)).split("\n")).licenses ?? [];
}
