import { severities } from "@pratique/core";
import { z } from "zod";
import { NotifyError } from "./errors.ts";
import { oneLine, plainText } from "./safe-text.ts";

const MAX_ID_LENGTH = 200;
const MAX_TITLE_LENGTH = 500;
const MAX_TEXT_LENGTH = 20_000;
const MAX_LABELS = 50;
const MAX_LABEL_LENGTH = 200;
const MAX_LINK_LENGTH = 2000;
const MAX_SUBJECT_LENGTH = 500;

/** `launch.denied`, `finding.new`, `agent.silent`. */
const kindForm = /^[a-z][a-z-]{0,39}(?:\.[a-z][a-z-]{0,39}){1,3}$/u;

const id = z
  .string()
  .min(1)
  .transform((text) => oneLine(text, MAX_ID_LENGTH));
const label = z.string().transform((text) => oneLine(text, MAX_LABEL_LENGTH));

/** Long texts are cut: an alarm is not lost because somebody gave an image a long name. */
const notificationSchema = z.strictObject({
  /** Unique for each notification. */
  id,
  /** What happened: `launch.denied`, `finding.new`, `approval.requested`, `agent.silent`, `feed.failed`. */
  kind: z.string().regex(kindForm),
  severity: z.enum(severities),
  /** From the host and the image: `team`, `env`, and what the operator adds. */
  labels: z
    .record(label, label)
    .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `more than ${MAX_LABELS} labels`),
  title: z.string().transform((text) => oneLine(text, MAX_TITLE_LENGTH)),
  text: z.string().transform((text) => plainText(text, MAX_TEXT_LENGTH)),
  /** What it is about: `{ kind: "image", id: "sha256:…" }`. */
  subject: z.strictObject({
    kind: id,
    id: z.string().transform((text) => oneLine(text, MAX_SUBJECT_LENGTH)),
  }),
  /** Where to read more. */
  link: z
    .url({ protocol: /^https?$/u })
    .max(MAX_LINK_LENGTH)
    .optional(),
  /** ISO 8601, UTC. */
  time: z.iso.datetime(),
  /** Notifications with one key tell the same: it is told once, and again only after the repeat time. */
  dedupKey: id,
});

/** Something that somebody should hear of. */
export type Notification = z.output<typeof notificationSchema>;

/** What may become a notification. */
export type NotificationInput = z.input<typeof notificationSchema>;

/** Checks and bounds a notification. Throws `NOTIFICATION_INVALID`. */
export function parseNotification(input: NotificationInput): Notification {
  const parsed = notificationSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new NotifyError(
    "NOTIFICATION_INVALID",
    `notification is not in its form: ${JSON.stringify(issue?.path.join("."))}: ${issue?.message ?? ""}`,
  );
}
