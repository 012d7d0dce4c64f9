import type { Scalar } from "yaml";

/** A place in a file, from 1; the column in UTF-16 units, undefined where only the line is known. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** Says where a character of a text stands in the file that it was read from. */
export type TextOrigin = (offset: number) => Place;

/** A text that was put together from those of several items. */
export interface TextPiece {
  /** Where it begins in the whole. */
  readonly at: number;
  readonly origin: TextOrigin;
}

/** Where a character of a text of several pieces stands; undefined where there are none. */
export function placeIn(pieces: readonly TextPiece[], offset: number): Place | undefined {
  const piece = pieces.findLast(({ at }) => at <= offset);
  return piece?.origin(offset - piece.at);
}

/**
 * The offset in a file of a character of a scalar's text, blanks around it taken away or not; undefined where escapes
 * keep it from being told. YAML folds blanks and keeps all else, so that characters that are no blanks are counted.
 */
export function sourceOffset(source: string, scalar: Scalar, offset: number): number | undefined {
  const { range, type, value } = scalar;
  if (range === undefined || range === null || typeof value !== "string") return undefined;
  const isBlock = type === "BLOCK_FOLDED" || type === "BLOCK_LITERAL";
  const isQuoted = type === "QUOTE_SINGLE" || type === "QUOTE_DOUBLE";
  let at = isBlock ? source.indexOf("\n", range[0]) + 1 : range[0] + (isQuoted ? 1 : 0);
  const text = value.trim();
  let wanted = text.slice(0, offset).replace(/\s+/gu, "").length;
  const isPast = offset >= text.length;
  for (; at < range[1]; at += 1) {
    const char = source.charAt(at);
    if (/\s/u.test(char)) continue;
    if (wanted === 0) return at;
    if (type === "QUOTE_DOUBLE" && char === "\\") {
      if (!/["\\]/u.test(source.charAt(at + 1))) return undefined;
      at += 1;
    } else if (type === "QUOTE_SINGLE" && char === "'") at += 1;
    wanted -= 1;
    if (wanted === 0 && isPast) return at + 1;
  }
  return undefined;
}
