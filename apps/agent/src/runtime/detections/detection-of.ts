import {
  type ActionOutcome,
  type DetectedProcess,
  type Detection,
  type RuntimeContainer,
  redactCommandLine,
} from "@pratique/core";
import type { Rule } from "@pratique/rules";
import type { SensorContainer, SensorEvent, TrackedProcess } from "@pratique/sensor";
import type { DetectedMatch } from "../learning/deviation-match.ts";
import type { Refusal } from "../prevention/refusals.ts";

/** So far up goes the story of a process. */
const MAX_ANCESTORS = 16;
const MAX_PARTS = 64;
const MAX_TEXT = 4096;

export interface DetectionParts {
  /** Unique on this host. */
  readonly id: string;
  /** How many of the same were left out before. */
  readonly suppressed: number;
  /** What became of it, where that is known otherwise than by the event. */
  readonly outcome?: ActionOutcome | undefined;
  readonly userName: (process: TrackedProcess) => string;
}

/** What is told of a rule that an event matched. It is worked out at once, since the event's memory is used again. */
export function detectionOf(match: DetectedMatch, parts: DetectionParts): Detection {
  const { rule, event } = match;
  return {
    id: parts.id,
    rule: rule.name,
    description: rule.description.trim(),
    priority: rule.priority,
    tags: rule.tags,
    time: new Date(event.time).toISOString(),
    eventType: match.eventType,
    output: cut(match.output()),
    fields: Object.fromEntries(Object.entries(match.fields()).map(([name, value]) => [name, cut(value)])),
    matched: match
      .parts()
      .slice(0, MAX_PARTS)
      .map(({ text, field, value }) => ({ text: cut(text), field, value: cut(value) })),
    container: runtimeContainerOf(event.container),
    processes: lineage(event.process, parts),
    action: rule.action,
    outcome: parts.outcome ?? outcomeOf(event),
    suppressed: parts.suppressed,
  };
}

/** What is told of something that was refused before there was an event that the rule could match. */
export function detectionOfRefusal(
  { hook, what, killed, container, process, time }: Refusal,
  rule: Rule,
  parts: DetectionParts,
): Detection {
  const details = container?.details;
  const type = rule.eventTypes.find((each) => hooksOf.get(each) === hook) ?? rule.eventTypes[0] ?? "execve";
  const who = process === undefined ? "" : `process=${process.name} exe=${process.exePath} `;
  const where = `container=${details?.name ?? ""} image=${details?.image ?? ""}`;
  return {
    id: parts.id,
    rule: rule.name,
    description: rule.description.trim(),
    priority: rule.priority,
    tags: rule.tags,
    time: new Date(time).toISOString(),
    eventType: type,
    output: cut(`${rule.name} was refused by the kernel (${what} ${who}${where})`),
    fields: {},
    matched: [],
    container: runtimeContainerOf(details),
    processes: process === undefined ? [] : lineage(process, parts),
    action: rule.action,
    outcome: killed ? "killed" : "prevented",
    suppressed: parts.suppressed,
  };
}

const hooksOf: ReadonlyMap<string, Refusal["hook"]> = new Map([
  ["execve", "exec"],
  ["execveat", "exec"],
  ["open", "open"],
  ["openat", "open"],
  ["openat2", "open"],
  ["creat", "open"],
  ["connect", "connect"],
]);

/** What the kernel did about it by itself, before anybody was told. */
function outcomeOf(event: SensorEvent): ActionOutcome {
  if (event.wasPrevented) return "prevented";
  return event.wasKilled ? "killed" : "none";
}

/** Without its environment, and with the labels that it has been given. */
export function runtimeContainerOf(container: SensorContainer | undefined): RuntimeContainer | undefined {
  if (container === undefined) return undefined;
  const { id, runtime, name, image, imageId, privileged, labels, mounts, createdAt } = container;
  return { id, runtime, name, image, imageId, privileged, labels, mounts, createdAt };
}

export function lineage(
  actor: TrackedProcess,
  { userName }: Pick<DetectionParts, "userName">,
): readonly DetectedProcess[] {
  const chain: DetectedProcess[] = [];
  let process: TrackedProcess | undefined = actor;
  while (process !== undefined && chain.length < MAX_ANCESTORS) {
    chain.push({
      pid: process.pid,
      name: process.name,
      exePath: cut(process.exePath),
      commandLine: redactCommandLine(process.exe || process.name, process.args),
      user: userName(process),
    });
    process = process.parent;
  }
  return chain;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}
