import { PratiqueError } from "@pratique/core";

export type RulesErrorCode = "CONDITION_INVALID" | "RULES_INVALID";

/** Rules, or a part of them, that cannot be used. */
export class RulesError extends PratiqueError<RulesErrorCode> {
  override readonly name = "RulesError";
}

/** One thing that is wrong with a file of rules, and where. */
export interface RuleIssue {
  /** The file, as the caller named it. */
  readonly file: string;
  /** From 1; where the mistake is, or else where the item begins, or the condition. */
  readonly line: number;
  /** From 1, in UTF-16 units; undefined where it is the item as a whole. */
  readonly column?: number;
  /** The rule, macro or list that it is about; empty where it is the file. */
  readonly name: string;
  /** An error keeps the files from being used; a warning does not. */
  readonly level: "error" | "warning";
  readonly message: string;
}

/** Writes an issue the way compilers do: `rules.yaml:12:5: Shell in container: …`; without a place where it is about all files. */
export function formatRuleIssue({ file, line, column, name, message }: RuleIssue): string {
  if (file === "") return message;
  const place = column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
  return name === "" ? `${place}: ${message}` : `${place}: ${name}: ${message}`;
}
