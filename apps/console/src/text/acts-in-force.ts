import type { ResponseEntry } from "@pratique/api";

/** After these an act holds nothing any more. */
const ends: readonly string[] = ["response.released", "response.closed", "response.failed"];

/** The acts that were done and not undone since, of what is known of responses. */
export function actsInForce(responses: readonly Pick<ResponseEntry, "act" | "event">[]): readonly string[] {
  const done = new Set<string>();
  const ended = new Set<string>();
  for (const { act, event } of responses) {
    if (act === undefined) continue;
    if (event === "response.done") done.add(act);
    if (ends.includes(event)) ended.add(act);
  }
  return [...done].filter((act) => !ended.has(act));
}
