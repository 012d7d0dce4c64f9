import { createHash } from "node:crypto";
import { listDetections } from "@pratique/api";
import type { Priority, Severity } from "@pratique/core";
import type { NewNotice, WatchedRuntime } from "@pratique/store";
import { z } from "zod";
import { counted, linesOf, linkTo, noticeOf, type Origin } from "./notice.ts";

const { priority } = listDetections.reply.shape.items.element.shape;

/** What is read of a detection; the rest is for the console. */
const document = z.object({
  rule: z.string(),
  priority,
  output: z.string().catch(""),
  container: z.string().catch(""),
  image: z.string().catch(""),
  outcome: z.string().catch("none"),
  suppressed: z.number().catch(0),
});

type Detected = z.output<typeof document>;

/** Some of those of one rule on one host. */
interface Group {
  readonly first: WatchedRuntime & { readonly detected: Detected };
  count: number;
  readonly containers: Set<string>;
}

const MAX_CONTAINERS = 5;
const MAX_OUTPUT = 2000;
/** Groups told of at once; a host that makes up more rules than this is told of by these. */
const MAX_GROUPS = 200;

const severities: Readonly<Record<Priority, Severity>> = {
  emergency: "critical",
  alert: "critical",
  critical: "critical",
  error: "high",
  warning: "medium",
  notice: "low",
  informational: "negligible",
  debug: "negligible",
};

/** What became of it, as people say it. */
const outcomes: Readonly<Record<string, string>> = {
  prevented: "It was prevented: it had no effect.",
  killed: "The process was killed.",
  done: "What the rule asks for was done.",
  failed: "What the rule asks for could not be done: it goes on.",
  "dry-run": "What the rule asks for is only tried out there, so it goes on.",
};

/** Tells of detections: those of one rule on one host are one notice, however many they are. */
export function detectionNotices(detections: readonly WatchedRuntime[], origin: Origin): NewNotice[] {
  const groups = new Map<string, Group>();
  for (const found of detections) {
    const detected = document.safeParse(found.document).data;
    if (detected === undefined) continue;
    const key = JSON.stringify([found.host, detected.rule]);
    const group = groups.get(key) ?? { first: { ...found, detected }, count: 0, containers: new Set() };
    group.count += 1 + detected.suppressed;
    if (detected.container !== "") group.containers.add(detected.container);
    groups.set(key, group);
  }
  return [...groups.values()].slice(0, MAX_GROUPS).map((group) => noticeFor(group, origin));
}

function noticeFor({ first, count, containers }: Group, origin: Origin): NewNotice {
  const { id, host, labels, time, detected } = first;
  const { rule, output, image, outcome } = detected;
  return noticeOf({
    id,
    kind: "detection.raised",
    severity: severities[detected.priority],
    labels,
    title: `${count > 1 ? `${count} × ` : ""}${rule} on ${host}`,
    text: linesOf(
      output.slice(0, MAX_OUTPUT),
      placesOf([...containers], image),
      count > 1 ? `This is the first of ${counted(count, "detection")} of this rule there.` : undefined,
      outcomes[outcome],
    ),
    subject: image === "" ? { kind: "host", id: host } : { kind: "image", id: image },
    link: linkTo(origin, "detections", id),
    time,
    // What goes on and on says the same each time.
    dedupKey: hashOf(["detection", host, rule, image]),
  });
}

function placesOf(containers: readonly string[], image: string): string {
  if (containers.length === 0) return "It was done by a process of the host, outside of any container.";
  const named = containers.slice(0, MAX_CONTAINERS).map((name) => JSON.stringify(name));
  const more = containers.length - named.length;
  return `In ${named.join(", ")}${more > 0 ? ` and ${counted(more, "other container")}` : ""} of ${image || "an image without a name"}.`;
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
