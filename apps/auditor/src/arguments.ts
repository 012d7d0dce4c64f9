import { parseVerifierKey, type Quorum, signatureTypes, type VerifierKey } from "@pratique/audit";
import { messageOf } from "@pratique/core";
import { AuditorError } from "./errors.ts";
import { readTextFile } from "./files.ts";

/** Reads keys as they were given: each a verifier key, or `@FILE` with one a line. */
export function readKeys(values: readonly string[] | undefined): readonly VerifierKey[] {
  return (values ?? []).flatMap((value) =>
    value.startsWith("@")
      ? readTextFile(value.slice(1))
          .split("\n")
          .filter((line) => line !== "" && !line.startsWith("#"))
          .map(parseKey)
      : [parseKey(value)],
  );
}

/** The witnesses, and how many of them are required: all, unless said otherwise. */
export function readQuorum(
  witnesses: readonly string[] | undefined,
  required: string | undefined,
): Quorum | undefined {
  const keys = readKeys(witnesses);
  if (keys.some(({ type }) => type !== signatureTypes.cosignature)) {
    throw new AuditorError("ARGUMENTS_INVALID", "a key given with --witness is not one of a witness");
  }
  if (keys.length === 0 && required === undefined) return undefined;
  const count = required === undefined ? keys.length : readCount("--quorum", required);
  if (count < 1 || count > keys.length) {
    throw new AuditorError("ARGUMENTS_INVALID", `--quorum has to be between 1 and ${keys.length}`);
  }
  return { witnesses: keys, required: count };
}

/** A whole number from 0 on. */
export function readCount(option: string, text: string): number {
  if (!/^(?:0|[1-9]\d{0,14})$/u.test(text)) {
    throw new AuditorError("ARGUMENTS_INVALID", `${option} ${JSON.stringify(text)} is no whole number`);
  }
  return Number(text);
}

function parseKey(vkey: string): VerifierKey {
  try {
    return parseVerifierKey(vkey);
  } catch (cause) {
    throw new AuditorError("ARGUMENTS_INVALID", messageOf(cause), { cause });
  }
}
