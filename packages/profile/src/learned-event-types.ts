import { type EventType, eventTypes } from "@pratique/core";
import { readers } from "./observe.ts";
import { dangerousCalls } from "./system-calls.ts";

const dangerous: ReadonlySet<string> = new Set(dangerousCalls);

/**
 * What a source has to show, always and of every container, whose `sight.systemCalls` is `some`: the types that a
 * profile reads, and the calls that an export takes away where they were not seen. Of others none may be shown: a call
 * that a source begins to show later would look like a new one.
 */
export const learnedEventTypes: readonly EventType[] = eventTypes.filter(
  (type) => readers[type] !== undefined || dangerous.has(type),
);
