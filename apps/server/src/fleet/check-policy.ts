import { lint, loadPolicies, type PolicyDocument, type PolicyProblem, runTests } from "@pratique/policy";
import type { StoredPolicy } from "@pratique/store";
import { ServerError } from "../errors.ts";

/** The most problems that a refusal names. */
const MAX_NAMED = 100;

/** A policy of the server as a document. */
export function documentOf({ name, text }: Pick<StoredPolicy, "name" | "text">): PolicyDocument {
  return { path: `${name}.yaml`, text };
}

/**
 * Compiles a policy together with the others that are in force, and gives the names of its rules. Throws
 * `POLICY_INVALID` with each line that is wrong: an agent would go on with the rules that it had.
 */
export function checkPolicy(
  policy: Pick<StoredPolicy, "name" | "text">,
  others: readonly StoredPolicy[],
  now: Date,
): string[] {
  const own = documentOf(policy);
  const beside = others.filter(({ name, enabled }) => enabled && name !== policy.name).map(documentOf);
  // The one that is changed comes last, so that a name that is taken twice is its fault.
  const problems = lint([...beside, own], { now });
  const errors = problems.filter(({ file, level }) => file === own.path && level === "error");
  if (errors.length > 0) {
    throw new ServerError("POLICY_INVALID", "the policy does not compile", {
      members: { errors: errors.slice(0, MAX_NAMED).map(memberOf) },
    });
  }
  return rulesIn(own);
}

/** What a draft is like, as far as it can be told without the others. */
export function lintDraft(text: string, now: Date) {
  const document = { path: "draft.yaml", text };
  const problems = lint([document], { now });
  const wrong = problems.some(({ level }) => level === "error");
  return {
    problems: problems.filter(({ level }) => level === "error").map(problemOf),
    warnings: problems.filter(({ level }) => level === "warning").map(problemOf),
    tests: wrong ? [] : testsIn(document),
    rules: wrong ? [] : rulesIn(document),
  };
}

function testsIn(document: PolicyDocument) {
  return runTests([document]).map(({ test, case: name, passed, differences }) => ({
    name: `${test}: ${name}`,
    passed,
    ...(differences.length > 0 && { message: differences.join("; ") }),
  }));
}

function rulesIn(document: PolicyDocument): string[] {
  return loadPolicies([document]).policies.flatMap(({ name, rules }) =>
    rules.map((rule) => `${name}/${rule.name}`),
  );
}

function memberOf({ line, path, message }: PolicyProblem): { path: string; message: string } {
  const place = [line === undefined ? undefined : `line ${line}`, path].filter((part) => part !== undefined);
  return { path: place.join(": "), message };
}

function problemOf({ line, path, message }: PolicyProblem): { line?: number; message: string } {
  return {
    ...(line !== undefined && { line }),
    message: path === undefined || path === "" ? message : `${path}: ${message}`,
  };
}
