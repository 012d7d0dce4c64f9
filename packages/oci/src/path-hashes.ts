/** A compact set of paths: seeded 53-bit hashes, eight bytes for each path, no strings. */
export interface PathHashes {
  readonly size: number;
  has(path: string): boolean;
}
