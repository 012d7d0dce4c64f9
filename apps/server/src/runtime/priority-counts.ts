import type { Overview } from "@pratique/api";
import { priorities } from "@pratique/core";
import type { PriorityCount } from "@pratique/store";

/** Each priority with how many there are of it, those of which there are none included. */
export function countsOf(counts: readonly PriorityCount[]): Overview["detections"] {
  const of = (wanted: PriorityCount["priority"]) =>
    counts.find(({ priority }) => priority === wanted)?.detections ?? 0;
  const [emergency, alert, critical, error, warning, notice, informational, debug] = priorities;
  return {
    emergency: of(emergency),
    alert: of(alert),
    critical: of(critical),
    error: of(error),
    warning: of(warning),
    notice: of(notice),
    informational: of(informational),
    debug: of(debug),
  };
}
