import { closeSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import path from "node:path";

/** How a planted text was written where it was found. */
export type CanaryForm = "raw" | "base64" | "base64url" | "hex" | "utf16le" | "utf16be";

export interface CanaryHit {
  readonly file: string;
  /** In bytes from the start of the file; -1 for a hit in the file's name. */
  readonly offset: number;
  readonly form: CanaryForm;
}

interface Pattern {
  readonly form: CanaryForm;
  readonly bytes: Buffer;
}

const BLOCK_BYTES = 1024 * 1024;
const MIN_CANARY_CHARACTERS = 12;

/**
 * Looks for a planted text in every byte of every file under the given files and directories: raw, in base64
 * and base64url at each of the three alignments, in hex of either case, and in UTF-16 of either order. Also
 * looks at the names of files. Throws where something cannot be read: what was not looked at is not clean.
 *
 * Does not see through compression, nor a text that a database has split over two pages; keep it short, and
 * plant it several times. A text in UTF-16 may be told in both orders. Symlinks are not followed. Sockets and pipes have no bytes to look at.
 */
export function findCanary(roots: readonly string[], canary: string): readonly CanaryHit[] {
  // A short text would be found by chance, or not at all in base64.
  if (canary.length < MIN_CANARY_CHARACTERS) {
    throw new RangeError(`a canary has at least ${MIN_CANARY_CHARACTERS} characters`);
  }
  const patterns = patternsOf(canary);
  const hits = roots.flatMap((root) => filesUnder(root).flatMap((file) => findInFile(file, patterns)));
  return hits.sort((left, right) => (left.file < right.file ? -1 : Number(left.file > right.file)));
}

function patternsOf(canary: string): readonly Pattern[] {
  const raw = Buffer.from(canary, "utf8");
  const utf16 = Buffer.from(canary, "utf16le");
  const hex = raw.toString("hex");
  const patterns: Pattern[] = [
    { form: "raw", bytes: raw },
    { form: "hex", bytes: Buffer.from(hex) },
    { form: "hex", bytes: Buffer.from(hex.toUpperCase()) },
    { form: "utf16le", bytes: utf16 },
    { form: "utf16be", bytes: Buffer.from(utf16).swap16() },
  ];
  for (const before of [0, 1, 2]) {
    for (const form of ["base64", "base64url"] as const) {
      const bytes = Buffer.from(innerDigits(raw, before, form));
      if (!patterns.some((known) => known.bytes.equals(bytes))) patterns.push({ form, bytes });
    }
  }
  return patterns;
}

/** The digits that bytes have in base64 after this many others, without those that neighbours have a part in. */
function innerDigits(bytes: Buffer, before: number, form: "base64" | "base64url"): string {
  const padded = Buffer.concat([Buffer.alloc(before), bytes]);
  const wholeDigits = Math.floor((padded.length * 8) / 6);
  return padded.toString(form).slice(Math.ceil((before * 8) / 6), wholeDigits);
}

/** Walks by itself: Node's own recursive listing follows symlinks to directories. */
function filesUnder(root: string): readonly string[] {
  if (lstatSync(root).isFile()) return [root];
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(root, entry.name);
    if (entry.isDirectory()) return filesUnder(file);
    return entry.isFile() ? [file] : [];
  });
}

function findInFile(file: string, patterns: readonly Pattern[]): readonly CanaryHit[] {
  const hits: CanaryHit[] = patterns
    .filter(({ bytes }) => path.basename(file).includes(bytes.toString("latin1")))
    .map(({ form }) => ({ file, offset: -1, form }));
  const overlap = Math.max(...patterns.map(({ bytes }) => bytes.length)) - 1;
  const window = Buffer.alloc(overlap + BLOCK_BYTES);
  const descriptor = openSync(file, "r");
  try {
    let kept = 0;
    for (let start = 0; ; ) {
      const read = readSync(descriptor, window, kept, BLOCK_BYTES, start + kept);
      if (read === 0) return hits;
      const length = kept + read;
      // What ends in the part that was kept has been found before.
      for (const { form, bytes } of patterns) {
        for (const at of offsetsIn(window.subarray(0, length), bytes)) {
          if (at + bytes.length > kept) hits.push({ file, offset: start + at, form });
        }
      }
      const keep = Math.min(overlap, length);
      window.copyWithin(0, length - keep, length);
      start += length - keep;
      kept = keep;
    }
  } finally {
    closeSync(descriptor);
  }
}

function* offsetsIn(bytes: Buffer, pattern: Buffer): Generator<number, void, undefined> {
  for (let at = bytes.indexOf(pattern); at >= 0; at = bytes.indexOf(pattern, at + 1)) yield at;
}
