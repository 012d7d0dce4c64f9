import { normalizeEntryPath } from "@pratique/archive";
import { type Digest, isDigest } from "@pratique/core";
import { isRecord } from "../json-shape.ts";
import { defaultReadLimits } from "./read-limits.ts";

/** Raised when the form of what is kept changes. */
export const LAYER_INDEX_FORM = 3;
const HASH_BYTES = 8;

/** A piece of the bytes that follow the head: offset and length. */
export type Piece = readonly [number, number];

/** One entry as it is written: kind, path, mode, and what its kind has besides. */
export type WrittenEntry =
  | readonly ["f", string, number, number, Piece | null, readonly (readonly [number, Piece])[]]
  | readonly ["l" | "h", string, number, string]
  | readonly ["d" | "o", string, number];

/** What is written of the index of a layer besides contents and hashes. */
export interface Head {
  readonly form: number;
  readonly diffId: Digest;
  readonly heldBytes: number;
  readonly sizeBytes: number;
  readonly whiteouts: readonly string[];
  readonly opaques: readonly string[];
  readonly entries: readonly WrittenEntry[];
  readonly unwanted: Piece;
}

/** What an index is held against. */
export interface HeadBounds {
  /** How many bytes follow the head; its pieces lie in them. */
  readonly contentBytes: number;
  /** How many there are who may have left excerpts. */
  readonly inspectors: number;
}

/** Whether a value is the head of an index within these bounds. */
export function isHead(value: unknown, bounds: HeadBounds): value is Head {
  const { contentBytes } = bounds;
  return (
    isRecord(value) &&
    value.form === LAYER_INDEX_FORM &&
    typeof value.diffId === "string" &&
    isDigest(value.diffId) &&
    isCount(value.heldBytes) &&
    isCount(value.sizeBytes) &&
    isListOf(value.whiteouts, isPath) &&
    isListOf(value.opaques, (path) => path === "" || isPath(path)) &&
    isListOf(value.entries, (entry) => isEntry(entry, bounds)) &&
    isPiece(value.unwanted, contentBytes) &&
    value.unwanted[1] % HASH_BYTES === 0 &&
    value.unwanted[1] / HASH_BYTES <= defaultReadLimits.layerEntries
  );
}

function isEntry(value: unknown, bounds: HeadBounds): boolean {
  if (!Array.isArray(value)) return false;
  const [letter, path, mode, third, piece, found]: readonly unknown[] = value;
  if (!isPath(path) || !isCount(mode)) return false;
  switch (letter) {
    case "f":
      return (
        isCount(third) &&
        (piece === null || isPiece(piece, bounds.contentBytes)) &&
        isListOf(found, (excerpt) => isExcerpt(excerpt, bounds))
      );
    case "l":
      return typeof third === "string";
    case "h":
      return isPath(third);
    default:
      return letter === "d" || letter === "o";
  }
}

function isExcerpt(value: unknown, { contentBytes, inspectors }: HeadBounds): boolean {
  if (!Array.isArray(value)) return false;
  const [inspector, piece]: readonly unknown[] = value;
  return isCount(inspector) && inspector < inspectors && isPiece(piece, contentBytes);
}

function isPiece(value: unknown, contentBytes: number): value is Piece {
  if (!Array.isArray(value)) return false;
  const [offset, length]: readonly unknown[] = value;
  return isCount(offset) && isCount(length) && offset + length <= contentBytes;
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Relative, and without detours. */
function isPath(value: unknown): boolean {
  if (typeof value !== "string" || value === "") return false;
  try {
    return normalizeEntryPath(value) === value;
  } catch {
    return false;
  }
}
