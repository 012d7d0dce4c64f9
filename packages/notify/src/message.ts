import { type Severity, severities } from "@pratique/core";
import { z } from "zod";

/** One of the things that a message tells of. */
export const messageItemSchema = z.strictObject({
  severity: z.enum(severities),
  title: z.string(),
  text: z.string(),
  subject: z.strictObject({ kind: z.string(), id: z.string() }),
  link: z.string().optional(),
  time: z.string(),
});

export type MessageItem = z.output<typeof messageItemSchema>;

/** What is told through a channel: one notification, or many of one kind with the worst of them listed. */
export const messageSchema = z.strictObject({
  /** The same at each try, so that a receiver can tell a repetition. */
  id: z.string(),
  route: z.string(),
  kind: z.string(),
  /** The worst of all. */
  severity: z.enum(severities),
  /** Different things that happened. */
  count: z.int(),
  /** How many of each severity; absent for none. */
  bySeverity: z.partialRecord(z.enum(severities), z.int()),
  /** Those that all have in common. */
  labels: z.record(z.string(), z.string()),
  /** The worst, worst first. Not all where there are many. */
  items: z.array(messageItemSchema),
  /** ISO 8601, UTC: when the first happened. */
  time: z.string(),
});

export type Message = z.output<typeof messageSchema>;

/** A message in words. */
export interface MessageText {
  readonly title: string;
  /** Paragraphs of plain text. */
  readonly text: string;
  readonly link: string | undefined;
}

const MAX_LISTED = 10;

/** Puts a message in words, the same for every channel. Plain text: markup in it means nothing. */
export function describeMessage(message: Message): MessageText {
  const [first] = message.items;
  if (message.count === 1 && first !== undefined) {
    return { title: first.title, text: first.text, link: first.link };
  }
  const listed = message.items.slice(0, MAX_LISTED);
  const lines = listed.map(({ severity, title, subject }) => `${severity}: ${title} (${subject.id})`);
  const rest = message.count - listed.length;
  return {
    title: `${message.count} × ${message.kind} (${countsOf(message)})`,
    text: [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n"),
    link: first?.link,
  };
}

/** `2 critical, 17 high`. */
function countsOf({ bySeverity }: Message): string {
  return severities
    .map((severity: Severity) => ({ severity, count: bySeverity[severity] ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${count} ${severity}`)
    .join(", ");
}

/** What is sent to try a channel. */
export function testMessage(id: string, time: string): Message {
  const item: MessageItem = {
    severity: "unknown",
    title: "Test message from Pratique",
    text: "Somebody tried this channel. There is nothing to do.",
    subject: { kind: "channel", id: "test" },
    time,
  };
  return {
    id,
    route: "test",
    kind: "channel.test",
    severity: "unknown",
    count: 1,
    bySeverity: { unknown: 1 },
    labels: {},
    items: [item],
    time,
  };
}
