import type { EventType, Priority, RuleAction } from "@pratique/core";
import type { ResolvedExpression } from "../condition/expression.ts";
import type { RuleChange } from "../document/definitions.ts";
import type { OutputPart } from "../output/parse-output.ts";

/** A rule that can be compiled: its lists, macros and exceptions are filled in, and its types fit. */
export interface Rule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly source: string;
  readonly description: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  /** As its author wrote it, with what was appended. */
  readonly conditionText: string;
  readonly condition: ResolvedExpression;
  readonly outputText: string;
  readonly output: readonly OutputPart[];
  /** The events that it can match at all. */
  readonly eventTypes: readonly EventType[];
  /** The types that it asks for and that no event here has, such as `write`. */
  readonly foreignEventTypes: readonly string[];
  readonly capture: boolean;
  readonly captureDurationMs: number | undefined;
  /** What it asks to happen; whether a host can is told by {@link analyseForKernel}. */
  readonly action: RuleAction | undefined;
  /** Each item that speaks of it, in their order; the first one makes it. */
  readonly changes: readonly RuleChange[];
}

/** A rule that was left out, and why: it is of another source, or asks to be left out where a field is unknown. */
export interface SkippedRule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly source: string;
  readonly reason: string;
}

/** Rules in the order of their files, which is the order in which they are asked. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly skipped: readonly SkippedRule[];
}
