import { KiB, MiB } from "@pratique/core";
import { cuts, type FoundSecret, MAX_FOUND, type TextResult } from "./found-secret.ts";
import { KeywordFinder } from "./keyword-finder.ts";
import { isIn } from "./path-class.ts";
import { fingerprintOf, redact } from "./redact.ts";
import { type ListedRule, secretRules } from "./rules/secret-rules.ts";
import {
  DEFAULT_REACH_BYTES,
  MAX_REACH_BYTES,
  type SecretJudgement,
  type SecretMatch,
  type SecretRule,
} from "./secret-rule.ts";

/** So much of a text is looked through at once. */
const BLOCK_BYTES = 256 * KiB;
/** No rule looks further behind. */
const MAX_BEHIND_BYTES = 512;
const BUFFER_BYTES = BLOCK_BYTES + MAX_REACH_BYTES + MAX_BEHIND_BYTES;
/** In texts there is no byte that is zero; in all else there soon is one. */
const HEAD_BYTES = 4 * KiB;
/** How many times over a text may be given to patterns: one that asks for more is made to take long. */
const MAX_TIMES = 32;
const MIN_ASKED_BYTES = 1 * MiB;
const NEWLINE = 0x0a;

/** What a scan may be told besides the text. */
export interface TextScanOptions {
  /** Undefined for what is no file. */
  readonly path: string | undefined;
  /** Bytes; what comes in one piece need not be copied. */
  readonly size: number;
  /** What the fingerprint of a guessable secret is taken of, beside its line. */
  readonly place?: string;
}

/** What was found in one text, with the places. */
export interface PlacedResult extends Pick<TextResult, "cut"> {
  /** In the order of the text. */
  readonly placed: readonly PlacedSecret[];
}

/** A secret and where it lies, in bytes from the start of the text. */
export interface PlacedSecret {
  readonly secret: FoundSecret;
  readonly offset: number;
  readonly bytes: number;
  /** The rule's number, by which one of two that overlap goes first. */
  readonly rank: number;
}

/**
 * Looks through one text as it passes, in pieces of any size, and holds no more of it than a block. Of the secrets that it
 * finds nothing readable stays behind.
 */
export class TextScan {
  readonly #options: TextScanOptions;
  readonly #found: PlacedSecret[] = [];
  readonly #asked = new Map<SecretRule, Asking>();
  #isText = true;
  #cut: string | undefined;
  /** Bytes that were given to patterns. */
  #askedBytes = 0;
  #seenBytes = 0;
  #buffer: Uint8Array | undefined;
  #filled = 0;
  /** Where in the buffer the search goes on. */
  #searchFrom = 0;
  /** Bytes and line ends of the text in front of the buffer. */
  #base = 0;
  #lines = 0;

  constructor(options: TextScanOptions) {
    this.#options = options;
  }

  /** False for what is no text, and for what was given up. */
  get wantsMore(): boolean {
    return this.#isText && this.#cut === undefined;
  }

  write(bytes: Uint8Array): void {
    if (this.#seenBytes < HEAD_BYTES && bytes.subarray(0, HEAD_BYTES - this.#seenBytes).includes(0)) {
      this.#isText = false;
    }
    if (!this.wantsMore) return;
    const isWhole = this.#seenBytes === 0 && bytes.length >= this.#options.size;
    this.#seenBytes += bytes.length;
    if (isWhole) this.#search(bytes, { from: 0, until: bytes.length });
    else this.#collect(bytes);
  }

  /** The secrets, in the order of the text and none of them twice. */
  finish(): PlacedResult {
    if (this.#isText && this.#buffer !== undefined && this.#cut === undefined) {
      const rest = this.#buffer.subarray(0, this.#filled);
      this.#search(rest, { from: this.#searchFrom, until: rest.length });
    }
    const placed = this.#isText ? withoutOverlaps(this.#found) : [];
    return { placed, ...(this.#cut !== undefined && { cut: this.#cut }) };
  }

  #collect(bytes: Uint8Array): void {
    this.#buffer ??= new Uint8Array(Math.min(this.#options.size, BUFFER_BYTES));
    for (let at = 0; at < bytes.length && this.wantsMore; ) {
      if (this.#filled === this.#buffer.length) this.#passOn(this.#buffer);
      const piece = bytes.subarray(at, at + this.#buffer.length - this.#filled);
      // A file that has grown since its size was told is looked at as far as that.
      if (piece.length === 0) return;
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
    }
  }

  /** Searches a full buffer as far as matches cannot be cut off, and keeps the rest of it. */
  #passOn(buffer: Uint8Array): void {
    if (buffer.length < BUFFER_BYTES) return;
    const until = buffer.length - MAX_REACH_BYTES;
    this.#search(buffer, { from: this.#searchFrom, until });
    const keptFrom = until - MAX_BEHIND_BYTES;
    this.#lines += countLines(buffer, keptFrom);
    this.#base += keptFrom;
    buffer.copyWithin(0, keptFrom);
    this.#filled = buffer.length - keptFrom;
    this.#searchFrom = MAX_BEHIND_BYTES;
  }

  #search(block: Uint8Array, { from, until }: { readonly from: number; readonly until: number }): void {
    finder.find(block, from, (keyword, at) => {
      if (at >= until) return false;
      for (const rule of rulesByKeyword[keyword] ?? []) this.#ask(rule, block, at);
      return this.#cut === undefined;
    });
  }

  #ask(rule: Ranked, block: Uint8Array, at: number): void {
    const asking = this.#askingOf(rule.rule);
    if (asking === "not") return;
    const { behindBytes = 1, reachBytes = DEFAULT_REACH_BYTES, pattern } = rule.rule;
    const from = Math.max(0, at - behindBytes);
    const text = this.#read(block, from, at + reachBytes);
    pattern.lastIndex = at - from;
    const matched = pattern.exec(text);
    if (matched === null) return;
    const placed = judge(rule, matched, {
      path: this.#options.path,
      rest: (bytes) => this.#read(block, at, at + Math.min(bytes, MAX_REACH_BYTES)),
    });
    if (placed === undefined) return;
    this.#keep(placed, { rule, block, from, isUnsure: asking === "unsure" });
  }

  #read(block: Uint8Array, start: number, end: number): string {
    const text = latin1(block, start, end);
    this.#askedBytes += text.length;
    if (this.#askedBytes > Math.max(MIN_ASKED_BYTES, MAX_TIMES * this.#options.size)) {
      this.#cut = cuts.tooLong;
    }
    return text;
  }

  #keep(
    { judgement, secret, start }: Judged,
    { rule: { rule, rank }, block, from, isUnsure }: KeepOptions,
  ): void {
    if (this.#found.length >= MAX_FOUND) {
      this.#cut = cuts.tooMany;
      return;
    }
    const offset = from + start;
    const line = this.#lines + countLines(block, offset) + 1;
    const { path, place = path ?? "" } = this.#options;
    const { isGuessable = false } = rule;
    const value = isGuessable ? `${place}\0${line}` : (judgement.value ?? secret);
    this.#found.push({
      secret: {
        rule: rule.id,
        title: judgement.title ?? rule.title,
        category: rule.category,
        severity: judgement.severity ?? rule.severity,
        confidence: isUnsure ? "low" : (judgement.confidence ?? rule.confidence),
        line,
        match: judgement.shown ?? redact(secret, isGuessable),
        fingerprint: fingerprintOf(rule.id, value),
      },
      offset: this.#base + offset,
      bytes: judgement.bytes ?? secret.length,
      rank,
    });
  }

  #askingOf(rule: SecretRule): Asking {
    const known = this.#asked.get(rule);
    if (known !== undefined) return known;
    const asking = askingOf(rule, this.#options.path);
    this.#asked.set(rule, asking);
    return asking;
  }
}

/** Whether a rule is asked about a file, and how much its word counts there. */
type Asking = "ask" | "unsure" | "not";

interface Ranked {
  readonly rule: ListedRule;
  readonly rank: number;
}

interface KeepOptions {
  readonly rule: Ranked;
  readonly block: Uint8Array;
  /** Where in the block the text of the match begins. */
  readonly from: number;
  readonly isUnsure: boolean;
}

interface Judged {
  readonly judgement: SecretJudgement;
  readonly secret: string;
  /** In the text that was matched. */
  readonly start: number;
}

function askingOf({ skipIn = [], unsureIn = [], onlyIn }: SecretRule, path: string | undefined): Asking {
  if (path === undefined) return onlyIn === undefined ? "ask" : "not";
  if (onlyIn?.(path) === false || isIn(path, skipIn)) return "not";
  return isIn(path, unsureIn) ? "unsure" : "ask";
}

function judge(
  { rule }: Ranked,
  matched: RegExpExecArray,
  { path, rest }: Pick<SecretMatch, "path" | "rest">,
): Judged | undefined {
  const { groups = {}, indices } = matched;
  const secret = `${groups.head ?? ""}${groups.secret ?? matched[0]}`;
  const start = indices?.groups?.head?.[0] ?? indices?.groups?.secret?.[0] ?? matched.index;
  const judgement = rule.judge === undefined ? {} : rule.judge({ secret, groups, path, rest });
  return judgement && { judgement, secret, start };
}

/** Of two that overlap, the one whose rule stands further up. */
function withoutOverlaps(found: readonly PlacedSecret[]): readonly PlacedSecret[] {
  const kept: PlacedSecret[] = [];
  for (const secret of found.toSorted(
    (left, right) => left.rank - right.rank || left.offset - right.offset,
  )) {
    const isFree = kept.every(
      ({ offset, bytes }) => secret.offset >= offset + bytes || secret.offset + secret.bytes <= offset,
    );
    if (isFree) kept.push(secret);
  }
  return kept.sort((left, right) => left.offset - right.offset);
}

function countLines(bytes: Uint8Array, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    "latin1",
    start,
    Math.min(end, bytes.length),
  );
}

/** Keywords of all rules, each once, and the rules that have them. */
const byKeyword = new Map<string, Ranked[]>();
for (const [rank, rule] of secretRules.entries()) {
  for (const text of rule.keywords) {
    const key = `${rule.ignoreCase === true ? "i" : "="}${text}`;
    byKeyword.set(key, [...(byKeyword.get(key) ?? []), { rule, rank }]);
  }
}
const rulesByKeyword: readonly (readonly Ranked[])[] = [...byKeyword.values()];
const finder = new KeywordFinder(
  [...byKeyword.keys()].map((key) => ({ text: key.slice(1), ignoreCase: key.startsWith("i") })),
);
