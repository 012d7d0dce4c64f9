import type { Priority } from "@pratique/core";

/** What a person should look at today. */
const urgentPriorities = ["emergency", "alert", "critical"] as const satisfies readonly Priority[];

/** How many of them are urgent. */
export function urgentIn(counts: Readonly<Record<Priority, number>>): number {
  return urgentPriorities.reduce((sum, priority) => sum + counts[priority], 0);
}
