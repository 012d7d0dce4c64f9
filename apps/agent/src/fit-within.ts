const sizes = new WeakMap<object, number>();

/** The bytes that a value takes in a request. Reports do not change, and are sent again and again: each is measured once. */
export function sizeOf(value: object): number {
  const size = sizes.get(value) ?? Buffer.byteLength(JSON.stringify(value));
  sizes.set(value, size);
  return size;
}

/**
 * Has items fit into one request: those that take more than their share of it are cut, so that one that is made large keeps
 * none of the others from whoever reads. `cut` gives an item of no more than so many bytes, where that can be.
 */
export function fitWithin<T extends object>(
  items: readonly T[],
  maxBytes: number,
  cut: (item: T, maxBytes: number) => T,
): readonly T[] {
  // Each is followed by a comma.
  const bytes = items.map((item) => sizeOf(item) + 1);
  const share = fairShare(bytes, maxBytes);
  return items.map((item, index) => ((bytes[index] ?? 0) <= share ? item : cut(item, share - 1)));
}

/** What each may take at most, so that all together fit: what small ones leave is for the larger. */
export function fairShare(sizes: readonly number[], maxBytes: number): number {
  let [left, count] = [maxBytes, sizes.length];
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size > left / count) return Math.floor(left / count);
    left -= size;
    count -= 1;
  }
  return Number.POSITIVE_INFINITY;
}
