import type { ContainerTest } from "@pratique/rules";
import type { SensorEvent, SensorFields, TrackedContainer } from "@pratique/sensor";

/** These change while the container runs, so that no policy can be made of them. */
const CHANGING: ReadonlySet<string> = new Set(["container.duration", "container.start_ts"]);

/** Answers tests about one container; undefined where it is not known yet. */
export function containerAnswers(
  container: TrackedContainer | undefined,
  fields: SensorFields,
): (test: ContainerTest) => boolean | undefined {
  return ({ field, argument, holds }) => {
    if (container?.details === undefined || CHANGING.has(field)) return undefined;
    // Sound: fields of containers read nothing else of an event.
    const about = { tracked: container, container: container.details, time: 0 } as unknown as SensorEvent;
    const value = fields.reader(field, argument)?.read(about);
    // Lists are the engine's to compare.
    return isList(value) ? undefined : holds(value);
  };
}

function isList<Value>(value: Value | readonly Value[] | undefined): value is readonly Value[] {
  return Array.isArray(value);
}
