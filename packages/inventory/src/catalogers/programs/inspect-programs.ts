import type { ProgramFile, ProgramInspection, ProgramInspector } from "@pratique/core";
import { readElfHead } from "../../programs/elf.ts";
import { isGoProgram } from "../../programs/go-note.ts";
import { endInside, nextInside, type Stretch, textStretches } from "../../programs/stretches.ts";
import { TokenSearch } from "../../programs/token-search.ts";
import { AFTER_BYTES, BEFORE_BYTES, type Classifier } from "./classifier.ts";
import { classifiers } from "./classifiers.ts";

/** Where package managers keep what they own: of a layer without any of them nothing is owned. */
const DATABASES = [
  "lib/apk/db",
  "usr/lib/apk/db",
  "usr/lib/sysimage/rpm",
  "usr/share/rpm",
  "var/lib/dpkg",
  "var/lib/rpm",
];

/**
 * Finds what programs say they are. The excerpt has one line for each program that a file is or holds: its name, a tab,
 * its version.
 */
export const inspectPrograms: ProgramInspector = {
  // What packages own is theirs.
  mayWait: true,
  waitsBeside: DATABASES,
  inspect(head, file) {
    // What a program of Go was built from it tells itself, and completely.
    if (isGoProgram(head)) return undefined;
    return new BannerInspection(head, file);
  },
};

/** A text to look for, and the classifier that wants it. */
interface Token {
  readonly text: Uint8Array;
  readonly classifier: Classifier;
  readonly kind: "banner" | "proof";
}

/** The tokens that are sought in some files, and the means. */
interface Vocabulary {
  readonly tokens: readonly Token[];
  readonly search: TokenSearch;
}

function vocabularyOf(members: readonly Classifier[]): Vocabulary {
  const tokens = members.flatMap((classifier): readonly Token[] => [
    ...classifier.tokens.map((text) => tokenOf(text, "banner", classifier)),
    ...(classifier.also ?? []).map((text) => tokenOf(text, "proof", classifier)),
  ]);
  return { tokens, search: new TokenSearch(tokens.map(({ text }) => text)) };
}

function tokenOf(text: string, kind: Token["kind"], classifier: Classifier): Token {
  return { text: Buffer.from(text, "latin1"), kind, classifier };
}

/** For every program. */
const everywhere = vocabularyOf(classifiers.filter(({ files }) => files === undefined));
/** For those with a name of their own; their vocabularies are made when they are needed. */
const named = classifiers.filter(({ files }) => files !== undefined);
const vocabularies = new Map<Classifier, Vocabulary>();
/** Any of those names: most files have none of them, and one question tells. */
const anyName = new RegExp(named.map(({ files }) => `(?:${files?.source})`).join("|"), "u");

function vocabulariesFor(name: string): readonly Vocabulary[] {
  if (!anyName.test(name)) return [everywhere];
  const own = named.filter(({ files }) => files?.test(name) === true);
  return [everywhere, ...own.map(ownVocabularyOf)];
}

function ownVocabularyOf(classifier: Classifier): Vocabulary {
  const known = vocabularies.get(classifier) ?? vocabularyOf([classifier]);
  vocabularies.set(classifier, known);
  return known;
}

/** Banners of one classifier that are read in one file; more are written by somebody who wants to be slow. */
const MAX_BANNERS = 256;

class BannerInspection implements ProgramInspection {
  readonly #name: string;
  readonly #stretches: readonly Stretch[];
  readonly #vocabularies: readonly Vocabulary[];
  readonly #found = new Map<Classifier, Finding>();
  /** What may still be in front of a token, or a token itself; it ends at `#end`. */
  #tail: Buffer = Buffer.alloc(0);
  #end = 0;
  /** Where in the file the next token may begin. */
  #searched = 0;

  constructor(head: Uint8Array, { path, size }: ProgramFile) {
    this.#name = path.slice(path.lastIndexOf("/") + 1);
    this.#stretches = textStretches(readElfHead(head), size);
    this.#vocabularies = vocabulariesFor(this.#name);
  }

  get next(): number {
    return nextInside(this.#stretches, this.#end);
  }

  write(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    for (let at = offset; at < end; ) {
      const start = nextInside(this.#stretches, at);
      if (start >= end) return;
      at = Math.min(end, endInside(this.#stretches, start));
      this.#writeInside(bytes.subarray(start - offset, at - offset), start);
    }
  }

  /** Takes bytes that lie in the stretches as a whole: what else is in a piece is not looked at. */
  #writeInside(bytes: Uint8Array, offset: number): void {
    if (offset !== this.#end) this.#finishStretch(offset);
    let piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#tail.length > 0) {
      // Only what lies across the border is copied: nearly all of it is passed over.
      const border = Buffer.concat([this.#tail, piece.subarray(0, BEFORE_BYTES + AFTER_BYTES)]);
      const isAll = bytes.length <= BEFORE_BYTES + AFTER_BYTES;
      this.#searchUpTo(border, isAll ? offset + bytes.length : offset + BEFORE_BYTES + AFTER_BYTES);
      if (isAll) piece = border;
    }
    this.#searchUpTo(piece, offset + bytes.length);
    // A copy: the memory of the piece is given back.
    this.#tail = Buffer.from(piece.subarray(Math.max(0, piece.length - BEFORE_BYTES - AFTER_BYTES)));
  }

  /** Searches data that end at a place in the file, but for tokens behind which something may still come. */
  #searchUpTo(data: Buffer, end: number): void {
    this.#end = end;
    if (data.length > AFTER_BYTES) this.#search(data, data.length - AFTER_BYTES);
  }

  finish(): Uint8Array | undefined {
    this.#finishStretch(this.#end);
    const lines: string[] = [];
    for (const classifier of classifiers) {
      const finding = this.#found.get(classifier);
      const version = finding === undefined ? undefined : versionIn(finding, classifier);
      const line = `${classifier.program}\t${version ?? ""}\n`;
      if (version !== undefined && !lines.includes(line)) lines.push(line);
    }
    return lines.length === 0 ? undefined : Buffer.from(lines.join(""));
  }

  /** What follows lies elsewhere: nothing comes behind the last bytes. */
  #finishStretch(next: number): void {
    this.#search(this.#tail, this.#tail.length);
    this.#tail = Buffer.alloc(0);
    this.#searched = next;
    this.#end = next;
  }

  /** Searches the data, which end at `#end`, for tokens that begin before `until`. */
  #search(data: Buffer, until: number): void {
    const start = this.#end - data.length;
    const range = { from: this.#searched - start, until };
    for (const { search, tokens } of this.#vocabularies) {
      search.search(data, range, (number, at) => {
        const token = tokens[number];
        if (token !== undefined) this.#take(token, data, at);
      });
    }
    this.#searched = Math.max(this.#searched, start + until);
  }

  #take({ kind, text, classifier }: Token, data: Buffer, at: number): void {
    const finding = this.#found.get(classifier) ?? { banners: 0, versions: new Set(), proofs: new Set() };
    this.#found.set(classifier, finding);
    if (kind === "proof") finding.proofs.add(text);
    else if (
      finding.versions.size < (classifier.agreeing === true ? 2 : 1) &&
      finding.banners < MAX_BANNERS
    ) {
      finding.banners += 1;
      const version = this.#readBanner(classifier, data, at);
      if (version !== undefined) finding.versions.add(version);
    }
  }

  #readBanner({ banner, versionOf }: Classifier, data: Buffer, at: number): string | undefined {
    const start = Math.max(0, at - BEFORE_BYTES);
    const text = data.toString("latin1", start, Math.min(data.length, at + AFTER_BYTES));
    const pattern = typeof banner === "function" ? banner(this.#name) : banner;
    pattern.lastIndex = at - start;
    const groups = pattern.exec(text)?.groups;
    return groups === undefined ? undefined : (versionOf?.(groups) ?? groups.version);
  }
}

interface Finding {
  banners: number;
  /** More than one where they do not agree. */
  readonly versions: Set<string>;
  readonly proofs: Set<Uint8Array>;
}

/** The version that was found, where all has been found that proves it. */
function versionIn({ banners, versions, proofs }: Finding, classifier: Classifier): string | undefined {
  const [version, ...others] = versions;
  const agree = others.length === 0 && banners < MAX_BANNERS;
  if (classifier.agreeing === true && !agree) return undefined;
  return (classifier.also ?? []).length === proofs.size ? version : undefined;
}
