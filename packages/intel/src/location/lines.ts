import type { LocatedFile } from "@pratique/archive";
import { KiB } from "@pratique/core";

/** The longest line that is looked at. Real ones have a few hundred bytes. */
export const MAX_LINE = 16 * KiB;

const PIECE_BYTES = 64 * KiB;

/** Lines that belong together in one read, with the number of the first. */
export interface LineBatch {
  readonly firstNumber: number;
  readonly lines: readonly string[];
}

/**
 * The lines of a file in batches, as a step of an asynchronous loop costs more than a line does. A line that is too
 * long comes as an empty one, and is told to `onLong`: it is never held.
 */
export async function* readLines(
  file: LocatedFile,
  onLong: (lineNumber: number) => void,
): AsyncGenerator<LineBatch> {
  const decoder = new TextDecoder();
  let firstNumber = 1;
  let rest = "";
  let isDropping = false;
  const batchOf = (text: string, isLast: boolean): LineBatch => {
    const lines = text.split(/\r?\n/u);
    rest = isLast ? "" : (lines.pop() ?? "");
    if (isDropping && lines.length > 0) {
      lines[0] = "";
      isDropping = false;
    }
    for (const [index, line] of lines.entries()) {
      if (line.length <= MAX_LINE) continue;
      onLong(firstNumber + index);
      lines[index] = "";
    }
    if (rest.length > MAX_LINE) {
      if (!isDropping) onLong(firstNumber + lines.length);
      isDropping = true;
      rest = "";
    }
    const batch = { firstNumber, lines };
    firstNumber += lines.length;
    return batch;
  };
  for await (const chunk of file.stream()) {
    // A member of an archive is one chunk of many megabytes, and would be millions of lines at once.
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      const piece = chunk.subarray(start, start + PIECE_BYTES);
      const batch = batchOf(rest + decoder.decode(piece, { stream: true }), false);
      if (batch.lines.length > 0) yield batch;
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield batchOf(rest, true);
}
