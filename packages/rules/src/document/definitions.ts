import type { Priority, RuleAction } from "@pratique/core";
import type { TextPiece } from "./text-origin.ts";

interface Definition {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Its place among all definitions; kept when it is defined anew. */
  readonly index: number;
  /** The place where it was last changed: a macro sees the macros whose index is lower. */
  readonly visibility: number;
}

export interface ListDefinition extends Definition {
  readonly items: readonly string[];
}

export interface MacroDefinition extends Definition {
  readonly condition: string;
  /** Where its condition stands. */
  readonly pieces: readonly TextPiece[];
}

/** The texts of a rule in which something may be wrong. */
export interface RulePieces {
  readonly condition: readonly TextPiece[];
  readonly output: readonly TextPiece[];
}

export interface RuleException {
  readonly name: string;
  /** One field with a list of values, or several with rows of values. */
  readonly fields: string | readonly string[];
  readonly comparisons: string | readonly string[];
  readonly values: readonly ExceptionValue[];
}

export type ExceptionValue = string | readonly ExceptionValue[];

/** What a rule says, without what it stands in. */
export interface RuleBody {
  readonly condition: string;
  readonly description: string;
  readonly output: string;
  readonly priority: Priority;
  /** The kind of events that it is about. */
  readonly source: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly exceptions: readonly RuleException[];
  readonly warnEventTypes: boolean;
  readonly skipIfUnknownFilter: boolean;
  readonly capture: boolean;
  /** Milliseconds; undefined where the rule leaves it to whoever captures. */
  readonly captureDurationMs: number | undefined;
  readonly action: RuleAction | undefined;
}

/** One item that speaks of a rule: the one that defines it, or one that changes it. */
export interface RuleChange {
  readonly file: string;
  readonly line: number;
  /** Whether it turns the rule on or off; undefined where it says nothing of that. */
  readonly enabled: boolean | undefined;
}

export interface RuleDefinition extends Definition {
  readonly body: RuleBody;
  /** Where its texts stand. */
  readonly pieces: RulePieces;
  /** In their order; the first one makes the rule. */
  readonly changes: readonly RuleChange[];
}
