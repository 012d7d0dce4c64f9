import type { IpNetwork } from "./address.ts";

/** Networks with what is known of each, to be asked which of them another network touches. */
export interface PrefixSet<T> {
  /** What is known of a network that overlaps this one: the widest, where there are several. */
  find(network: IpNetwork): T | undefined;
  readonly size: number;
}

/** Makes a set of networks in any order; of two that are the same, what is known of the first holds. */
export function prefixSetOf<T>(entries: Iterable<readonly [IpNetwork, T]>): PrefixSet<T> {
  const v4: Interval<number, T>[] = [];
  const v6: Interval<bigint, T>[] = [];
  for (const [network, about] of entries) {
    if (network.family === 4) v4.push({ ...rangeOfV4(network.value, network.prefix), about });
    else v6.push({ ...rangeOfV6(network.value, network.prefix), about });
  }
  const [low, high] = [widest(v4), widest(v6)];
  return {
    size: v4.length + v6.length,
    find(network) {
      return network.family === 4
        ? overlapping(low, rangeOfV4(network.value, network.prefix))
        : overlapping(high, rangeOfV6(network.value, network.prefix));
    },
  };
}

interface Range<K> {
  readonly first: K;
  readonly last: K;
}

interface Interval<K, T> extends Range<K> {
  readonly about: T;
}

function rangeOfV4(value: number, prefix: number): Range<number> {
  return { first: value, last: value + 2 ** (32 - prefix) - 1 };
}

function rangeOfV6(value: bigint, prefix: number): Range<bigint> {
  return { first: value, last: value + (1n << BigInt(128 - prefix)) - 1n };
}

/**
 * Two networks are disjoint, or one holds the other. Without those that others hold, what is left is disjoint and in
 * order, so that one binary search finds an overlap.
 */
function widest<K extends number | bigint, T>(intervals: Interval<K, T>[]): readonly Interval<K, T>[] {
  intervals.sort((left, right) => compare(left.first, right.first) || compare(right.last, left.last));
  const kept: Interval<K, T>[] = [];
  for (const interval of intervals) {
    const before = kept.at(-1);
    if (before === undefined || interval.first > before.last) kept.push(interval);
  }
  return kept;
}

function overlapping<K extends number | bigint, T>(
  intervals: readonly Interval<K, T>[],
  { first, last }: Range<K>,
): T | undefined {
  let [low, high] = [0, intervals.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const interval = intervals[middle];
    if (interval !== undefined && interval.last < first) low = middle + 1;
    else high = middle;
  }
  const found = intervals[low];
  return found !== undefined && found.first <= last ? found.about : undefined;
}

function compare<K extends number | bigint>(left: K, right: K): number {
  return left < right ? -1 : Number(left > right);
}
