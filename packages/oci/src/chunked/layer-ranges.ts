import { TocUnusable } from "./toc-unusable.ts";

/** Opens a part of a layer, or rejects: as many bytes as were asked for come, or an error. */
export type OpenRange = (
  part: { readonly offset: number; readonly length: number },
  signal: AbortSignal,
) => AsyncIterable<Uint8Array>;

/** What is asked for at a time where less is wanted: files that are wanted often lie beside each other. */
const MIN_WINDOW = 64 * 1024;
/** The same where they do. */
const MAX_WINDOW = 512 * 1024;
/** Requests of one layer; one that would take more is better read whole. */
const MAX_REQUESTS = 512;

/** Parts of one layer, where small ones near each other are fetched together. */
export class LayerRanges {
  /** Bytes of the layer. */
  readonly size: number;
  readonly #open: OpenRange;
  readonly #signal: AbortSignal;
  #window: { readonly offset: number; readonly bytes: Uint8Array } = { offset: 0, bytes: new Uint8Array() };
  #requests = 0;

  constructor(size: number, open: OpenRange, signal: AbortSignal) {
    this.size = size;
    this.#open = open;
    this.#signal = signal;
  }

  /** A part as a stream. Rejects with {@link TocUnusable} where it does not lie in the layer, or takes one request too many. */
  async *read(offset: number, length: number): AsyncGenerator<Uint8Array, void, void> {
    if (offset < 0 || length < 0 || offset + length > this.size)
      throw new TocUnusable("a part lies outside of the layer");
    if (length > MAX_WINDOW) {
      this.#count();
      yield* this.#open({ offset, length }, this.#signal);
    } else {
      yield await this.#windowed(offset, length);
    }
  }

  /** A small part in one piece. */
  async bytes(offset: number, length: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read(offset, length)) chunks.push(Uint8Array.from(chunk));
    return Buffer.concat(chunks);
  }

  async #windowed(offset: number, length: number): Promise<Uint8Array> {
    let start = offset - this.#window.offset;
    if (start < 0 || start + length > this.#window.bytes.length) {
      this.#count();
      const size = Math.min(this.#nextSize(offset, length), this.size - offset);
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.#open({ offset, length: size }, this.#signal))
        chunks.push(Uint8Array.from(chunk));
      this.#window = { offset, bytes: Buffer.concat(chunks) };
      start = 0;
    }
    return this.#window.bytes.subarray(start, start + length);
  }

  /** Twice as much as the last time where this is what comes next, within as much as that was. */
  #nextSize(offset: number, length: number): number {
    const last = this.#window.bytes.length;
    const distance = offset - this.#window.offset - last;
    const isNext = distance >= 0 && distance < last;
    return Math.max(length, Math.min(MAX_WINDOW, isNext ? 2 * last : MIN_WINDOW));
  }

  #count(): void {
    this.#requests += 1;
    if (this.#requests > MAX_REQUESTS) throw new TocUnusable(`it takes more than ${MAX_REQUESTS} requests`);
  }
}
