import { compareSeverity, parseSeverity, type Severity } from "@pratique/core";

/** The limit of `--fail-on`. Throws `SEVERITY_UNKNOWN`. */
export function parseFailOn(text: string | undefined): Severity | undefined {
  return text === undefined ? undefined : parseSeverity(text);
}

/** `unknown` may be anything, so it counts as bad as the limit only where the limit is `unknown` itself. */
export function isAtLeast(severity: Severity, limit: Severity): boolean {
  if (severity === "unknown") return limit === "unknown";
  return compareSeverity(severity, limit) <= 0;
}
