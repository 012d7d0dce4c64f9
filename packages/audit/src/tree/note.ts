import { verify } from "node:crypto";
import { AuditError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import {
  isKeyName,
  type LocalSigner,
  type NoteSigner,
  signatureTypes,
  type VerifierKey,
} from "./note-key.ts";

/** A note beyond this is not read. */
export const MAX_NOTE_BYTES = 65_536;
/** Verifiers must accept at least 16 (signed-note, "Format"). */
const MAX_SIGNATURES = 64;
const TIMESTAMP_BYTES = 8;
const SIGNATURE_BYTES = 64;
const DASH = "\u2014";

/** One line below a note: who says to have signed, and the bytes. */
export interface NoteSignature {
  readonly name: string;
  /** Eight lower-case hexadecimal digits. */
  readonly id: string;
  readonly signature: Uint8Array;
}

/** A note that was taken apart. Nothing in it is trusted yet. */
export interface Note {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that was verified. */
export interface VerifiedSignature {
  readonly key: VerifierKey;
  /** Seconds since 1970: when a witness signed. Only cosignatures have it. */
  readonly timestamp?: number;
}

/** Takes a signed note apart (c2sp.org/signed-note, "Format"). Throws `NOTE_MALFORMED`. */
export function parseNote(note: string): Note {
  if (Buffer.byteLength(note) > MAX_NOTE_BYTES) throw malformed(`over ${MAX_NOTE_BYTES} bytes`);
  if (hasControls(note)) throw malformed("control characters");
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw malformed("no signatures");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw malformed(`over ${MAX_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignatureLine) };
}

/** Reads `— <name> <base64>`, without the newline at its end. Throws `NOTE_MALFORMED`. */
export function parseSignatureLine(line: string): NoteSignature {
  const [dash, name = "", base64 = "", ...rest] = line.split(" ");
  const bytes = decodeBase64(base64);
  if (dash !== DASH || rest.length > 0 || !isKeyName(name) || bytes === undefined || bytes.length < 5) {
    throw malformed(`a signature line ${JSON.stringify(line.slice(0, 100))}`);
  }
  return { name, id: bytes.subarray(0, 4).toString("hex"), signature: bytes.subarray(4) };
}

/** The line of a signature, with its newline. */
export function formatSignatureLine({ name, id, signature }: NoteSignature): string {
  return `${DASH} ${name} ${encodeBase64(Buffer.concat([Buffer.from(id, "hex"), signature]))}\n`;
}

/** Signs a text, which has to end in a newline, with each key; gives the note. */
export async function signNote(text: string, ...signers: readonly NoteSigner[]): Promise<string> {
  let note = `${text}\n`;
  for (const signer of signers) {
    const signature = await signer.sign(Buffer.from(text, "utf8"));
    note += formatSignatureLine({ ...signer.key, signature });
  }
  return note;
}

/**
 * The signatures of a note by known keys, each verified. Lines of unknown keys are passed over, as the
 * specification demands. Throws `SIGNATURE_INVALID` when one of a known key is wrong.
 */
export function verifySignatures(note: Note, keys: readonly VerifierKey[]): readonly VerifiedSignature[] {
  const verified: VerifiedSignature[] = [];
  for (const line of note.signatures) {
    const key = keys.find(({ name, id }) => name === line.name && id === line.id);
    if (key === undefined || verified.some((found) => found.key === key)) continue;
    verified.push(verifySignature(note.text, line, key));
  }
  return verified;
}

/** The bytes that a cosignature covers (c2sp.org/tlog-cosignature, "Ed25519 signed message"). */
function cosignedMessage(text: string, timestamp: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timestamp}\n${text}`, "utf8");
}

/** A cosignature line, with its newline, over the text of a checkpoint (tlog-cosignature, "Format"). */
export function cosign(text: string, timestamp: number, signer: LocalSigner): string {
  const time = Buffer.alloc(TIMESTAMP_BYTES);
  time.writeBigUInt64BE(BigInt(timestamp));
  const signature = Buffer.concat([time, signer.sign(cosignedMessage(text, timestamp))]);
  return formatSignatureLine({ ...signer.key, signature });
}

function verifySignature(text: string, line: NoteSignature, key: VerifierKey): VerifiedSignature {
  const { signature } = line;
  const cosigned = key.type === signatureTypes.cosignature;
  const timestamp = cosigned ? readTimestamp(signature) : undefined;
  const message = timestamp === undefined ? Buffer.from(text, "utf8") : cosignedMessage(text, timestamp);
  const raw = cosigned ? signature.subarray(TIMESTAMP_BYTES) : signature;
  if (raw.length !== SIGNATURE_BYTES || !verify(null, message, key.publicKey, raw)) {
    throw new AuditError("SIGNATURE_INVALID", `the signature of ${JSON.stringify(key.name)} is wrong`);
  }
  return timestamp === undefined ? { key } : { key, timestamp };
}

function readTimestamp(signature: Uint8Array): number {
  if (signature.length < TIMESTAMP_BYTES) return 0;
  const seconds = Buffer.from(signature).readBigUInt64BE();
  // A time that no number holds cannot have been signed as it stands: the signature will not fit.
  return seconds > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(seconds);
}

/** ASCII control characters other than newline (signed-note, "Format"). */
function hasControls(note: string): boolean {
  for (let at = 0; at < note.length; at += 1) {
    const code = note.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}

function malformed(what: string): AuditError {
  return new AuditError("NOTE_MALFORMED", `the note cannot be read: ${what}`);
}
