/** One loadable part. */
export interface ElfPart {
  readonly content: Uint8Array;
  readonly executable?: boolean;
  readonly writable?: boolean;
  /** Where in it the frames for unwinding begin. */
  readonly unwindingAt?: number;
}

/** A part that is not loaded, with its name. */
export interface ElfSection {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface ElfOptions {
  readonly parts?: readonly ElfPart[];
  readonly sections?: readonly ElfSection[];
  /** Has the note of Go's linker in its first page. */
  readonly goNote?: boolean;
  readonly is64Bit?: boolean;
  readonly littleEndian?: boolean;
}

const PAGE = 4096;
const BASE = 0x400000;

/** Where a byte of the file is loaded. */
export function addressOf(offset: number): number {
  return BASE + offset;
}

/** Where the first part begins in the file; each begins on a page of its own. */
export const FIRST_PART = PAGE;

/** Writes an ELF file as elf(5) says it, without anything that nobody reads. */
export function elfOf(options: ElfOptions): Buffer {
  const { parts = [], sections = [], goNote = false, is64Bit = true, littleEndian = true } = options;
  const head = Buffer.alloc(PAGE);
  const note = littleEndian ? "\x04\0\0\0\x04\0\0\0\x04\0\0\0" : "\0\0\0\x04\0\0\0\x04\0\0\0\x04";
  if (goNote) Buffer.from(`${note}Go\0\0id!!`, "latin1").copy(head, 3000);
  const out = new Writer(head, { is64Bit, littleEndian });
  const headerSize = is64Bit ? 64 : 52;
  const entrySize = is64Bit ? 56 : 32;
  const bodies: Buffer[] = [];
  let offset = PAGE;
  let headers = 0;
  const header = (type: number, flags: number, start: number, length: number): void => {
    const at = headerSize + headers * entrySize;
    headers += 1;
    out.word(at, type);
    out.word(at + (is64Bit ? 4 : 24), flags);
    out.address(at + (is64Bit ? 8 : 4), start);
    out.address(at + (is64Bit ? 16 : 8), addressOf(start));
    out.address(at + (is64Bit ? 32 : 16), length);
  };
  for (const { content, executable = false, writable = false, unwindingAt } of parts) {
    header(1, 4 + (executable ? 1 : 0) + (writable ? 2 : 0), offset, content.length);
    if (unwindingAt !== undefined) header(0x6474e550, 4, offset + unwindingAt, 16);
    const padded = Buffer.alloc(Math.ceil(content.length / PAGE) * PAGE);
    padded.set(content);
    bodies.push(padded);
    offset += padded.length;
  }
  const table = sectionTable(sections, offset, { is64Bit, littleEndian });
  head.set([0x7f, 0x45, 0x4c, 0x46, is64Bit ? 2 : 1, littleEndian ? 1 : 2, 1]);
  out.address(is64Bit ? 32 : 28, headerSize);
  out.address(is64Bit ? 40 : 32, table.offset);
  out.half(is64Bit ? 54 : 42, entrySize);
  out.half(is64Bit ? 56 : 44, headers);
  out.half(is64Bit ? 58 : 46, is64Bit ? 64 : 40);
  out.half(is64Bit ? 60 : 48, table.count);
  out.half(is64Bit ? 62 : 50, Math.max(0, table.count - 1));
  return Buffer.concat([head, ...bodies, table.bytes]);
}

type Form = { readonly is64Bit: boolean; readonly littleEndian: boolean };

function sectionTable(sections: readonly ElfSection[], start: number, form: Form) {
  if (sections.length === 0) return { offset: 0, count: 0, bytes: Buffer.alloc(0) };
  const all = [...sections, { name: ".shstrtab", content: Buffer.alloc(0) }];
  const names = Buffer.from(`\0${all.map(({ name }) => `${name}\0`).join("")}`);
  const contents = [...sections.map(({ content }) => content), names];
  const size = form.is64Bit ? 64 : 40;
  const headers = Buffer.alloc(size * (all.length + 1));
  const out = new Writer(headers, form);
  let offset = start;
  all.forEach(({ name }, index) => {
    const at = size * (index + 1);
    const length = contents[index]?.length ?? 0;
    out.word(at, names.indexOf(`\0${name}\0`) + 1);
    out.word(at + 4, 1);
    out.address(at + (form.is64Bit ? 24 : 16), offset);
    out.address(at + (form.is64Bit ? 32 : 20), length);
    offset += length;
  });
  return { offset, count: all.length + 1, bytes: Buffer.concat([...contents, headers]) };
}

class Writer {
  readonly #bytes: Buffer;
  readonly #form: Form;

  constructor(bytes: Buffer, form: Form) {
    this.#bytes = bytes;
    this.#form = form;
  }

  half(at: number, value: number): void {
    if (this.#form.littleEndian) this.#bytes.writeUInt16LE(value, at);
    else this.#bytes.writeUInt16BE(value, at);
  }

  word(at: number, value: number): void {
    if (this.#form.littleEndian) this.#bytes.writeUInt32LE(value, at);
    else this.#bytes.writeUInt32BE(value, at);
  }

  address(at: number, value: number): void {
    if (!this.#form.is64Bit) this.word(at, value);
    else if (this.#form.littleEndian) this.#bytes.writeBigUInt64LE(BigInt(value), at);
    else this.#bytes.writeBigUInt64BE(BigInt(value), at);
  }
}
