import { type IpAddress, wholeOf } from "../canonical/address.ts";
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
  readonly #networks: PrefixSet<number>;
  readonly #names = new Uint32Array(FILTER_BITS / 32);

  /** Reads through a whole set once. Throws `SET_CORRUPT`. */
  constructor(set: IntelSet) {
    this.#networks = prefixSetOf(set.networks());
    for (const key of set.domainKeys()) {
      for (const bit of bitsOf(key))
        this.#names[bit >>> 5] = (this.#names[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** The number of an indicator that covers an address, at this port or another; undefined where none does. */
  ofAddress(address: IpAddress): number | undefined {
    return this.#networks.find(wholeOf(address));
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
