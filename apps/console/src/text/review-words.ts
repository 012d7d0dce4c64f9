import type { reviewStates, reviewVerdicts } from "@pratique/api";

export type ReviewState = (typeof reviewStates)[number];
export type ReviewVerdict = (typeof reviewVerdicts)[number];

/** Where people are with a detection. */
export const reviewStateOptions: readonly { readonly value: ReviewState; readonly text: string }[] = [
  { value: "open", text: "Open" },
  { value: "acknowledged", text: "Acknowledged" },
  { value: "closed", text: "Closed" },
];

/** What a detection turned out to be. */
export const reviewVerdictOptions: readonly { readonly value: ReviewVerdict; readonly text: string }[] = [
  { value: "real", text: "Real" },
  { value: "false-alarm", text: "False alarm" },
  { value: "expected", text: "Expected" },
];

export function reviewStateText(state: ReviewState): string {
  return reviewStateOptions.find(({ value }) => value === state)?.text ?? state;
}

export function reviewVerdictText(verdict: ReviewVerdict): string {
  return reviewVerdictOptions.find(({ value }) => value === verdict)?.text ?? verdict;
}
