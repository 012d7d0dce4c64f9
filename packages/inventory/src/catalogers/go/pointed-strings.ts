import { type ElfHead, ElfView } from "../../programs/elf.ts";
import { type BuildInfo, isGoVersion, MAX_MODULES_BYTES, withoutSentinels } from "./build-info.ts";

const VERSION = Buffer.from("go1.1");
/** The longest version of those releases with a vendor's addition. */
const VERSION_BYTES = 48;
const MAX_VERSIONS = 1024;
const MODULES_START = Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex");
const MODULES_END = Buffer.from("f932433186182072008242104116d8f2", "hex");
const OVERLAP = 64;

/** A string in memory, as Go writes it: where it lies, and its length. */
interface Pointer {
  readonly at: number;
  readonly bytes: Uint8Array;
  filled: number;
}

/**
 * The strings of build information before Go 1.18, to which the blob only points. They lie in front of it, so that
 * whatever could be one is kept with its place until the pointers say which it is.
 */
export class PointedStrings {
  readonly #elf: ElfHead;
  readonly #versions = new Map<number, string>();
  #pointers: readonly Pointer[] = [];
  #modules: { readonly at: number; bytes: Uint8Array; complete: boolean } | undefined;
  #border: Uint8Array = new Uint8Array();
  #end = 0;

  constructor(elf: ElfHead) {
    this.#elf = elf;
  }

  /** Looks at the data in front of the blob. */
  collect(bytes: Uint8Array, offset: number): void {
    if (this.#end !== offset) this.#border = new Uint8Array();
    if (this.#border.length > 0) {
      const border = Buffer.concat([this.#border, bytes.subarray(0, OVERLAP)]);
      this.#search(border, offset - this.#border.length);
    }
    this.#growModules(bytes, offset);
    this.#search(bytes, offset);
    const last = bytes.length < OVERLAP ? Buffer.concat([this.#border, bytes]) : bytes;
    this.#border = Uint8Array.from(last.subarray(Math.max(0, last.length - OVERLAP)));
    this.#end = offset + bytes.length;
  }

  /** Takes the blob; false where its pointers lead nowhere. */
  follow(blob: Uint8Array): boolean {
    const view = new ElfView(blob, this.#elf);
    const width = this.#elf.is64Bit ? 8 : 4;
    const places = [view.address(16), view.address(16 + width)].map((address) => this.#offsetOf(address));
    const known = places.filter((at) => at !== undefined);
    this.#pointers = known.map((at) => ({ at, bytes: new Uint8Array(2 * width), filled: 0 }));
    return known.length === 2;
  }

  /** Where the next byte of a pointer's target lies; infinite when they are known. */
  get next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at, bytes, filled } of this.#pointers) {
      if (filled < bytes.length) next = Math.min(next, at + filled);
    }
    return next;
  }

  /** Takes the targets of the pointers, which lie behind the blob. */
  write(bytes: Uint8Array, offset: number): void {
    for (const pointer of this.#pointers) {
      const start = pointer.at + pointer.filled - offset;
      if (start < 0) continue;
      const piece = bytes.subarray(start, start + pointer.bytes.length - pointer.filled);
      pointer.bytes.set(piece, pointer.filled);
      pointer.filled += piece.length;
    }
  }

  resolve(): BuildInfo | undefined {
    const [version, modules] = this.#pointers.map((pointer) => this.#targetOf(pointer));
    if (version === undefined) return undefined;
    const goVersion = this.#versions.get(version.offset)?.slice(0, version.length) ?? "";
    if (!isGoVersion(goVersion) || goVersion.length !== version.length) return undefined;
    const found = this.#modules;
    const isTheirs = found?.complete === true && found.at === modules?.offset;
    return { goVersion, modules: isTheirs ? withoutSentinels(found.bytes) : "" };
  }

  #search(bytes: Uint8Array, offset: number): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = buffer.indexOf(VERSION); at >= 0; at = buffer.indexOf(VERSION, at + 1)) {
      if (this.#versions.size >= MAX_VERSIONS) break;
      this.#versions.set(offset + at, buffer.toString("latin1", at, at + VERSION_BYTES));
    }
    if (this.#modules !== undefined) return;
    const start = buffer.indexOf(MODULES_START);
    if (start < 0) return;
    this.#modules = { at: offset + start, bytes: new Uint8Array(), complete: false };
    this.#growModules(buffer, offset);
  }

  #growModules(bytes: Uint8Array, offset: number): void {
    const modules = this.#modules;
    if (modules === undefined || modules.complete || modules.bytes.length > MAX_MODULES_BYTES) return;
    const start = modules.at + modules.bytes.length - offset;
    if (start < 0 || start >= bytes.length) return;
    const from = Math.max(0, modules.bytes.length - MODULES_END.length);
    const joined = Buffer.concat([modules.bytes, bytes.subarray(start, start + MAX_MODULES_BYTES)]);
    const end = joined.indexOf(MODULES_END, from);
    modules.complete = end >= 0;
    modules.bytes = end < 0 ? joined : joined.subarray(0, end + MODULES_END.length);
  }

  #targetOf({ bytes, filled }: Pointer): { readonly offset: number; readonly length: number } | undefined {
    if (filled < bytes.length) return undefined;
    const view = new ElfView(bytes, this.#elf);
    const offset = this.#offsetOf(view.address(0));
    return offset === undefined ? undefined : { offset, length: view.address(bytes.length / 2) };
  }

  #offsetOf(address: number): number | undefined {
    for (const segment of this.#elf.segments) {
      const within = address - segment.address;
      if (within >= 0 && within < segment.size) return segment.offset + within;
    }
    return undefined;
  }
}
