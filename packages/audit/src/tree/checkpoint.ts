import { AuditError } from "../errors.ts";
import { decodeBase64, encodeBase64, parseDecimal } from "./base64.ts";
import { HASH_BYTES } from "./merkle.ts";
import { type Note, parseNote, signNote, type VerifiedSignature, verifySignatures } from "./note.ts";
import { type NoteSigner, signatureTypes, type VerifierKey } from "./note-key.ts";

/** The head of a log at one size (c2sp.org/tlog-checkpoint, "Note text"). */
export interface Checkpoint {
  /** Which log it is. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** A checkpoint with the note that carries it. Who signed it is still to be asked. */
export interface CheckpointNote extends Checkpoint {
  readonly note: Note;
}

/** A checkpoint of which at least one signature by the log itself was verified. */
export interface TrustedCheckpoint extends CheckpointNote {
  readonly signedBy: readonly VerifiedSignature[];
  /** Known witnesses only. */
  readonly cosignedBy: readonly VerifiedSignature[];
}

/** The text that is signed: origin, size, root. Our logs write no extension lines. */
function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Signs a head, with each key once: the note that is served at `<prefix>/checkpoint`. */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  ...signers: readonly NoteSigner[]
): Promise<string> {
  return signNote(checkpointText(checkpoint), ...signers);
}

/** Reads a checkpoint without trusting it. Throws `NOTE_MALFORMED`. */
export function parseCheckpoint(text: string): CheckpointNote {
  const note = parseNote(text);
  const [origin = "", sizeLine = "", rootLine = "", ...extensions] = note.text.slice(0, -1).split("\n");
  const size = parseDecimal(sizeLine);
  const root = decodeBase64(rootLine);
  if (origin === "" || size === undefined || root?.length !== HASH_BYTES || extensions.includes("")) {
    throw new AuditError("NOTE_MALFORMED", "the note is no checkpoint: origin, size and root are expected");
  }
  return { origin, size, root, note };
}

/**
 * Reads a checkpoint that a trusted key of the log has signed. Throws `NOTE_MALFORMED`, and `SIGNATURE_INVALID`
 * when no key of the log signed it or any known key's signature is wrong.
 */
export function verifyCheckpoint(
  text: string,
  logKeys: readonly VerifierKey[],
  witnessKeys: readonly VerifierKey[] = [],
): TrustedCheckpoint {
  const checkpoint = parseCheckpoint(text);
  const signedBy = verifySignatures(checkpoint.note, logKeys);
  if (signedBy.length === 0) {
    throw new AuditError(
      "SIGNATURE_INVALID",
      `no trusted key signed the checkpoint of ${JSON.stringify(checkpoint.origin)}`,
    );
  }
  const cosigners = witnessKeys.filter(({ type }) => type === signatureTypes.cosignature);
  return { ...checkpoint, signedBy, cosignedBy: verifySignatures(checkpoint.note, cosigners) };
}
