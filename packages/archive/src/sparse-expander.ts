import type { SparseMap } from "./sparse-map.ts";

const ZEROS = new Uint8Array(64 * 1024);

/** Puts the holes back into the stored bytes of a sparse file. The map has been checked. */
export class SparseExpander {
  readonly #map: SparseMap;
  readonly #realBytes: number;
  readonly #emit: (bytes: Uint8Array) => void;
  #index = 0;
  /** How much of the current stretch has been seen. */
  #seen = 0;
  #position = 0;

  constructor(map: SparseMap, realBytes: number, emit: (bytes: Uint8Array) => void) {
    this.#map = map;
    this.#realBytes = realBytes;
    this.#emit = emit;
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#index < this.#map.length) {
      const offset = this.#map[this.#index] ?? 0;
      const length = this.#map[this.#index + 1] ?? 0;
      this.#fill(offset + this.#seen);
      const piece = bytes.subarray(at, at + length - this.#seen);
      this.#emit(piece);
      this.#position += piece.length;
      this.#seen += piece.length;
      at += piece.length;
      if (this.#seen < length) return;
      this.#index += 2;
      this.#seen = 0;
    }
  }

  finish(): void {
    this.#fill(this.#realBytes);
  }

  #fill(end: number): void {
    while (this.#position < end) {
      const piece = ZEROS.subarray(0, end - this.#position);
      this.#emit(piece);
      this.#position += piece.length;
    }
  }
}
