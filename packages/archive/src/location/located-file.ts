/** One file of a location, decompressed, wherever it came from. Its content can be read once. */
export interface LocatedFile {
  /** For people, and for choosing by name: relative to what was named, archives included. */
  readonly path: string;
  /** A chunk is good until the next one is asked for: its memory is given back then. */
  stream(): AsyncIterable<Uint8Array>;
}
