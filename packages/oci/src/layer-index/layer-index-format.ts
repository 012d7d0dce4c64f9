import { createHash } from "node:crypto";
import {
  type Excerpts,
  HeldContent,
  type Inspector,
  type LayerEntry,
  type LayerIndex,
} from "./layer-index.ts";
import { type Head, isHead, LAYER_INDEX_FORM, type Piece, type WrittenEntry } from "./layer-index-head.ts";
import { HashSet, type PathHasher } from "./path-hashes.ts";

/** How many bytes at the beginning are the SHA-256 of all others. */
export const CHECK_SUM_BYTES = 32;
const LENGTH_BYTES = 8;

/**
 * The index of a layer as bytes, in pieces: a check sum, the length of the head, the head as JSON, and then the
 * hashes and contents that it points into. Undefined where contents are not held in memory.
 */
export function encodeLayerIndex(
  index: LayerIndex,
  inspectors: readonly Inspector[],
): readonly Uint8Array[] | undefined {
  const { diffId, unwanted } = index;
  if (diffId === undefined || !(unwanted instanceof HashSet)) return undefined;
  const pieces = new Pieces();
  const hashes = pieces.add(bytesOf(unwanted.hashes()));
  const entries: WrittenEntry[] = [];
  for (const entry of index.entries) {
    const written = writeEntry(entry, inspectors, pieces);
    if (written === undefined) return undefined;
    entries.push(written);
  }
  const { heldBytes, sizeBytes, whiteouts, opaques } = index;
  const facts = { form: LAYER_INDEX_FORM, diffId, heldBytes, sizeBytes, whiteouts, opaques };
  const head = Buffer.from(JSON.stringify({ ...facts, entries, unwanted: hashes } satisfies Head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  const all = [length, head, ...pieces.all];
  return [checkSumOf(all), ...all];
}

interface DecodeOptions {
  readonly hasher: PathHasher;
  readonly inspectors: readonly Inspector[];
}

/**
 * Reads what {@link encodeLayerIndex} wrote. Undefined for anything else: cut short, changed, of another form. Whoever
 * wrote it may be another process, on another host, which an image has taken over: the check sum tells of damage, and
 * what it holds is held against its form.
 */
export function decodeLayerIndex(bytes: Buffer, options: DecodeOptions): LayerIndex | undefined {
  if (bytes.length < CHECK_SUM_BYTES + LENGTH_BYTES) return undefined;
  if (!checkSumOf([bytes.subarray(CHECK_SUM_BYTES)]).equals(bytes.subarray(0, CHECK_SUM_BYTES)))
    return undefined;
  const start = CHECK_SUM_BYTES + LENGTH_BYTES;
  const end = start + bytes.readUInt32LE(CHECK_SUM_BYTES);
  const contents = bytes.subarray(end);
  const head = headIn(bytes.toString("utf8", start, end));
  const bounds = { contentBytes: contents.length, inspectors: options.inspectors.length };
  return isHead(head, bounds) ? indexOf(head, contents, options) : undefined;
}

function headIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function indexOf(
  head: Head,
  contents: Buffer,
  { hasher, inspectors }: DecodeOptions,
): LayerIndex | undefined {
  const { diffId, heldBytes, sizeBytes, whiteouts, opaques } = head;
  const reader = new PieceReader(contents);
  const hashes = doublesOf(reader.at(head.unwanted));
  const unwanted = HashSet.of(hasher, hashes);
  if (unwanted === undefined) return undefined;
  const entries = head.entries.map((entry) => readEntry(entry, inspectors, reader));
  if (!areExcerptsAccepted(entries, contents.length)) return undefined;
  return {
    diffId,
    verified: true,
    entries,
    whiteouts,
    opaques,
    unwanted,
    failures: [],
    // As much is in memory, whatever it says.
    heldBytes: Math.max(heldBytes, contents.length - hashes.byteLength),
    sizeBytes,
  };
}

function writeEntry(
  entry: LayerEntry,
  inspectors: readonly Inspector[],
  pieces: Pieces,
): WrittenEntry | undefined {
  const { path, mode } = entry;
  switch (entry.kind) {
    case "file": {
      const { content, excerpts = new Map() } = entry;
      if (content !== undefined && !(content instanceof HeldContent)) return undefined;
      const found: (readonly [number, Piece])[] = [];
      for (const [inspector, excerpt] of excerpts) {
        found.push([inspectors.indexOf(inspector), pieces.add(excerpt)]);
      }
      return ["f", path, mode, entry.size, content === undefined ? null : pieces.add(content.bytes), found];
    }
    case "symlink":
      return ["l", path, mode, entry.target];
    case "hardlink":
      return ["h", path, mode, entry.target];
    case "directory":
      return ["d", path, mode];
    case "other":
      return ["o", path, mode];
  }
}

function readEntry(entry: WrittenEntry, inspectors: readonly Inspector[], reader: PieceReader): LayerEntry {
  const [letter, path, mode] = entry;
  switch (letter) {
    case "f": {
      const [, , , size, piece, found] = entry;
      const excerpts: Excerpts = new Map(
        found.flatMap(([position, excerpt]) => {
          const inspector = inspectors[position];
          return inspector === undefined ? [] : [[inspector, reader.excerptAt(excerpt)] as const];
        }),
      );
      return {
        kind: "file",
        path,
        mode,
        size,
        ...(piece !== null && { content: reader.contentAt(piece) }),
        ...(excerpts.size > 0 && { excerpts }),
      };
    }
    case "l":
      return { kind: "symlink", path, mode, target: entry[3] };
    case "h":
      return { kind: "hardlink", path, mode, target: entry[3] };
    case "d":
      return { kind: "directory", path, mode };
    case "o":
      return { kind: "other", path, mode };
  }
}

/**
 * Excerpts of programs are read as warily as programs; what was found in texts would be told as it is. Those that many
 * names share are asked about once, and no more bytes than there are: pieces that overlap are none that were written here.
 */
function areExcerptsAccepted(entries: readonly LayerEntry[], maxBytes: number): boolean {
  const accepted = new Map<Uint8Array, Inspector>();
  let bytesLeft = maxBytes;
  for (const entry of entries) {
    if (entry.kind !== "file" || entry.excerpts === undefined) continue;
    for (const [inspector, excerpt] of entry.excerpts) {
      if (!("accepts" in inspector) || accepted.get(excerpt) === inspector) continue;
      bytesLeft -= excerpt.length;
      if (bytesLeft < 0 || !inspector.accepts(excerpt)) return false;
      accepted.set(excerpt, inspector);
    }
  }
  return true;
}

/** Collects pieces; one that is there already, such as the content of two hard links, is written once. */
class Pieces {
  readonly all: Uint8Array[] = [];
  readonly #known = new Map<Uint8Array, Piece>();
  #length = 0;

  add(bytes: Uint8Array): Piece {
    const known = this.#known.get(bytes);
    if (known !== undefined) return known;
    const piece: Piece = [this.#length, bytes.length];
    this.#known.set(bytes, piece);
    this.#length += bytes.length;
    this.all.push(bytes);
    return piece;
  }
}

class PieceReader {
  readonly #bytes: Buffer;
  readonly #contents = new Map<string, HeldContent>();
  readonly #excerpts = new Map<string, Uint8Array>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  at([offset, length]: Piece): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }

  contentAt(piece: Piece): HeldContent {
    const key = piece.join();
    const content = this.#contents.get(key) ?? new HeldContent(this.at(piece));
    this.#contents.set(key, content);
    return content;
  }

  excerptAt(piece: Piece): Uint8Array {
    const key = piece.join();
    const excerpt = this.#excerpts.get(key) ?? this.at(piece);
    this.#excerpts.set(key, excerpt);
    return excerpt;
  }
}

function bytesOf(doubles: Float64Array): Uint8Array {
  return new Uint8Array(doubles.buffer, doubles.byteOffset, doubles.byteLength);
}

/** Copied, since doubles lie at whole multiples of eight bytes. */
function doublesOf(bytes: Uint8Array): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer);
}

function checkSumOf(pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}
