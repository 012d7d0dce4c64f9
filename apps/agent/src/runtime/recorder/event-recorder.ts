import { KiB, MiB } from "@pratique/core";
import type { SensorEvent } from "@pratique/sensor";
import { eventJson } from "./event-json.ts";
import { type Kept, RecentByContainer } from "./recent-by-container.ts";

export interface EventRecorderOptions {
  readonly forMs: number;
  /** Of one container. */
  readonly maxBytes?: number;
  /** Of all together. */
  readonly maxTotalBytes?: number;
}

const MAX_BYTES = 768 * KiB;
const MAX_TOTAL_BYTES = 16 * MiB;
/** What an event takes beside its record. */
const EVENT_BYTES = 512;

interface KeptEvent extends Kept {
  readonly event: SensorEvent;
}

/** The last events of each container, in memory. */
export class EventRecorder {
  readonly #events: RecentByContainer<KeptEvent>;

  constructor({ forMs, maxBytes = MAX_BYTES, maxTotalBytes = MAX_TOTAL_BYTES }: EventRecorderOptions) {
    this.#events = new RecentByContainer({ maxBytes, maxTotalBytes, forMs });
  }

  keep(event: SensorEvent): void {
    const { scope } = event;
    if (scope === "") return;
    const { buffer, timeNs } = event.detach().record;
    this.#events.keep(scope, { event, bytes: buffer.length + EVENT_BYTES, untilNs: timeNs });
  }

  /** The last events of a container, oldest first, as one JSON object a line. */
  *lines(containerId: string, sinceNs: number): Generator<string, void, undefined> {
    for (const { event, untilNs } of this.#events.of(containerId)) {
      if (untilNs >= sinceNs) yield `${JSON.stringify(eventJson(event))}\n`;
    }
  }

  /** A container of which events are kept, by its id, by the beginning of it, or by its name; it may be gone. */
  find(nameOrId: string): string | undefined {
    for (const id of [...this.#events.containers()].toReversed()) {
      const isPrefix = nameOrId.length >= MIN_PREFIX && id.startsWith(nameOrId);
      if (isPrefix || this.#events.latest(id)?.event.container?.name === nameOrId) return id;
    }
    return undefined;
  }
}

const MIN_PREFIX = 4;
