import { createHash } from "node:crypto";
import { type Digest, isDigest, type ProgramInspector } from "@pratique/core";
import { type Excerpts, HeldContent, type LayerEntry, type LayerIndex } from "./layer-index.ts";
import { HashSet, type PathHasher } from "./path-hashes.ts";

/** Raised when the form of what is kept changes. */
export const LAYER_INDEX_FORM = 1;
const CHECK_SUM_BYTES = 32;
const LENGTH_BYTES = 8;

/** A piece of the bytes that follow the head: offset and length. */
type Piece = readonly [number, number];

/** One entry as it is written: kind, path, mode, and what its kind has besides. */
type WrittenEntry =
  | readonly ["f", string, number, number, Piece | null, readonly (readonly [number, Piece])[]]
  | readonly ["l" | "h", string, number, string]
  | readonly ["d" | "o", string, number];

interface Head {
  readonly form: number;
  readonly diffId: Digest;
  readonly heldBytes: number;
  readonly sizeBytes: number;
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
  readonly entries: readonly WrittenEntry[];
  readonly unwanted: Piece;
}

/**
 * The index of a layer as bytes, in pieces: a check sum, the length of the head, the head as JSON, and then the
 * hashes and contents that it points into. Undefined where contents are not held in memory.
 */
export function encodeLayerIndex(
  index: LayerIndex,
  inspectors: readonly ProgramInspector[],
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

/** Reads what {@link encodeLayerIndex} wrote. Undefined for anything else: cut short, changed, of another form. */
export function decodeLayerIndex(
  bytes: Buffer,
  { hasher, inspectors }: { readonly hasher: PathHasher; readonly inspectors: readonly ProgramInspector[] },
): LayerIndex | undefined {
  if (bytes.length < CHECK_SUM_BYTES + LENGTH_BYTES) return undefined;
  if (!checkSumOf([bytes.subarray(CHECK_SUM_BYTES)]).equals(bytes.subarray(0, CHECK_SUM_BYTES)))
    return undefined;
  const start = CHECK_SUM_BYTES + LENGTH_BYTES;
  const end = start + bytes.readUInt32LE(CHECK_SUM_BYTES);
  const head: unknown = JSON.parse(bytes.toString("utf8", start, end));
  if (!isHead(head)) return undefined;
  const { diffId, heldBytes, sizeBytes, whiteouts, opaques } = head;
  const reader = new PieceReader(bytes.subarray(end));
  const entries = head.entries.map((entry) => readEntry(entry, inspectors, reader));
  const unwanted = HashSet.of(hasher, doublesOf(reader.at(head.unwanted)));
  return {
    diffId,
    verified: true,
    entries,
    whiteouts,
    opaques,
    unwanted,
    failures: [],
    heldBytes,
    sizeBytes,
  };
}

function writeEntry(
  entry: LayerEntry,
  inspectors: readonly ProgramInspector[],
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

function readEntry(
  entry: WrittenEntry,
  inspectors: readonly ProgramInspector[],
  reader: PieceReader,
): LayerEntry {
  const [letter, path, mode] = entry;
  switch (letter) {
    case "f": {
      const [, , , size, piece, found] = entry;
      const excerpts: Excerpts = new Map(
        found.flatMap(([position, excerpt]) => {
          const inspector = inspectors[position];
          return inspector === undefined ? [] : [[inspector, reader.at(excerpt)] as const];
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

/** The files are our own and their check sum is right; this catches those of another form. */
function isHead(value: unknown): value is Head {
  return (
    typeof value === "object" &&
    value !== null &&
    "form" in value &&
    value.form === LAYER_INDEX_FORM &&
    "diffId" in value &&
    typeof value.diffId === "string" &&
    isDigest(value.diffId) &&
    "entries" in value &&
    Array.isArray(value.entries)
  );
}
