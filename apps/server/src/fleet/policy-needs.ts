import type { SoughtList } from "@pratique/core";
import { loadPolicies } from "@pratique/policy";
import type { Store } from "@pratique/store";
import { documentOf } from "./check-policy.ts";

/** What has to be known of images so that the policies in force can be asked, on whatever host they hold. */
export class PolicyNeeds {
  readonly #store: Store;
  /** By the text of a policy: each is compiled once. */
  #known: ReadonlyMap<string, ReadonlySet<SoughtList>> = new Map();

  constructor(store: Store) {
    this.#store = store;
  }

  /** What they look at that is there only where somebody looked for it. */
  async sought(): Promise<ReadonlySet<SoughtList>> {
    const policies = await this.#store.fleet.policies.all();
    const known = new Map<string, ReadonlySet<SoughtList>>();
    for (const policy of policies.filter(({ enabled }) => enabled)) {
      known.set(policy.text, this.#known.get(policy.text) ?? loadPolicies([documentOf(policy)]).sought);
    }
    this.#known = known;
    return new Set([...known.values()].flatMap((lists) => [...lists]));
  }
}
