import { type Detection, eventTypes } from "@pratique/core";
import { type TrackedContainer, wireKinds } from "@pratique/sensor";
import { runtimeContainerOf } from "./detection-of.ts";

/** Under this name it is told that a container did more than is told of one. */
export const LEFT_OUT = "Events of a container left out";

export interface LeftOut {
  readonly container: TrackedContainer;
  /** How many, since the kernel counted last. */
  readonly count: number;
  /** As the wire numbers them. */
  readonly kind: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Says of a container that it did more than is told of one: what it did meanwhile may have been seen by nobody. */
export function leftOutDetection(
  { container, count, kind, time }: LeftOut,
  { id, suppressed }: Pick<Detection, "id" | "suppressed">,
): Detection {
  const about = runtimeContainerOf(container.details);
  const name = Object.entries(wireKinds).find(([, number]) => number === kind)?.[0];
  const eventType = eventTypes.find((type) => type === name) ?? "openat";
  return {
    id,
    rule: LEFT_OUT,
    description:
      "A container does more than is told of one. Who does so on purpose hides one call behind many; a busy one is seen in part.",
    priority: "notice",
    tags: ["container", "mitre_defense_evasion", "T1562.006"],
    time: new Date(time).toISOString(),
    eventType,
    output: `${LEFT_OUT} (left_out=${count} of=${eventType} container=${about?.name ?? ""} container_id=${container.identity.id} image=${about?.image ?? ""})`,
    fields: { left_out: String(count), of: eventType },
    matched: [],
    container: about,
    processes: [],
    action: undefined,
    outcome: "none",
    suppressed,
  };
}
