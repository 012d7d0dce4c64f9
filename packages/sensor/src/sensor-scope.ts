import type { EventType } from "@pratique/core";

/** What the native sensor is asked for: it tells nothing else. */
export interface SensorScope {
  readonly eventTypes: readonly EventType[];
  /** Those that are told of processes of the host, too. */
  readonly hostEventTypes: readonly EventType[];
  /** Whether the environments of programs are told. */
  readonly environment: boolean;
}

/** What rules need to be told. */
export interface RuleNeeds extends Omit<SensorScope, "environment"> {
  readonly fields: readonly { readonly name: string }[];
}

/** What has to be asked for, so that rules are told all that they need. */
export function scopeOfNeeds({ eventTypes, hostEventTypes, fields }: RuleNeeds): SensorScope {
  const environment = fields.some(({ name }) => name === "proc.env" || name === "proc.aenv");
  return { eventTypes, hostEventTypes, environment };
}
