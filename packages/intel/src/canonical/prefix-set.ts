import type { IpNetwork } from "./address.ts";
import { RowTable } from "./row-table.ts";

/** Networks with what is known of each, to be asked which of them another network touches. */
export interface PrefixSet<T> {
  /** What is known of a network that overlaps this one: the widest, where there are several. */
  find(network: IpNetwork): T | undefined;
  readonly size: number;
}

/** Makes a set of networks in any order; of two that are the same, what is known of the first holds. */
export function prefixSetOf<T>(entries: Iterable<readonly [IpNetwork, T]>): PrefixSet<T> {
  const rows = new RowTable(V4_COLUMNS);
  const abouts: T[] = [];
  const v6: Interval<T>[] = [];
  let size = 0;
  for (const [network, about] of entries) {
    size += 1;
    if (network.family === 6) v6.push({ ...rangeOfV6(network), about });
    else rows.push(network.value, lastOfV4(network), abouts.push(about) - 1);
  }
  const low = widestOfV4(rows);
  const high = widestOfV6(v6);
  return {
    size,
    find(network) {
      if (network.family === 6) return overlapping(high, rangeOfV6(network));
      const at = low.find(network.value, lastOfV4(network));
      return at === undefined ? undefined : abouts[at];
    },
  };
}

/** First address, last address, what is known of it: lists of clouds have a hundred thousand, without an object each. */
const V4_COLUMNS = 3;

function lastOfV4({ value, prefix }: { readonly value: number; readonly prefix: number }): number {
  return value + 2 ** (32 - prefix) - 1;
}

/**
 * Two networks are disjoint, or one holds the other. Without those that others hold, what is left is disjoint and in
 * order, so that one binary search finds an overlap.
 */
function widestOfV4(rows: RowTable): { find(first: number, last: number): number | undefined } {
  const kept = new RowTable(V4_COLUMNS);
  for (const row of rows.sorted(1, (left, right) => rows.at(right, 1) - rows.at(left, 1) || left - right)) {
    const isDisjoint = kept.count === 0 || rows.at(row, 0) > kept.at(kept.count - 1, 1);
    if (isDisjoint) kept.push(rows.at(row, 0), rows.at(row, 1), rows.at(row, 2));
  }
  return {
    find(first, last) {
      const at = firstFrom(kept.count, (middle) => kept.at(middle, 1) >= first);
      return at < kept.count && kept.at(at, 0) <= last ? kept.at(at, 2) : undefined;
    },
  };
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

interface Interval<T> extends Range {
  readonly about: T;
}

function rangeOfV6({ value, prefix }: { readonly value: bigint; readonly prefix: number }): Range {
  return { first: value, last: value + (1n << BigInt(128 - prefix)) - 1n };
}

function widestOfV6<T>(intervals: Interval<T>[]): readonly Interval<T>[] {
  intervals.sort((left, right) => compare(left.first, right.first) || compare(right.last, left.last));
  const kept: Interval<T>[] = [];
  for (const interval of intervals) {
    const before = kept.at(-1);
    if (before === undefined || interval.first > before.last) kept.push(interval);
  }
  return kept;
}

function overlapping<T>(intervals: readonly Interval<T>[], { first, last }: Range): T | undefined {
  const at = firstFrom(intervals.length, (middle) => (intervals[middle]?.last ?? 0n) >= first);
  const found = intervals[at];
  return found !== undefined && found.first <= last ? found.about : undefined;
}

/** The first place of an order from which on something holds. */
function firstFrom(count: number, holds: (at: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function compare(left: bigint, right: bigint): number {
  return left < right ? -1 : Number(left > right);
}
