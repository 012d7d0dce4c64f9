import { createReadStream } from "node:fs";
import {
  AuditError,
  type ProofTrust,
  type TrustedCheckpoint,
  verifyJsonLine,
  visibleText,
} from "@pratique/audit";
import { messageOf, PratiqueError } from "@pratique/core";
import { AuditorError } from "./errors.ts";

/** An entry has 64 KiB at most; the rest is its proof, and what is escaped in both. */
const MAX_LINE_CHARS = 1024 * 1024;
const MAX_TOLD = 20;

/** What became of the lines of an export. */
export interface CheckedLines {
  readonly origin: string;
  /** How many entries the log had when the newest of the lines was proved. */
  readonly size: number;
  /** How many entries are proved, however often each is there. */
  readonly proved: number;
  /** The first and the last entry of those, by their place in the log. */
  readonly first: number;
  readonly last: number;
  /** Whether every entry between the two is there. */
  readonly withoutGaps: boolean;
  /** The first of those that do not hold, by their number, from 1. */
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
  readonly refusedCount: number;
}

/** Verifies each line of an export with proofs, and that they are of one log, of which none shows another history. Throws `FILE_UNREADABLE`. */
export async function checkLines(file: string, trust: ProofTrust): Promise<CheckedLines> {
  const refused: { line: number; reason: string }[] = [];
  let [line, refusedCount] = [0, 0];
  const log = new OneLog();
  const proved = new Set<number>();
  for await (const text of linesOf(file)) {
    line += 1;
    try {
      if (text.length > MAX_LINE_CHARS) {
        throw new AuditError("PROOF_INVALID", "the line does not hold: it is too long");
      }
      const { index, checkpoint } = verifyJsonLine(text, trust);
      log.take(checkpoint);
      proved.add(index);
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      refusedCount += 1;
      if (refused.length < MAX_TOLD) refused.push({ line, reason: visibleText(thrown.message) });
    }
  }
  const [first, last] = rangeOf(proved);
  const withoutGaps = proved.size === 0 || last - first + 1 === proved.size;
  const { origin, size } = log;
  return { origin, size, proved: proved.size, first, last, withoutGaps, refused, refusedCount };
}

function rangeOf(places: Iterable<number>): readonly [number, number] {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const place of places) [first, last] = [Math.min(first, place), Math.max(last, place)];
  return [Math.min(first, last), last];
}

/** What all lines have to agree on: places in several logs, or in two histories of one, would pass for those of one log. */
class OneLog {
  readonly #roots = new Map<number, string>();
  origin = "";
  size = 0;

  /** Throws an `AuditError`, `PROOF_INVALID`, for what does not fit to what was taken before. */
  take({ origin, size, root }: TrustedCheckpoint): void {
    if (this.#roots.size > 0 && origin !== this.origin) {
      throw new AuditError("PROOF_INVALID", `the line is of another log than those before it: ${origin}`);
    }
    const hash = Buffer.from(root).toString("hex");
    if ((this.#roots.get(size) ?? hash) !== hash) {
      throw new AuditError("PROOF_INVALID", "the line is of another history of the log than one before it");
    }
    this.#roots.set(size, hash);
    this.origin = origin;
    this.size = Math.max(this.size, size);
  }
}

/**
 * Without their ends. Of a line that is longer than any of ours only the beginning is given, one character longer than
 * allowed: what is judged must not be a line of which something in the middle was left out.
 */
async function* linesOf(file: string): AsyncGenerator<string> {
  let text = "";
  try {
    for await (const piece of createReadStream(file, "utf8")) {
      const [rest = "", ...lines]: readonly string[] = String(piece).split("\n");
      text = begun(text + rest);
      for (const line of lines) {
        yield text;
        text = begun(line);
      }
    }
  } catch (cause) {
    throw new AuditorError("FILE_UNREADABLE", `the file cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (text !== "") yield text;
}

function begun(line: string): string {
  return line.slice(0, MAX_LINE_CHARS + 1);
}
