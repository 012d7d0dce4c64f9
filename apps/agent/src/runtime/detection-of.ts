import type { ActionOutcome, DetectedProcess, Detection, RuntimeContainer } from "@pratique/core";
import type { RuleMatch } from "@pratique/rules";
import type { SensorEvent, TrackedProcess } from "@pratique/sensor";
import { redactCommandLine } from "./redact-command-line.ts";

/** So far up goes the story of a process. */
const MAX_ANCESTORS = 16;
const MAX_PARTS = 64;
const MAX_TEXT = 4096;

export interface DetectionParts {
  /** Unique on this host. */
  readonly id: string;
  /** How many of the same were left out before. */
  readonly suppressed: number;
  readonly userName: (process: TrackedProcess, event: SensorEvent) => string;
}

/** What is told of a rule that an event matched. It is worked out at once, since the event's memory is used again. */
export function detectionOf(match: RuleMatch<SensorEvent>, parts: DetectionParts): Detection {
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
    container: containerOf(event),
    processes: lineage(event, parts),
    action: rule.action,
    outcome: outcomeOf(event),
    suppressed: parts.suppressed,
  };
}

/** What the kernel did about it by itself, before anybody was told. */
function outcomeOf(event: SensorEvent): ActionOutcome {
  if (event.wasPrevented) return "prevented";
  return event.wasKilled ? "killed" : "none";
}

/** Without its environment, and with the labels that it has been given. */
function containerOf({ container }: SensorEvent): RuntimeContainer | undefined {
  if (container === undefined) return undefined;
  const { id, runtime, name, image, imageId, privileged, labels, mounts, createdAt } = container;
  return { id, runtime, name, image, imageId, privileged, labels, mounts, createdAt };
}

function lineage(event: SensorEvent, { userName }: DetectionParts): readonly DetectedProcess[] {
  const chain: DetectedProcess[] = [];
  let process: TrackedProcess | undefined = event.process;
  while (process !== undefined && chain.length < MAX_ANCESTORS) {
    chain.push({
      pid: process.pid,
      name: process.name,
      exePath: cut(process.exePath),
      commandLine: redactCommandLine(process.exe || process.name, process.args),
      user: userName(process, event),
    });
    process = process.parent;
  }
  return chain;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}
