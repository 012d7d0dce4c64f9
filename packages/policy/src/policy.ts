import type { Enforcement, Stage } from "@pratique/core";

/** A file of policies, exceptions or policy tests: YAML, several documents to a file. */
export interface PolicyDocument {
  /** Only for messages: where the text came from. */
  readonly path: string;
  readonly text: string;
}

/** One rule, as it was written; defaults filled in. Conditions are CEL (docs/reference/policies.md). */
export interface PolicyRule {
  /** Unique in its policy: `no-privileged`. */
  readonly name: string;
  readonly description: string;
  readonly stages: readonly Stage[];
  readonly enforcement: Enforcement;
  /** What the rule does for a container that has run before, so that news does not lock out what ran. */
  readonly onRestart: Enforcement;
  /** The rule applies only where this is true. */
  readonly when?: string;
  /** `deny` is asked for each item of `list`, under the name `variable`. */
  readonly forEach?: { readonly variable: string; readonly list: string };
  /** True where the subject, or the item, breaks the rule. */
  readonly deny: string;
  /** How many items may break it; 0 without `forEach`. */
  readonly max: number;
  /** Texts with `{{ CEL }}`; one that mentions the item is written once per item. */
  readonly message: string;
  readonly value: string;
  readonly fix: string;
}

/** A named list of rules. */
export interface Policy {
  readonly name: string;
  readonly description: string;
  /** Narrows every rule of the policy. */
  readonly when?: string;
  readonly rules: readonly PolicyRule[];
}
