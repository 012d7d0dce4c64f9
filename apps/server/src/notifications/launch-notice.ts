import { createHash } from "node:crypto";
import type { NewNotice, WatchedLaunch } from "@pratique/store";
import { z } from "zod";
import { type Labels, linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

/** What is read of a launch; the rest is for the console. */
const document = z.object({
  container: z.string().catch(""),
  caller: z.string().catch(""),
  reasons: z
    .array(
      z.object({
        policy: z.string(),
        rule: z.string(),
        message: z.string(),
        value: z.string().catch(""),
        fix: z.string().catch(""),
        waivedBy: z.string().optional(),
      }),
    )
    .catch([]),
  assessmentReasons: z.array(z.object({ message: z.string() })).catch([]),
});

const MAX_REASONS = 5;

/** Tells of a launch that was refused, or would have been. */
export function launchNotice(launch: WatchedLaunch, labels: Labels, origin: Origin): NewNotice {
  const { container, caller, reasons, assessmentReasons } = document.parse(launch.document);
  const decisive = reasons.filter(({ waivedBy }) => waivedBy === undefined);
  const isDenied = launch.outcome === "denied";
  const name = container === "" ? "a container" : JSON.stringify(container);
  const rules = decisive.map(({ policy, rule }) => `${policy}/${rule}`).sort();
  return noticeOf({
    id: launch.id,
    kind: isDenied ? "launch.denied" : "launch.observed",
    severity: isDenied ? "high" : "medium",
    labels,
    title: isDenied
      ? `${launch.host} refused to start ${name} from ${launch.image}`
      : `${launch.host} started ${name} from ${launch.image}, which breaks a policy`,
    text: linesOf(
      isDenied
        ? `The container was not started. ${askedBy(caller)}`
        : `The gate only observes there, so the container runs. ${askedBy(caller)}`,
      ...decisive.slice(0, MAX_REASONS).map(reasonLine),
      decisive.length > MAX_REASONS ? `and ${decisive.length - MAX_REASONS} more reasons` : undefined,
      ...(decisive.length === 0 ? assessmentReasons.slice(0, MAX_REASONS).map(({ message }) => message) : []),
      "What to do: mend the image or the way it is started; or, where there is a good reason, ask for an exception.",
    ),
    subject: { kind: "image", id: launch.image },
    link: linkTo(origin, "launches", launch.id),
    time: launch.time,
    // A container that is started again and again says the same each time.
    dedupKey: hashOf([launch.outcome, launch.host, launch.image, container, ...rules]),
  });
}

function askedBy(caller: string): string {
  return caller === "" ? "" : `${caller} asked for it.`;
}

function reasonLine({
  policy,
  rule,
  message,
  value,
  fix,
}: z.output<typeof document>["reasons"][number]): string {
  const found = value === "" ? "" : ` (found: ${value})`;
  return `- ${message}${found}. Rule ${policy}/${rule}.${fix === "" ? "" : ` Fix: ${fix}`}`;
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
