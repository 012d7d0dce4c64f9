import { isSomebodys, type OrderedAction } from "@pratique/api";

/** What can be done about a container by hand, the mildest first: the word on the choice, and what it does. */
export const responseActs: readonly {
  readonly action: OrderedAction;
  readonly text: string;
  readonly means: string;
}[] = [
  {
    action: "cut",
    text: "Cut",
    means: "Its packets to and from those below are refused and its open connections end. It runs on.",
  },
  { action: "pause", text: "Pause", means: "It is frozen as it is, memory and all." },
  {
    action: "quarantine",
    text: "Quarantine",
    means:
      "No network but its own loopback, frozen, and it does not restart: kept for whoever looks into it.",
  },
  {
    action: "stop",
    text: "Stop",
    means: "It may end by itself, and is ended then. It does not restart. What was in memory is lost.",
  },
  {
    action: "kill",
    text: "Kill",
    means: "Its processes end at once. It does not restart. What was in memory is lost.",
  },
];

/** `Quarantine`, as one says what was asked for. */
export function responseActText(action: OrderedAction): string {
  return responseActs.find((each) => each.action === action)?.text ?? action;
}

/** For how long something may be done; the last one has no end. */
export const responseSpans = [
  { value: "900", text: "15 minutes" },
  { value: "3600", text: "1 hour" },
  { value: "28800", text: "8 hours" },
  { value: "86400", text: "1 day" },
  { value: "604800", text: "7 days" },
  { value: "", text: "Until a person ends it" },
] as const;

export type ResponseSpan = (typeof responseSpans)[number]["value"];

/** The addresses in what was typed, by blanks or commas; undefined where something in it is none. */
export function addressesIn(text: string): readonly string[] | undefined {
  const words = text.split(/[\s,]+/u).filter((word) => word !== "");
  const isAddress = (word: string) => /^[0-9A-Fa-f:.]*[:.][0-9A-Fa-f:.]*$/u.test(word) && isSomebodys(word);
  return words.every(isAddress) ? words : undefined;
}
