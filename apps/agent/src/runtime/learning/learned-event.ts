import type { RuntimeEvent } from "@pratique/core";
import type { EventFacts } from "@pratique/profile";

/** What the sensor tells of an event, as far as it is needed here. */
export interface LearnedEvent extends RuntimeEvent {
  /** The id of the container, empty for the host. */
  readonly scope: string;
  /** Flags of open(2); undefined where the call opens nothing. */
  readonly openFlags: number | undefined;
}

/** Tells what a source knows beyond an event. */
export interface FactReader<Event extends LearnedEvent> {
  factsOf(event: Event): EventFacts;
  layerOf(event: Event): NonNullable<EventFacts["executableLayer"]>;
}
