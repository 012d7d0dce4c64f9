import type { ProfileEntry, ReplyOf, showProfile } from "@pratique/api";

type ItemKind = ReplyOf<typeof showProfile>["learned"][number]["kind"];

/** What kinds of things are called, in the order in which they are shown. */
export const itemKinds = {
  executable: "Program",
  hash: "Content of a program",
  parent: "Who starts a program",
  peer: "Peer",
  port: "Port of peers",
  name: "Name asked for",
  listen: "Listening port",
  socket: "Socket",
  write: "Written path",
  secret: "Secret read",
  mount: "Mount",
  capability: "Capability",
  user: "User",
  syscall: "System call",
} as const satisfies Record<ItemKind, string>;

/** The choices of a filter. */
export const itemKindOptions = Object.entries(itemKinds).map(([value, text]) => ({ value, text }));

/** How an image is called where it has a name, and else by the beginning of its id. */
export function profileName({ names, image }: Pick<ProfileEntry, "names" | "image">): string {
  return names.at(-1) ?? image.replace(/^sha256:/u, "").slice(0, SHORT_ID);
}

const SHORT_ID = 12;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** A length of time in the largest unit that says it exactly: `36 hours`, `7 days`. */
export function spanWords(ms: number): string {
  const hours = ms / HOUR_MS;
  if (hours !== 0 && hours % DAY_HOURS === 0) return plural(hours / DAY_HOURS, "day");
  return Number.isInteger(hours) ? plural(hours, "hour") : plural(Math.round(ms / 60_000), "minute");
}

/** Hours that somebody wrote, as milliseconds; undefined where that is no length of time. */
export function hoursIn(text: string): number | undefined {
  if (!/^\d{1,5}(?:\.\d{1,2})?$/u.test(text.trim())) return undefined;
  const ms = Math.round(Number(text) * HOUR_MS);
  return ms > 0 && ms <= MOST_MS ? ms : undefined;
}

const MOST_MS = 3650 * DAY_HOURS * HOUR_MS;

/** Hours as they are written in a field. */
export function hoursText(ms: number): string {
  return String(Math.round((ms / HOUR_MS) * 100) / 100);
}

function plural(count: number, unit: string): string {
  return `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
}
