import { oncePerHead } from "./once-per-head.ts";

/** One loadable part of a program (elf(5), program header). */
export interface Segment {
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Bytes in the file. */
  readonly size: number;
  /** Where it is loaded. */
  readonly address: number;
  readonly executable: boolean;
  readonly writable: boolean;
}

/** Where the section headers lie. */
interface SectionTable {
  readonly offset: number;
  readonly entrySize: number;
  readonly count: number;
  /** The number of the section that holds the names of all sections. */
  readonly names: number;
}

/** What the start of an ELF file tells. */
export interface ElfHead {
  readonly is64Bit: boolean;
  readonly littleEndian: boolean;
  /** Those that can be loaded, in the order of the file. */
  readonly segments: readonly Segment[];
  /** Where the index of frames for unwinding (`.eh_frame_hdr`) begins in the file. */
  readonly unwinding: number | undefined;
  readonly sections: SectionTable | undefined;
}

const PT_LOAD = 1;
const PT_GNU_EH_FRAME = 0x6474e550;
const EXECUTABLE = 1;
const WRITABLE = 2;
const MAX_SEGMENTS = 64;

/** Reads the head of an ELF file; undefined where it is none, or one whose program headers do not lie there. */
export const readElfHead = oncePerHead(parseElfHead);

function parseElfHead(head: Uint8Array): ElfHead | undefined {
  if (head.length < 64 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) {
    return undefined;
  }
  const is64Bit = head[4] === 2;
  const littleEndian = head[5] === 1;
  const view = new ElfView(head, { is64Bit, littleEndian });
  const headers = programHeaders(view, head.length);
  if (headers === undefined) return undefined;
  const loadable = headers.filter((at) => view.word(at) === PT_LOAD).map((at) => readSegment(view, at));
  const segments = loadable.sort((left, right) => left.offset - right.offset);
  const frames = headers.find((at) => view.word(at) === PT_GNU_EH_FRAME);
  const unwinding = frames === undefined ? undefined : readSegment(view, frames).offset;
  return { is64Bit, littleEndian, segments, unwinding, sections: readSectionTable(view) };
}

export interface ElfForm {
  readonly is64Bit: boolean;
  readonly littleEndian: boolean;
}

/** Numbers of an ELF file, in its own width and byte order. Addresses beyond 2^53 lose their last digits. */
export class ElfView {
  readonly is64Bit: boolean;
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, { is64Bit, littleEndian }: ElfForm) {
    this.is64Bit = is64Bit;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian);
  }

  word(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** As wide as an address. */
  address(at: number): number {
    return this.is64Bit ? Number(this.#view.getBigUint64(at, this.#littleEndian)) : this.word(at);
  }
}

/** Where each of them begins. */
function programHeaders(view: ElfView, length: number): readonly number[] | undefined {
  const start = view.address(view.is64Bit ? 32 : 28);
  const entrySize = view.half(view.is64Bit ? 54 : 42);
  const count = view.half(view.is64Bit ? 56 : 44);
  const isSound = entrySize >= (view.is64Bit ? 56 : 32) && count > 0 && count <= MAX_SEGMENTS;
  if (!isSound || start + count * entrySize > length) return undefined;
  return Array.from({ length: count }, (_, index) => start + index * entrySize);
}

function readSegment(view: ElfView, at: number): Segment {
  const flags = view.word(at + (view.is64Bit ? 4 : 24));
  const [offset, address, size] = view.is64Bit ? [8, 16, 32] : [4, 8, 16];
  return {
    offset: view.address(at + offset),
    address: view.address(at + address),
    size: view.address(at + size),
    executable: (flags & EXECUTABLE) !== 0,
    writable: (flags & WRITABLE) !== 0,
  };
}

function readSectionTable(view: ElfView): SectionTable | undefined {
  const offset = view.address(view.is64Bit ? 40 : 32);
  const [entrySize, count, names] = view.is64Bit
    ? [view.half(58), view.half(60), view.half(62)]
    : [view.half(46), view.half(48), view.half(50)];
  const isSound = offset > 0 && count > 0 && names < count && entrySize >= (view.is64Bit ? 64 : 40);
  return isSound ? { offset, entrySize, count, names } : undefined;
}
