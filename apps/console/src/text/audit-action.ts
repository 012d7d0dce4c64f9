import { agentEndpoints, operatorEndpoints, publicEndpoints } from "@pratique/api";

const summaries = new Map(
  [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints].map(({ id, summary }) => [id, summary]),
);

/** What an entry of the log tells of, in words: a call by what its endpoint does, anything else by its name. */
export function auditActionWords(action: string): string {
  // What follows the semicolon is for those who make the call.
  return summaries.get(action)?.split(";", 1)[0] ?? action;
}
