import { RecentMap } from "@pratique/core";
import { hardness } from "./act.ts";
import type { Decision } from "./policy/decide.ts";
import type { ContainerReference } from "./ports.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { Trigger } from "./trigger.ts";

/** An attacker who has the engine hang must not fill the memory with containers. */
const MAX_CONTAINERS = 1000;

/** What was asked about a container, and waits for its engine. */
export interface Deferred {
  readonly container: ContainerReference;
  readonly trigger: Trigger;
  readonly decision: Decision;
  /** Milliseconds since it was asked. */
  readonly waited: () => number;
}

/** The hardest that engines which do not answer keep from being done to each container. Forgotten with the agent's end. */
export class DeferredResponses {
  readonly #stopwatch: Stopwatch;
  readonly #byContainer = new RecentMap<string, Deferred>(MAX_CONTAINERS);

  constructor(stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
  }

  all(): readonly Deferred[] {
    return [...this.#byContainer.values()];
  }

  /** What is asked again, or milder than what waits already, changes nothing. */
  add(asked: Omit<Deferred, "waited">): void {
    const { id } = asked.container;
    const known = this.#byContainer.get(id);
    if (known !== undefined && hardness(known.decision.action) >= hardness(asked.decision.action)) return;
    this.#byContainer.set(id, { ...asked, waited: this.#stopwatch() });
  }

  remove(containerId: string): void {
    this.#byContainer.delete(containerId);
  }
}
