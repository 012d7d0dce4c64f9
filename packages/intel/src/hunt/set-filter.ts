import { type IpAddress, type IpNetwork, wholeOf } from "../canonical/address.ts";
import { nameAndParents } from "../canonical/domain.ts";
import { fnv1a64, keyNumber } from "../canonical/hash64.ts";
import { type PrefixSet, prefixSetOf } from "../canonical/prefix-set.ts";
import type { IntelSet } from "../set/intel-set.ts";

/** 8 MiB: of 1.5 million names, four bits in a hundred are set, and two of them by chance for one in five hundred. */
const FILTER_BITS = 2 ** 26;

/**
 * Says quickly what a set does not list: nearly all that containers speak to. What it says yes to has to be asked of
 * the set; what it says no to is not listed.
 */
export class SetFilter {
  readonly #v4 = new V4Ranges();
  readonly #v6: PrefixSet<number>;
  readonly #names = new Uint32Array(FILTER_BITS / 32);

  /** Reads through a whole set once. Throws `SET_CORRUPT`. */
  constructor(set: IntelSet) {
    const v6: [IpNetwork, number][] = [];
    set.visitNetworks({
      begin: (count) => this.#v4.begin(count),
      v4: (value, prefix, indicator) => this.#v4.add(value, prefix, indicator),
      v6: (network, indicator) => v6.push([network, indicator]),
    });
    this.#v6 = prefixSetOf(v6);
    for (const key of set.domainKeys()) {
      for (const bit of bitsOf(key))
        this.#names[bit >>> 5] = (this.#names[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** The number of an indicator that covers an address, at this port or another; undefined where none does. */
  ofAddress(address: IpAddress): number | undefined {
    return address.family === 4 ? this.#v4.find(address.value) : this.#v6.find(wholeOf(address));
  }

  /** Whether a name in canonical form, or one that it lies below, may be listed. */
  mayListName(name: string): boolean {
    for (const each of nameAndParents(name)) {
      if (this.#mayHold(keyNumber(fnv1a64(each)))) return true;
    }
    return false;
  }

  #mayHold(key: number): boolean {
    return bitsOf(key).every((bit) => ((this.#names[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0);
  }
}

/** Two places out of the 53 bits of a key. */
function bitsOf(key: number): readonly [number, number] {
  return [key % FILTER_BITS, Math.floor(key / FILTER_BITS) % FILTER_BITS];
}

/** Networks in the order of their addresses: one that lies in another is left out, so that what is left is disjoint. */
class V4Ranges {
  #firsts = new Uint32Array(0);
  #lasts = new Uint32Array(0);
  #indicators = new Uint32Array(0);
  #count = 0;

  begin(count: number): void {
    [this.#firsts, this.#lasts, this.#indicators] = [
      new Uint32Array(count),
      new Uint32Array(count),
      new Uint32Array(count),
    ];
  }

  add(first: number, prefix: number, indicator: number): void {
    const at = this.#count;
    if (at > 0 && first <= (this.#lasts[at - 1] ?? 0)) return;
    this.#firsts[at] = first;
    this.#lasts[at] = first + 2 ** (32 - prefix) - 1;
    this.#indicators[at] = indicator;
    this.#count = at + 1;
  }

  find(value: number): number | undefined {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lasts[middle] ?? 0) >= value) high = middle;
      else low = middle + 1;
    }
    return low < this.#count && (this.#firsts[low] ?? 0) <= value ? this.#indicators[low] : undefined;
  }
}
