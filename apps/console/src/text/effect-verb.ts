/** The word on a button: an act that waits for a second person is asked for. */
export function effectVerb(effect: "allow" | "needs-approval" | undefined, verb: string): string {
  return effect === "needs-approval" ? `Ask to ${verb.slice(0, 1).toLowerCase()}${verb.slice(1)}` : verb;
}
