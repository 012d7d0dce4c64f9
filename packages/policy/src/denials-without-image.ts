import { denials, type PolicyException, type Verdict, type Violation } from "@pratique/core";
import { type CompiledRule, rootOf } from "./compile-rule.ts";
import type { PolicySet } from "./policy-set.ts";

/** Parts of a launch that its image completes. */
const COMPLETED: ReadonlySet<string> = new Set([
  "launch",
  "launch.user",
  "launch.runsAsRoot",
  "launch.entrypoint",
  "launch.command",
  "launch.environmentNames",
  "launch.labels",
]);

/**
 * What of a verdict holds whatever the image may be, where nobody has it yet: rules that look at none of it, and that no
 * exception for a digest may lift once it is there.
 */
export function denialsWithoutImage(
  set: PolicySet,
  verdict: Verdict,
  exceptions: readonly PolicyException[],
): readonly Violation[] {
  const blind = new Set(set.rules.filter(isBlind).map(({ policy, rule }) => `${policy}/${rule.name}`));
  const liftable = new Set(
    [...set.exceptions, ...exceptions].flatMap(({ scope, rules }) =>
      scope.digests === undefined ? [] : rules,
    ),
  );
  return denials(verdict).filter(({ policy, rule }) => {
    const name = `${policy}/${rule}`;
    return blind.has(name) && !liftable.has(name) && !liftable.has(rule);
  });
}

function isBlind({ reads }: CompiledRule): boolean {
  return [...reads].every((read) => {
    const root = rootOf(read);
    return root !== "image" && root !== "findings" && !COMPLETED.has(read);
  });
}
