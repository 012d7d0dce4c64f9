import { createReadStream } from "node:fs";
import { type ProofTrust, verifyJsonLine, visibleText } from "@pratique/audit";
import { messageOf, PratiqueError } from "@pratique/core";
import { AuditorError } from "./errors.ts";

/** An entry has 64 KiB at most; the rest is its proof, and what is escaped in both. */
const MAX_LINE_CHARS = 1024 * 1024;
const MAX_TOLD = 20;

/** What became of the lines of an export. */
export interface CheckedLines {
  readonly origin: string;
  /** How many lines hold. */
  readonly proved: number;
  /** The first and the last entry of those, by their place in the log. */
  readonly first: number;
  readonly last: number;
  /** Whether every entry between the two is there, once. */
  readonly withoutGaps: boolean;
  /** The first of those that do not hold, by their number, from 1. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly refusedCount: number;
}

/** Verifies each line of an export with proofs. Throws `FILE_UNREADABLE`. */
export async function checkLines(file: string, trust: ProofTrust): Promise<CheckedLines> {
  const refused: { line: number; reason: string }[] = [];
  let [line, refusedCount, origin] = [0, 0, ""];
  const places: number[] = [];
  for await (const text of linesOf(file)) {
    line += 1;
    try {
      const { index, checkpoint } = verifyJsonLine(text, trust);
      places.push(index);
      origin = checkpoint.origin;
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      refusedCount += 1;
      if (refused.length < MAX_TOLD) refused.push({ line, reason: visibleText(thrown.message) });
    }
  }
  places.sort((left, right) => left - right);
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  const withoutGaps = places.every((place, at) => place === first + at);
  return { origin, proved: places.length, first, last, withoutGaps, refused, refusedCount };
}

/** Without their ends. A line that is longer than any of ours is cut, and so does not hold. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let text = "";
  try {
    for await (const piece of createReadStream(file, "utf8")) {
      const lines = `${text}${piece}`.split("\n");
      text = (lines.pop() ?? "").slice(0, MAX_LINE_CHARS);
      yield* lines;
    }
  } catch (cause) {
    throw new AuditorError("FILE_UNREADABLE", `the file cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (text !== "") yield text;
}
