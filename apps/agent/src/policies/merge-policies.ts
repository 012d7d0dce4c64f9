import { defaultPolicies, loadPolicies, type PolicyDocument, PolicyError } from "@pratique/policy";
import { describePolicyError, type PolicyFiles } from "./policy-files.ts";

/** What is in force, and what of the host's own could not be. */
export interface MergedPolicies extends PolicyFiles {
  readonly errors: readonly string[];
}

/**
 * Puts the host's own policies and those of the server together. All rules of both hold. Where they use one name for
 * two things, the server's holds, and the host's document is left out and named. The built-in set holds where neither
 * has a policy. Both must compile by themselves.
 */
export function mergePolicies(
  own: readonly PolicyDocument[],
  server: readonly PolicyDocument[],
): MergedPolicies {
  const { documents, errors } = withoutConflicts(own, server);
  const set = loadPolicies(documents);
  if (set.policies.length > 0) return { set, documents, errors };
  const withDefaults = [...defaultPolicies, ...documents];
  return { set: loadPolicies(withDefaults), documents: withDefaults, errors };
}

function withoutConflicts(
  own: readonly PolicyDocument[],
  server: readonly PolicyDocument[],
): { readonly documents: readonly PolicyDocument[]; readonly errors: readonly string[] } {
  const all = [...server, ...own];
  if (conflictsIn(all).length === 0) return { documents: all, errors: [] };
  let documents: readonly PolicyDocument[] = server;
  const errors: string[] = [];
  for (const document of own) {
    const conflicts = conflictsIn([...documents, document]);
    if (conflicts.length === 0) documents = [...documents, document];
    else errors.push(...conflicts.map((conflict) => `left out for the server's: ${conflict}`));
  }
  return { documents, errors };
}

function conflictsIn(documents: readonly PolicyDocument[]): readonly string[] {
  try {
    loadPolicies(documents);
    return [];
  } catch (thrown) {
    if (thrown instanceof PolicyError) return describePolicyError(thrown);
    throw thrown;
  }
}
