import type { TarKind } from "@pratique/archive";
import { type Digest, isDigest } from "@pratique/core";
import { isRecord, type JsonRecord, parseDocument, recordOf, textOf } from "../json-shape.ts";
import { TocUnusable } from "./toc-unusable.ts";

/** What a table of contents says of one entry of a layer. */
export interface TocEntry {
  readonly kind: TarKind;
  readonly name: string;
  readonly linkName: string;
  /** Permission bits, set-id bits included. */
  readonly mode: number;
  /** Bytes of content, unpacked. */
  readonly size: number;
  /** Where the packed content lies in the layer; absent where there is none. */
  readonly content?: PackedContent;
}

export interface PackedContent {
  /** Bytes from the start of the layer. */
  readonly offset: number;
  readonly end: number;
  /** Unpacked bytes that come before the content. */
  readonly skip: number;
  /** Of the content, unpacked. */
  readonly digest: Digest;
}

export interface TocLimits {
  /** Where the packed contents end. */
  readonly contentEnd: number;
  readonly maxEntries: number;
}

const KINDS: Readonly<Record<string, TarKind>> = {
  reg: "file",
  dir: "directory",
  symlink: "symlink",
  hardlink: "hardlink",
  char: "other",
  block: "other",
  fifo: "other",
};

/**
 * Reads a table of contents as eStargz and zstd:chunked have it (stargz-snapshotter, docs/estargz.md, "TOC"): a file whose
 * content is packed in several chunks has more entries behind its own. Throws {@link TocUnusable}.
 */
export function parseToc(bytes: Uint8Array, { contentEnd, maxEntries }: TocLimits): readonly TocEntry[] {
  const { version, entries } = recordOf(documentOf(bytes));
  if (version !== 1 || !Array.isArray(entries))
    throw new TocUnusable("it is no table of contents of version 1");
  if (entries.length > maxEntries) throw new TocUnusable(`it has more than ${maxEntries} entries`);
  const records = entries.filter(isRecord);
  const ends = new ContentEnds(records, contentEnd);
  const found: TocEntry[] = [];
  for (const [index, record] of records.entries()) {
    if (record.type === "chunk") continue;
    const kind = KINDS[textOf(record.type) ?? ""];
    const name = textOf(record.name);
    if (kind === undefined || name === undefined) throw new TocUnusable("it has an entry of an unknown kind");
    const size = kind === "file" ? numberOf(record.size) : 0;
    const mode = numberOf(record.mode) & 0o7777;
    const entry = { kind, name, linkName: textOf(record.linkName) ?? "", mode, size };
    found.push(size === 0 ? entry : { ...entry, content: contentOf(record, ends.endOf(index)) });
  }
  return found;
}

function documentOf(bytes: Uint8Array): unknown {
  try {
    return parseDocument(bytes, "the table of contents");
  } catch (cause) {
    throw new TocUnusable("it is no JSON", { cause });
  }
}

function contentOf(record: JsonRecord, end: number): PackedContent {
  const digest = textOf(record.digest) ?? "";
  const offset = numberOf(record.offset);
  if (!isDigest(digest) || offset >= end)
    throw new TocUnusable("it does not say where a file is, or which it is");
  return { offset, end, skip: numberOf(record.innerOffset), digest };
}

/** Where the content of each file ends: where the next one begins, unless the file says it itself. */
class ContentEnds {
  readonly #records: readonly JsonRecord[];
  readonly #contentEnd: number;
  readonly #offsets: readonly number[];

  constructor(records: readonly JsonRecord[], contentEnd: number) {
    this.#records = records;
    this.#contentEnd = contentEnd;
    const offsets = records.map(({ offset }) => numberOf(offset)).filter((offset) => offset > 0);
    this.#offsets = [...new Set(offsets)].sort((left, right) => left - right);
  }

  /** Of a file by its place in the list. */
  endOf(index: number): number {
    const own = this.#records[index]?.endOffset;
    if (own !== undefined) return this.#within(numberOf(own));
    let last = numberOf(this.#records[index]?.offset);
    for (let at = index + 1; this.#records[at]?.type === "chunk"; at += 1) {
      last = Math.max(last, numberOf(this.#records[at]?.offset));
    }
    return this.#within(this.#next(last));
  }

  /** The first offset behind another. */
  #next(offset: number): number {
    let [low, high] = [0, this.#offsets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return this.#offsets[low] ?? this.#contentEnd;
  }

  #within(end: number): number {
    if (end <= this.#contentEnd) return end;
    throw new TocUnusable("a file lies behind the contents");
  }
}

/** A number that counts something; 0 where it is not told. */
function numberOf(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TocUnusable("it has a number that counts nothing");
}
