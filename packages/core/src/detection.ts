import type { EventType } from "./event-type.ts";
import type { RuntimeContainer } from "./runtime-event.ts";

/** In falling order of urgency, by the names of the rule language. */
export const priorities = [
  "emergency",
  "alert",
  "critical",
  "error",
  "warning",
  "notice",
  "informational",
  "debug",
] as const;
export type Priority = (typeof priorities)[number];

/**
 * What a rule asks to happen. `kill` ends the process, `deny` makes the call fail, `pause` freezes the container, `cut`
 * ends its connections, `stop` stops it.
 */
export const ruleActions = ["kill", "deny", "pause", "cut", "stop"] as const;
export type RuleAction = (typeof ruleActions)[number];

/**
 * What became of it. `prevented`: what was detected had no effect. `killed`: the call took effect, and the process
 * ended with it. `done`: the container was paused, cut or stopped afterwards.
 */
export type ActionOutcome = "prevented" | "killed" | "done" | "failed" | "dry-run" | "none";

/** What this host can do about what a rule detects. */
export type Enforceability = "prevents" | "kills" | "detects" | "off";

/** One link of the chain from a process up to the first of its container, or of the host. */
export interface DetectedProcess {
  readonly pid: number;
  readonly name: string;
  readonly exePath: string;
  readonly commandLine: string;
  readonly user: string;
}

/** One part of a condition that held, with the value that made it hold. */
export interface MatchedPart {
  /** As the rule's author wrote it, macros by name: `proc.name in (shell_binaries)`. */
  readonly text: string;
  readonly field: string;
  readonly value: string;
}

/** A rule that an event matched. */
export interface Detection {
  /** Unique on its host. */
  readonly id: string;
  readonly rule: string;
  readonly description: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly eventType: EventType;
  /** The rule's output with its fields filled in. */
  readonly output: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly matched: readonly MatchedPart[];
  readonly container: RuntimeContainer | undefined;
  /** The process first, then its ancestors. */
  readonly processes: readonly DetectedProcess[];
  readonly action: RuleAction | undefined;
  readonly outcome: ActionOutcome;
  /** How many of the same were left out since the last one that was told. */
  readonly suppressed: number;
  /** The directory on its host in which what the container did will lie; absent where it is not saved. */
  readonly capture?: string;
}
