import type { ProgramFile, ProgramInspection, ProgramInspector } from "@pratique/core";
import { readElfHead } from "../../programs/elf.ts";
import { isGoProgram } from "../../programs/go-note.ts";
import { readPeSections } from "../../programs/pe.ts";
import { nextInside, type Stretch, unloadedStretches } from "../../programs/stretches.ts";
import { findCandidate, inflateList, isList, MAX_COMPRESSED_BYTES, PROBE_BYTES } from "./compressed-list.ts";
import { parseCrates } from "./crates.ts";

/**
 * Finds what cargo-auditable leaves in the section `.dep-v0` of a program. The excerpt has a line for each crate: its name,
 * a tab, its version; it is empty where the list is damaged.
 *
 * The section is not loaded, so it lies behind all that is. The names of the sections of an ELF file lie behind all of them,
 * and what has passed by is gone: so the list is known by itself there, as it is compressed, and says what it is.
 */
export const inspectRust: ProgramInspector = {
  inspect(head, { size }: ProgramFile) {
    const elf = readElfHead(head);
    if (elf !== undefined)
      return isGoProgram(head) ? undefined : new ListInspection(unloadedStretches(elf, size));
    const section = readPeSections(head)?.find(({ name }) => name === ".dep-v0");
    return section && new ListInspection([{ start: section.offset, end: section.offset + section.size }]);
  },
};

/** Places that are looked into; a program that has more was written to be slow. */
const MAX_PROBES = 1024;

class ListInspection implements ProgramInspection {
  readonly #stretches: readonly Stretch[];
  /** While searching, what may still be the start of a list; then the list. It ends at `#end`. */
  #kept: Buffer = Buffer.alloc(0);
  #end = 0;
  #isFound = false;
  #probes = 0;

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches;
  }

  get next(): number {
    if (this.#isFound) return this.#kept.length < MAX_COMPRESSED_BYTES ? this.#end : Number.POSITIVE_INFINITY;
    return this.#probes < MAX_PROBES ? nextInside(this.#stretches, this.#end) : Number.POSITIVE_INFINITY;
  }

  write(bytes: Uint8Array, offset: number): void {
    if (offset !== this.#end && !this.#isFound) this.#search(this.#kept, this.#kept.length);
    const isNext = offset === this.#end;
    this.#end = offset + bytes.length;
    if (this.#isFound) {
      if (isNext)
        this.#kept = Buffer.concat([this.#kept, bytes.subarray(0, MAX_COMPRESSED_BYTES - this.#kept.length)]);
      return;
    }
    let piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isNext && this.#kept.length > 0) {
      // Only what lies across the border is copied.
      const border = Buffer.concat([this.#kept, piece.subarray(0, PROBE_BYTES)]);
      if (piece.length <= PROBE_BYTES) piece = border;
      else if (this.#search(border, this.#kept.length)) {
        this.#kept = Buffer.concat([this.#kept, piece.subarray(PROBE_BYTES)]);
        return;
      }
    }
    if (this.#search(piece, piece.length - PROBE_BYTES)) return;
    // A copy: the memory of the piece is given back.
    this.#kept = Buffer.from(piece.subarray(Math.max(0, piece.length - PROBE_BYTES)));
  }

  finish(): Uint8Array | undefined {
    if (!this.#isFound) this.#search(this.#kept, this.#kept.length);
    if (!this.#isFound) return undefined;
    const list = inflateList(this.#kept);
    const crates = list === undefined ? undefined : parseCrates(list);
    if (crates === undefined) return new Uint8Array();
    return Buffer.from(crates.map(({ name, version }) => `${name}\t${version}\n`).join(""));
  }

  /** Searches for lists that begin before `until`, and keeps all from the first on. */
  #search(data: Buffer, until: number): boolean {
    for (let at = findCandidate(data, 0); at >= 0 && at < until; at = findCandidate(data, at + 1)) {
      this.#probes += 1;
      if (this.#probes > MAX_PROBES) return false;
      if (!isList(data.subarray(at, at + PROBE_BYTES))) continue;
      this.#isFound = true;
      this.#kept = Buffer.from(data.subarray(at, at + MAX_COMPRESSED_BYTES));
      return true;
    }
    return false;
  }
}
