import { PratiqueError } from "@pratique/core";

export type RulesErrorCode = "CONDITION_INVALID" | "OUTPUT_INVALID" | "RULES_INVALID";

/** Rules, or a part of them, that cannot be used. */
export class RulesError extends PratiqueError<RulesErrorCode> {
  override readonly name = "RulesError";
}

/** One thing that is wrong with a file of rules, and where. */
export interface RuleIssue {
  /** The file, as the caller named it. */
  readonly file: string;
  /** From 1; where the item begins, or the condition. */
  readonly line: number;
  /** The rule, macro or list that it is about; empty where it is the file. */
  readonly name: string;
  /** An error keeps the files from being used; a warning does not. */
  readonly level: "error" | "warning";
  readonly message: string;
}

/** Writes an issue the way compilers do: `rules.yaml:12: Shell in container: …`. */
export function formatRuleIssue({ file, line, name, message }: RuleIssue): string {
  const place = `${file}:${line}`;
  return name === "" ? `${place}: ${message}` : `${place}: ${name}: ${message}`;
}
