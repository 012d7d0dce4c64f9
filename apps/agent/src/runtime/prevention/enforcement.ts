import type { Enforceability } from "@pratique/core";
import type { Rule } from "@pratique/rules";

/** What the kernel does by a rule, and why it is no more. */
export interface Enforcement {
  readonly enforceability: Exclude<Enforceability, "off">;
  readonly why: readonly string[];
}

/** Where an operator wants nothing to be prevented. */
export function notPrevented(rule: Rule): Enforcement {
  if (rule.action !== "kill" && rule.action !== "deny") return detectsOnly(rule);
  return { enforceability: "detects", why: ["runtime.prevent is off"] };
}

/** Of a host that prevents nothing: every rule tells, and one that asks for more says that it does not get it. */
export function detectsOnly(rule: Rule): Enforcement {
  const why = rule.action === undefined ? [] : [`${rule.action} is done after the fact, where it can be`];
  return { enforceability: "detects", why };
}
