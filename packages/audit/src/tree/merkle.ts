import { hash } from "node:crypto";

/** How many bytes a hash of the tree has: SHA-256. */
export const HASH_BYTES = 32;

/** Half-open: the leaves from `start` up to, and without, `end`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** A complete subtree: 2^height leaves, of which the first is the leaf `index` * 2^height. */
export interface PerfectNode {
  readonly height: number;
  readonly index: number;
}

/** The root of a tree without leaves: the hash of nothing (RFC 6962, 2.1). */
export const EMPTY_ROOT: Uint8Array = sha256(Buffer.alloc(0));

/** Filled anew by each call of {@link nodeHash}, which never waits in between. */
const nodeBytes = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** The hash of an entry: SHA-256 over 0x00 and its bytes (RFC 6962, 2.1). */
export function leafHash(entry: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(entry.length + 1);
  bytes.set(entry, 1);
  return prefixedLeafHash(bytes);
}

/** The hash of an entry that lies behind a byte to spare, which is overwritten: nothing has to be copied. */
export function prefixedLeafHash(spareAndEntry: Uint8Array): Buffer {
  spareAndEntry[0] = 0x00;
  return sha256(spareAndEntry);
}

/** The hash of two subtrees: SHA-256 over 0x01 and both hashes (RFC 6962, 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + HASH_BYTES);
  return sha256(nodeBytes);
}

/** The root over complete subtrees that follow each other, each smaller than the one before. */
export function rootOf(frontier: readonly Uint8Array[]): Uint8Array {
  let root = frontier.at(-1) ?? EMPTY_ROOT;
  for (let at = frontier.length - 2; at >= 0; at -= 1) root = nodeHash(frontier[at] ?? EMPTY_ROOT, root);
  return root;
}

/**
 * The audit path of a leaf as ranges of leaves, the leaf's sibling first (RFC 6962, 2.1.1). The hash of each is
 * one line of the proof. Throws a `RangeError` when the leaf is not in the tree.
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!isSize(index) || !isSize(size) || index >= size) {
    throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  }
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.toReversed();
}

/**
 * The consistency proof between two sizes as ranges of leaves (RFC 6962, 2.1.2). Empty when the older tree is
 * empty or is the newer one. Throws a `RangeError` when the older is the larger.
 */
export function consistencyRanges(oldSize: number, size: number): readonly LeafRange[] {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) {
    throw new RangeError(`a tree of ${oldSize} does not grow to ${size}`);
  }
  if (oldSize === 0 || oldSize === size) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  // Until the rest of the old tree is one subtree of the new one.
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // The whole old tree is known to the verifier, and is left out.
  if (start > 0) ranges.push({ start, end });
  return ranges.toReversed();
}

/** The complete subtrees that make up a range of a proof, the largest and leftmost first. */
export function perfectNodes({ start, end }: LeafRange): readonly PerfectNode[] {
  const nodes: PerfectNode[] = [];
  let from = start;
  while (from < end) {
    let [height, width] = [0, 1];
    while (from % (width * 2) === 0 && from + width * 2 <= end) {
      width *= 2;
      height += 1;
    }
    nodes.push({ height, index: from / width });
    from += width;
  }
  return nodes;
}

/** What an inclusion proof says: this leaf is in the tree of this size and root. */
export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether a path proves that a leaf is in a tree (RFC 9162, 2.1.3.2). */
export function isIncluded(claim: InclusionClaim, path: readonly Uint8Array[]): boolean {
  const { index, size } = claim;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  let [first, last] = [index, size - 1];
  let root: Uint8Array = claim.leafHash;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== HASH_BYTES) return false;
    if (first % 2 === 1 || first === last) {
      root = nodeHash(sibling, root);
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else {
      root = nodeHash(root, sibling);
    }
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && isSameHash(root, claim.root);
}

/** What a consistency proof says: the older tree is a prefix of the newer. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether a proof shows that one tree is a prefix of the other (RFC 9162, 2.1.4.2). */
export function isConsistent(claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  const { oldSize, oldRoot, size, root } = claim;
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) return false;
  if (proof.some(({ length }) => length !== HASH_BYTES)) return false;
  if (oldSize === size) return proof.length === 0 && isSameHash(oldRoot, root);
  if (oldSize === 0) return proof.length === 0 && isSameHash(oldRoot, EMPTY_ROOT);
  const hashes = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  const [seed, ...rest] = hashes;
  if (seed === undefined || proof.length === 0) return false;
  let [first, last] = [oldSize - 1, size - 1];
  while (first % 2 === 1) [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  let [oldest, newest] = [seed, seed];
  for (const next of rest) {
    if (last === 0) return false;
    if (first % 2 === 1 || first === last) {
      oldest = nodeHash(next, oldest);
      newest = nodeHash(next, newest);
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else {
      newest = nodeHash(newest, next);
    }
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && isSameHash(oldest, oldRoot) && isSameHash(newest, root);
}

/** Whether two hashes are the same. Hashes of a log are public: nothing is gained by their timing. */
export function isSameHash(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** By way of a text with a character a byte: the buffer that Node makes for a hash takes it longer than the hash. */
function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash("sha256", bytes, "binary"), "latin1");
}

/** The largest power of two below a number of at least two. */
function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function isPowerOfTwo(value: number): boolean {
  return value === 1 || splitPoint(value) * 2 === value;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
