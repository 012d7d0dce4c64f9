import { type Bytes, concat, decodeBase64, encodeUtf8, isSame, sha256 } from "./merkle-proof.ts";

/** The signature types that are known here (c2sp.org/signed-note, "Signature types"). */
const ED25519 = 0x01;
const COSIGNATURE = 0x04;

const MAX_NOTE_LENGTH = 65_536;
const MAX_SIGNATURES = 64;
const SIGNATURE_BYTES = 64;
const TIMESTAMP_BYTES = 8;
const KEY_BYTES = 32;
const ID_BYTES = 4;

/** A key that signs notes, as it is written in configuration: `name+id+base64`. */
export interface NoteKey {
  readonly name: string;
  readonly id: Bytes;
  /** `log`: signs what it says itself. `witness`: says that it has seen it, and when. */
  readonly kind: "log" | "witness";
  readonly publicKey: Bytes;
  readonly text: string;
}

/** A signed note, taken apart. Nothing in it is trusted yet. */
export interface Note {
  /** With its last newline. */
  readonly text: string;
  readonly lines: readonly { readonly name: string; readonly id: Bytes; readonly signature: Bytes }[];
}

/** A log's head (c2sp.org/tlog-checkpoint). */
export interface Head {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

/** Reads a verifier key, and checks that its id is its own; undefined for anything else. */
export async function parseNoteKey(text: string): Promise<NoteKey | undefined> {
  const groups = /^(?<name>[^+\s]+)\+(?<id>[0-9a-f]{8})\+(?<key>[A-Za-z0-9+/=]+)$/u.exec(text)?.groups;
  const typed = decodeBase64(groups?.key ?? "");
  const kind = kindOf(typed?.[0]);
  if (groups === undefined || typed?.length !== 1 + KEY_BYTES || kind === undefined) return undefined;
  const { name = "", id: written = "" } = groups;
  const id = (await sha256(concat([encodeUtf8(`${name}\n`), typed]))).slice(0, ID_BYTES);
  if (hexOf(id) !== written) return undefined;
  return { name, id, kind, publicKey: typed.slice(1), text };
}

/** Takes a signed note apart (c2sp.org/signed-note, "Format"); undefined for what has not its form. */
export function parseNote(note: string): Note | undefined {
  const end = note.lastIndexOf("\n\n");
  if (note.length > MAX_NOTE_LENGTH || end < 0 || !note.endsWith("\n")) return undefined;
  const lines = note
    .slice(end + 2, -1)
    .split("\n")
    .map(parseLine);
  if (lines.length > MAX_SIGNATURES) return undefined;
  const known = lines.filter((line) => line !== undefined);
  return known.length === lines.length ? { text: note.slice(0, end + 1), lines: known } : undefined;
}

/** Reads the text of a checkpoint; undefined for what has not its form. */
export function parseHead(text: string): Head | undefined {
  const [origin = "", sizeLine = "", rootLine = ""] = text.split("\n");
  const size = /^(?:0|[1-9]\d{0,15})$/u.test(sizeLine) ? Number(sizeLine) : Number.NaN;
  const root = decodeBase64(rootLine);
  if (origin === "" || !Number.isSafeInteger(size) || root === undefined) return undefined;
  return { origin, size, root };
}

/**
 * What a key's line below a note is worth: `valid`, `wrong`, or `absent` where the key has not signed. Throws what the
 * browser throws that does not know Ed25519.
 */
export async function checkSignature(note: Note, key: NoteKey): Promise<"valid" | "wrong" | "absent"> {
  const line = note.lines.find(({ name, id }) => name === key.name && isSame(id, key.id));
  if (line === undefined) return "absent";
  const isCosigned = key.kind === "witness";
  const raw = isCosigned ? line.signature.slice(TIMESTAMP_BYTES) : line.signature;
  if (raw.length !== SIGNATURE_BYTES) return "wrong";
  const message = isCosigned ? cosigned(note.text, line.signature) : note.text;
  const publicKey = await crypto.subtle.importKey("raw", key.publicKey, "Ed25519", false, ["verify"]);
  const fits = await crypto.subtle.verify("Ed25519", publicKey, raw, encodeUtf8(message));
  return fits ? "valid" : "wrong";
}

/** What a witness signs (c2sp.org/tlog-cosignature, "Ed25519 signed message"). */
function cosigned(text: string, signature: Bytes): string {
  const seconds = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  return `cosignature/v1\ntime ${seconds}\n${text}`;
}

function parseLine(line: string): Note["lines"][number] | undefined {
  const [dash, name = "", base64 = "", ...rest] = line.split(" ");
  const bytes = decodeBase64(base64);
  if (dash !== "\u2014" || name === "" || rest.length > 0 || bytes === undefined) return undefined;
  if (bytes.length <= ID_BYTES) return undefined;
  return { name, id: bytes.slice(0, ID_BYTES), signature: bytes.slice(ID_BYTES) };
}

function hexOf(bytes: Bytes): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function kindOf(type: number | undefined): NoteKey["kind"] | undefined {
  if (type === ED25519) return "log";
  return type === COSIGNATURE ? "witness" : undefined;
}
