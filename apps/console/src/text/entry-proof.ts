import { messageOf } from "@pratique/core";
import { decodeBase64, encodeBase64, encodeUtf8, isIncluded, leafHashOf } from "./merkle-proof.ts";
import {
  checkSignature,
  type Head,
  type Note,
  type NoteKey,
  parseHead,
  parseNote,
  parseNoteKey,
} from "./signed-note.ts";

/** What the server says of an entry, and of the log. Nothing of it is believed. */
export interface ClaimedEntry {
  /** Exactly what was hashed. */
  readonly text: string;
  readonly index: number;
  readonly leafHash: string;
  /** The audit path, the leaf's sibling first; Base 64. */
  readonly hashes: readonly string[];
  /** The signed note. */
  readonly checkpoint: string;
  /** The keys of the log and of its witnesses. */
  readonly keys: readonly string[];
  /** The log's key that was seen before, where there was one. */
  readonly knownKey: string | undefined;
}

/** `told`: true as far as the server is believed. */
export interface ProofStep {
  readonly name: string;
  readonly state: "passed" | "failed" | "told";
  readonly detail: string;
}

export interface EntryProof {
  readonly steps: readonly ProofStep[];
  /** The key that signed; to be remembered where the proof holds. */
  readonly logKey: string | undefined;
  readonly holds: boolean;
}

/**
 * Checks with the browser's own cryptography that an entry is in the log: its hash, its path to the root, and who
 * signed that root. Each step is told; the first that fails ends it.
 */
export async function proveEntry(claim: ClaimedEntry): Promise<EntryProof> {
  const steps: ProofStep[] = [];
  const step = (name: string, passed: boolean, detail: string) => {
    steps.push({ name, state: passed ? "passed" : "failed", detail });
    return passed;
  };
  const end = (logKey?: string): EntryProof => ({
    steps,
    logKey,
    holds: steps.every(({ state }) => state !== "failed"),
  });

  const leaf = await leafHashOf(encodeUtf8(claim.text));
  const same = encodeBase64(leaf) === claim.leafHash;
  if (
    !step(
      "The text has the hash of the leaf",
      same,
      same ? claim.leafHash : `it hashes to ${encodeBase64(leaf)}`,
    )
  )
    return end();

  const note = parseNote(claim.checkpoint);
  const head = note === undefined ? undefined : parseHead(note.text);
  if (note === undefined || head === undefined) {
    step("The checkpoint can be read", false, "it is no signed note with origin, size and root");
    return end();
  }
  const path = claim.hashes.map(decodeBase64).filter((hash) => hash !== undefined);
  const included =
    path.length === claim.hashes.length &&
    (await isIncluded({ leafHash: leaf, index: claim.index, size: head.size, root: head.root }, path));
  const where = `entry ${claim.index}, ${path.length} hashes up to the root of ${head.size.toLocaleString("en")} entries`;
  if (!step("The path leads from the leaf to the root", included, where)) return end();

  return await proveHead({ note, head, claim, step, end, steps });
}

interface HeadCheck {
  readonly note: Note;
  readonly head: Head;
  readonly claim: ClaimedEntry;
  readonly steps: ProofStep[];
  readonly step: (name: string, passed: boolean, detail: string) => boolean;
  readonly end: (logKey?: string) => EntryProof;
}

async function proveHead({ note, head, claim, steps, step, end }: HeadCheck): Promise<EntryProof> {
  const keys = (await Promise.all(claim.keys.map(parseNoteKey))).filter((key) => key !== undefined);
  const logKey = keys.find(({ kind, name }) => kind === "log" && name === head.origin);
  if (logKey === undefined) {
    step("The log's key signed the root", false, `no key of ${JSON.stringify(head.origin)} is known`);
    return end();
  }
  const signature = await signatureOf(note, logKey);
  if (!step("The log's key signed the root", signature === "valid", words(signature, logKey))) return end();

  if (claim.knownKey === undefined) {
    const detail = `${logKey.text} is seen for the first time: compare it with the key that was noted at the installation`;
    steps.push({ name: "The key is the log's", state: "told", detail });
  } else {
    const known = claim.knownKey === logKey.text;
    const detail = known
      ? "it is the key that this browser saw before"
      : `this browser knows ${claim.knownKey}`;
    step("The key is the log's", known, detail);
  }
  for (const witness of keys.filter(({ kind }) => kind === "witness")) {
    const seen = await signatureOf(note, witness);
    const name = `The witness ${witness.name} has seen this root`;
    if (seen === "absent") steps.push({ name, state: "told", detail: "it has not cosigned this root yet" });
    else step(name, seen === "valid", words(seen, witness));
  }
  return end(logKey.text);
}

async function signatureOf(note: Note, key: NoteKey): Promise<string> {
  try {
    return await checkSignature(note, key);
  } catch (thrown) {
    return `this browser cannot check Ed25519: ${messageOf(thrown)}`;
  }
}

function words(signature: string, { text }: NoteKey): string {
  if (signature === "valid") return text;
  if (signature === "wrong") return `the signature of ${text} is wrong`;
  return signature === "absent" ? `there is no signature of ${text}` : signature;
}
