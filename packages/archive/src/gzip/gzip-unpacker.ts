/** Bytes of a chunk that is unpacked: one task of the thread pool, which idles until it is given the next. */
export const CHUNK_BYTES = 1024 * 1024;

interface GzipOptions {
  /** The caller is done with a chunk when it asks for the next one, and its memory may be used anew then. */
  readonly transient: boolean;
}

/**
 * Unpacks gzip (RFC 1952), of several members too, in Node's thread pool and one chunk ahead of its reader.
 *
 * Rejects with whatever the pieces reject with, and with an error of its own where what comes is damaged, ends early or
 * goes on with something that is not gzip. A piece has to stay as it is until two more have been asked for. Whoever
 * stops early has the pieces closed.
 */
export interface GzipUnpacker {
  /** What a person knows it by. */
  readonly name: string;
  unpack(pieces: AsyncIterable<Uint8Array>, options: GzipOptions): AsyncGenerator<Uint8Array, void, void>;
}
