import type { Severity } from "@pratique/core";
import { isPlaceholder } from "../randomness.ts";
import type { SecretRule } from "../secret-rule.ts";

/** A token that a provider marks with a prefix which nothing else has. */
export interface TokenFacts {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** What the token begins with. */
  readonly keywords: readonly string[];
  /** The whole token, from its prefix; every quantifier has a bound. */
  readonly body: string;
  readonly reachBytes?: number;
}

/** The rule for such a token: it stands alone, and says nothing like "example". */
export function tokenRule({ id, title, severity, keywords, body, reachBytes }: TokenFacts): SecretRule {
  return {
    id,
    title,
    severity,
    confidence: "high",
    keywords,
    pattern: new RegExp(`(?<![A-Za-z0-9_])(?<secret>${body})(?![A-Za-z0-9_-])`, "dy"),
    ...(reachBytes !== undefined && { reachBytes }),
    judge: ({ secret }) => (isPlaceholder(secret) ? undefined : {}),
    unsureIn: ["vendored", "documentation", "tests"],
  };
}
