import { type JsonObject, type JsonValue, parseJson } from "@pratique/core";
import { AuditError } from "../errors.ts";
import { decodeBase64 } from "../tree/base64.ts";
import { canonicalJson } from "../tree/canonical-json.ts";
import { opensCommitment } from "../tree/commitment.ts";
import { isObject } from "../tree/json-object.ts";
import { type ProofTrust, verifyProof } from "../tree/proof.ts";
import { parseEntry } from "../tree/tree-entry.ts";
import type { TreeEntry } from "../tree/tree-event.ts";
import { escapeSteering } from "./json-lines.ts";

const personal = { "actor.name": "name", "actor.address": "address" } as const;
const members = ["entry", "index", "opened", "origin", "proof", "salts"];

/**
 * Verifies a line that `formatJsonLine` wrote with a proof: that its entry, byte for byte, is in a log that trusted keys vouch for,
 * at the place that the line names, and that the entry committed to the names and addresses beside it. Needs no connection. Throws
 * an {@link AuditError} where any of that is not so.
 */
export function verifyJsonLine(line: string, trust: ProofTrust): ReturnType<typeof verifyProof> {
  const value = objectIn(line);
  const { origin, index, entry, proof, opened = {}, salts = {} } = value;
  const isWhole = typeof proof === "string" && [entry, opened, salts].every(isObject);
  if (!isWhole || !isObject(entry) || !isObject(opened) || !isObject(salts)) {
    throw invalid("it is no entry with its proof");
  }
  if (Object.keys(value).some((name) => !members.includes(name)))
    throw invalid("it says more than is proved");
  const bytes = Buffer.from(canonicalJson(entry));
  const proved = verifyProof(proof, bytes, trust);
  if (proved.index !== index || proved.checkpoint.origin !== origin) {
    throw invalid("its proof is of another log or place than it names");
  }
  checkOpened(parseEntry(bytes), { opened, salts });
  return proved;
}

/** In the one form in which lines are written: what could be changed unseen could mean something to somebody. */
function objectIn(line: string): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(line);
  } catch (cause) {
    throw new AuditError("PROOF_INVALID", "the line is no JSON", { cause });
  }
  if (!isObject(value) || escapeSteering(canonicalJson(value)) !== line) {
    throw invalid("it is not in the form of an export");
  }
  return value;
}

function checkOpened(
  { actor }: TreeEntry,
  { opened, salts }: { readonly opened: JsonObject; readonly salts: JsonObject },
): void {
  for (const field of new Set([...Object.keys(opened), ...Object.keys(salts)])) {
    const [value, salt] = [opened[field], salts[field]];
    const isKnown = field === "actor.name" || field === "actor.address";
    const commitment = isKnown ? actor[personal[field]] : undefined;
    const fits =
      isKnown &&
      commitment !== undefined &&
      typeof value === "string" &&
      typeof salt === "string" &&
      decodeBase64(salt) !== undefined &&
      opensCommitment({ field, value, salt }, commitment);
    if (!fits) throw invalid(`the entry did not commit to its ${JSON.stringify(field)}`);
  }
}

function invalid(what: string): AuditError {
  return new AuditError("PROOF_INVALID", `the line does not hold: ${what}`);
}
