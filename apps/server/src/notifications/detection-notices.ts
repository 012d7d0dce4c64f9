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
  readonly first: Omit<WatchedRuntime, "document">;
  readonly detected: Detected;
  count: number;
  readonly containers: Set<string>;
}

const MAX_CONTAINERS = 5;
const MAX_NAME = 256;
const MAX_OUTPUT = 2000;
/** A host that makes up more rules than this hides nothing of another's: the rest of its own are one notice. */
const MAX_RULES_PER_HOST = 50;
const OTHER_RULES = "Other rules";

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

/**
 * Gathers detections for notices: those of one rule on one host are one, however many they are. What is kept of them is
 * bounded, whatever hosts write.
 */
export class DetectionGroups {
  readonly #groups = new Map<string, Group>();
  readonly #rules = new Map<string, number>();

  add(detections: readonly WatchedRuntime[]): void {
    for (const { document: held, ...first } of detections) {
      const detected = document.safeParse(held).data;
      if (detected !== undefined) this.#count(first, detected);
    }
  }

  notices(origin: Origin): NewNotice[] {
    return [...this.#groups.values()].map((group) => noticeFor(group, origin));
  }

  #count(first: Group["first"], detected: Detected): void {
    const group = this.#groupOf(first, detected);
    group.count += 1 + detected.suppressed;
    const { container } = detected;
    // One more than is named says that there are others.
    if (container !== "" && group.containers.size <= MAX_CONTAINERS) group.containers.add(cut(container));
  }

  #groupOf(first: Group["first"], detected: Detected): Group {
    const { host } = first;
    const known = this.#groups.get(JSON.stringify([host, detected.rule]));
    if (known !== undefined) return known;
    const rules = this.#rules.get(host) ?? 0;
    const rule = rules < MAX_RULES_PER_HOST ? detected.rule : OTHER_RULES;
    const key = JSON.stringify([host, rule]);
    const others = this.#groups.get(key);
    if (others !== undefined) return others;
    const { output, image, ...rest } = detected;
    const kept = { ...rest, rule, output: output.slice(0, MAX_OUTPUT), image: cut(image) };
    const group: Group = { first, detected: kept, count: 0, containers: new Set() };
    this.#groups.set(key, group);
    this.#rules.set(host, rules + 1);
    return group;
  }
}

function cut(name: string): string {
  return name.slice(0, MAX_NAME);
}

function noticeFor({ first, detected, count, containers }: Group, origin: Origin): NewNotice {
  const { id, host, labels, time } = first;
  const { rule, output, image, outcome } = detected;
  return noticeOf({
    id,
    kind: "detection.raised",
    severity: severities[detected.priority],
    labels,
    title: `${count > 1 ? `${count} × ` : ""}${rule} on ${host}`,
    text: linesOf(
      output,
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
  return `In ${named.join(", ")}${more > 0 ? " and others" : ""} of ${image || "an image without a name"}.`;
}

function hashOf(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
