/** What an entry of a header holds (rpm, rpmtag.h, `rpmTagType`). */
const INT16 = 3;
const INT32 = 4;
const STRING = 6;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

const INTRO_BYTES = 8;
const ENTRY_BYTES = 16;
/** Limits of rpm itself (lib/header.c, `hdrchkTags`, `hdrchkData`). */
const MAX_ENTRIES = 0xffff;
const MAX_ARRAY = 1_000_000;

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/**
 * The header of one package, as rpm keeps it in its databases: the number of entries and the length of the data, an
 * index of entries, the data. Numbers are big-endian on every machine (rpm, "Package Format", "Header Structure").
 */
export class Header {
  readonly #data: Buffer;
  readonly #entries: ReadonlyMap<number, Entry>;

  constructor(data: Buffer, entries: ReadonlyMap<number, Entry>) {
    this.#data = data;
    this.#entries = entries;
  }

  /** The text of a tag; of a translated one, the first, which is English. Undefined where there is none. */
  text(tag: number): string | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined || (entry.type !== STRING && entry.type !== I18N_STRING)) return undefined;
    const end = this.#data.indexOf(0, entry.offset);
    return end < 0 ? undefined : this.#data.toString("utf8", entry.offset, end);
  }

  /** The number of a tag. */
  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  /** The numbers of a tag; none where they are not all there. */
  numbers(tag: number): readonly number[] {
    const entry = this.#entries.get(tag);
    if (entry?.type !== INT32 && entry?.type !== INT16) return [];
    const { type, offset, count } = entry;
    const bytes = type === INT32 ? 4 : 2;
    if (offset + count * bytes > this.#data.length) return [];
    const numbers: number[] = [];
    for (let index = 0; index < count; index += 1)
      numbers.push(this.#data.readUIntBE(offset + index * bytes, bytes));
    return numbers;
  }

  /** The texts of a tag, as Latin-1, up to where the data end. */
  *texts(tag: number): Iterable<string> {
    const entry = this.#entries.get(tag);
    if (entry?.type !== STRING_ARRAY) return;
    let offset = entry.offset;
    for (let index = 0; index < entry.count; index += 1) {
      const end = this.#data.indexOf(0, offset);
      if (end < 0) return;
      yield this.#data.toString("latin1", offset, end);
      offset = end + 1;
    }
  }
}

/** Reads the index of a header, or tells what is wrong with it. Of two entries of a tag the last one counts, as in rpm. */
export function parseHeader(bytes: Buffer): Header | string {
  if (bytes.length < INTRO_BYTES) return "a header of less than 8 bytes";
  const count = bytes.readUInt32BE(0);
  const length = bytes.readUInt32BE(4);
  if (count === 0 || count > MAX_ENTRIES) return `a header of ${count} entries`;
  const start = INTRO_BYTES + count * ENTRY_BYTES;
  if (start + length > bytes.length) return `a header of ${start + length} bytes in ${bytes.length}`;
  const entries = new Map<number, Entry>();
  for (let at = INTRO_BYTES; at < start; at += ENTRY_BYTES) {
    const entry = {
      type: bytes.readUInt32BE(at + 4),
      offset: bytes.readUInt32BE(at + 8),
      count: bytes.readUInt32BE(at + 12),
    };
    if (entry.offset < length && entry.count > 0 && entry.count <= MAX_ARRAY) {
      entries.set(bytes.readUInt32BE(at), entry);
    }
  }
  return new Header(bytes.subarray(start, start + length), entries);
}
