import type { SensorEvent } from "./events/sensor-event.ts";
import type { TrackedContainer } from "./tables/container-table.ts";

export interface HeldCounters {
  /** Wait now. */
  readonly held: number;
  /** Have waited since the sensor began. */
  readonly everHeld: number;
  /** Did not wait any longer, since too many did. */
  readonly overflowed: number;
}

const DEFAULT_MAX_EVENTS = 20_000;

/**
 * Events of containers of which the details are not there yet, in their order. A rule that looks at the image must not
 * see a container without one.
 */
export class HeldEvents {
  readonly #maxEvents: number;
  readonly #queues = new Map<TrackedContainer, SensorEvent[]>();
  #held = 0;
  #everHeld = 0;
  #overflowed = 0;

  constructor(maxEvents = DEFAULT_MAX_EVENTS) {
    this.#maxEvents = maxEvents;
  }

  /** False where there is no room: the container has to do with what is known. */
  hold(container: TrackedContainer, event: SensorEvent): boolean {
    if (this.#held >= this.#maxEvents) {
      this.#overflowed += 1;
      return false;
    }
    const queue = this.#queues.get(container) ?? [];
    // It may wait for seconds, and must not keep the chunk that it came in.
    queue.push(event.detach());
    this.#queues.set(container, queue);
    this.#held += 1;
    this.#everHeld += 1;
    return true;
  }

  release(container: TrackedContainer): readonly SensorEvent[] {
    const queue = this.#queues.get(container) ?? [];
    this.#queues.delete(container);
    this.#held -= queue.length;
    return queue;
  }

  /** Those that events wait for. */
  containers(): readonly TrackedContainer[] {
    return [...this.#queues.keys()];
  }

  get counters(): HeldCounters {
    return { held: this.#held, everHeld: this.#everHeld, overflowed: this.#overflowed };
  }
}
