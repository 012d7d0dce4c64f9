import type { PolicyException, SoughtList } from "@pratique/core";
import { type CompiledRule, type Complain, compileRule, compileScope } from "./compile-rule.ts";
import { type Body, problemAt, readDocuments } from "./document-reader.ts";
import type { ExceptionBody, PolicyBody, PolicyTestBody } from "./document-schema.ts";
import { PolicyError, type PolicyProblem } from "./errors.ts";
import type { Policy, PolicyDocument } from "./policy.ts";
import { sha256Hex } from "./sha256.ts";

/** Policies and exceptions that have been checked and compiled; made by {@link loadPolicies} only. */
export interface PolicySet {
  /** `sha256:…` of what the documents mean: the same for the same rules, whatever the layout or the file. */
  readonly revision: string;
  readonly policies: readonly Policy[];
  readonly exceptions: readonly PolicyException[];
  /** What the set was made from: loading them again gives the same set. */
  readonly documents: readonly PolicyDocument[];
  /** Some rule looks at these: whoever scans for this set looks for them. */
  readonly sought: ReadonlySet<SoughtList>;
  /** Every rule of every policy, in order, ready to be asked; for this package alone. */
  readonly rules: readonly CompiledRule[];
}

/** What the documents hold, and all that is wrong with them. */
export interface Loaded {
  readonly set: PolicySet;
  readonly tests: readonly { readonly file: string; readonly body: PolicyTestBody }[];
  readonly bodies: readonly Body[];
  readonly problems: readonly PolicyProblem[];
}

/** Raised when the same documents and input can give another verdict than before. */
const LANGUAGE_VERSION = 1;

/**
 * Reads, checks and compiles documents. Policy tests among them are checked and left out. An empty list gives
 * a set without rules, which denies what was not assessed and allows all else.
 *
 * @throws PolicyError `POLICY_INVALID`, with every error of every document.
 */
export function loadPolicies(documents: readonly PolicyDocument[]): PolicySet {
  const { set, problems } = compileDocuments(documents);
  const errors = problems.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new PolicyError("POLICY_INVALID", errors);
  return set;
}

/** Does the work of {@link loadPolicies} and keeps the warnings. Never throws. */
export function compileDocuments(documents: readonly PolicyDocument[]): Loaded {
  const { bodies, problems: readProblems } = readDocuments(documents);
  const problems = [...readProblems, ...duplicates(bodies)];
  const policies: Policy[] = [];
  const exceptions: PolicyException[] = [];
  const rules: CompiledRule[] = [];
  const tests: { file: string; body: PolicyTestBody }[] = [];
  for (const document of bodies) {
    switch (document.kind) {
      case "Policy": {
        const compiled = compilePolicy(document.body, (level, path, message) =>
          problems.push(problemAt(document.place, path, { level, message })),
        );
        policies.push(policyOf(document.body, compiled));
        rules.push(...compiled);
        break;
      }
      case "Exception":
        exceptions.push(exceptionOf(document.body));
        break;
      case "PolicyTest":
        tests.push({ file: document.place.file, body: document.body });
        break;
    }
  }
  const revision = revisionOf({ policies, exceptions });
  const sought = new Set(rules.flatMap((rule) => [...rule.sought]));
  const set = { revision, policies, exceptions, documents, sought, rules };
  return { set, tests, bodies, problems };
}

/** Identifies rules and exceptions by what they mean. */
export function revisionOf(meaning: object): string {
  return `sha256:${sha256Hex(JSON.stringify({ version: LANGUAGE_VERSION, ...meaning }))}`;
}

type ComplainAt = (level: "error" | "warning", path: readonly (string | number)[], message: string) => void;

function compilePolicy({ metadata, spec }: PolicyBody, complain: ComplainAt): readonly CompiledRule[] {
  const inSpec: Complain = (level, path, message) => complain(level, ["spec", ...path], message);
  const scopeOfPolicy = compileScope(spec.when, inSpec);
  return spec.rules.flatMap((body, index) => {
    const inRule: Complain = (level, path, message) =>
      complain(level, ["spec", "rules", index, ...path], message);
    const compiled = compileRule(body, { policy: metadata.name, scopeOfPolicy }, inRule);
    return compiled === undefined ? [] : [compiled];
  });
}

function policyOf({ metadata, spec }: PolicyBody, rules: readonly CompiledRule[]): Policy {
  return {
    name: metadata.name,
    description: metadata.description ?? "",
    ...(spec.when !== undefined && { when: spec.when }),
    rules: rules.map(({ rule }) => rule),
  };
}

function exceptionOf({ metadata, spec }: ExceptionBody): PolicyException {
  const { images, digests, vulnerabilities, secrets, licenses, hosts } = spec.scope;
  return {
    id: metadata.name,
    rules: spec.rules,
    scope: {
      ...(images !== undefined && { images }),
      ...(digests !== undefined && { digests }),
      ...(vulnerabilities !== undefined && { vulnerabilities }),
      ...(secrets !== undefined && { secrets }),
      ...(licenses !== undefined && { licenses }),
      ...(hosts !== undefined && { hosts }),
    },
    reason: spec.reason,
    owner: spec.owner,
    expires: new Date(spec.expires).toISOString(),
  };
}

/** Names must be unique: exceptions and verdicts speak of policies and rules by name. */
function duplicates(bodies: readonly Body[]): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const seen = new Map<string, string>();
  const claim = (name: string, document: Body, path: readonly (string | number)[]): void => {
    const first = seen.get(name);
    const line = document.place.lineOf(path);
    seen.set(name, first ?? `${document.place.file}${line === undefined ? "" : `:${line}`}`);
    if (first === undefined) return;
    const message = `${name} is already taken in ${first}`;
    problems.push(problemAt(document.place, path, { level: "error", message }));
  };
  for (const document of bodies) {
    const { name } = document.body.metadata;
    claim(`${document.kind.toLowerCase()} ${JSON.stringify(name)}`, document, ["metadata", "name"]);
    if (document.kind !== "Policy") continue;
    for (const [index, rule] of document.body.spec.rules.entries()) {
      claim(`rule ${JSON.stringify(`${name}/${rule.name}`)}`, document, ["spec", "rules", index, "name"]);
    }
  }
  return problems;
}
