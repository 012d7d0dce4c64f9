import { IntelError } from "../errors.ts";
import { type IpNetwork, parseNetwork } from "./address.ts";
import { canonicalName, nameAndParents, specialNameOf } from "./domain.ts";
import type { Observable } from "./observable.ts";
import { type PrefixSet, prefixSetOf } from "./prefix-set.ts";
import { specialUseOf } from "./special-networks.ts";

/** The shortest prefix that a feed may list: real lists of stolen networks end here, mistakes begin. */
const MIN_PREFIX = { 4: 12, 6: 28 } as const;
const MAX_ALLOWED = 100_000;

/** Keeps feeds from naming what must never be blocked, whatever they say. */
export class Guard {
  readonly #networks: PrefixSet<string>;
  readonly #names: ReadonlySet<string>;
  readonly #above: ReadonlySet<string>;

  /**
   * Takes what is never to be blocked: addresses, networks and names, each name with all below it. Throws
   * `ALLOW_MALFORMED`.
   */
  constructor(allow: readonly string[] = []) {
    if (allow.length > MAX_ALLOWED) {
      throw new IntelError("ALLOW_MALFORMED", `expected at most ${MAX_ALLOWED} that are allowed`);
    }
    const networks: [IpNetwork, string][] = [];
    const names = new Set<string>();
    const above = new Set<string>();
    for (const text of allow) {
      const network = parseNetwork(text);
      const name = network === undefined ? canonicalName(text) : undefined;
      if (network !== undefined) networks.push([network, text]);
      else if (name !== undefined) {
        names.add(name);
        for (const parent of nameAndParents(name)) above.add(parent);
      } else {
        throw new IntelError(
          "ALLOW_MALFORMED",
          `expected an address, a network or a name, found ${JSON.stringify(text)}`,
        );
      }
    }
    this.#networks = prefixSetOf(networks);
    this.#names = names;
    this.#above = above;
  }

  /** Why something may not be listed; undefined where it may. */
  faultOf(observable: Observable): string | undefined {
    const { kind, value, key, network } = observable;
    if (kind === "hash") return undefined;
    if (network !== undefined) return this.#faultOfNetwork(network);
    return this.#faultOfName(kind === "url" ? hostOf(key) : value, kind === "url");
  }

  #faultOfNetwork(network: IpNetwork): string | undefined {
    if (network.prefix < MIN_PREFIX[network.family]) return "a network that is too wide";
    const special = specialUseOf(network);
    if (special !== undefined) return `not an address of the open Internet: ${special}`;
    return this.#networks.find(network) === undefined ? undefined : "allowed by the configuration";
  }

  #faultOfName(name: string, isUrl: boolean): string | undefined {
    const special = specialNameOf(name);
    if (special !== undefined) return special;
    // A name stands for all below it, so that what is allowed may not lie there; a URL does not.
    if (!isUrl && this.#above.has(name)) return "allowed by the configuration";
    for (const parent of nameAndParents(name)) {
      if (this.#names.has(parent)) return "allowed by the configuration";
    }
    return undefined;
  }
}

/** The host in the key of a URL. */
export function hostOf(key: string): string {
  const authority = key.slice(0, Math.max(0, key.indexOf("/")));
  return authority.replace(/:\d+$/u, "");
}
