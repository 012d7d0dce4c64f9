import { type Body, problemAt } from "./document-reader.ts";
import type { PolicyProblem } from "./errors.ts";
import { BUILT_IN } from "./evaluate.ts";
import type { PolicyDocument } from "./policy.ts";
import { compileDocuments } from "./policy-set.ts";
import { suggest } from "./suggest.ts";

/** An exception that ends within this many days is worth a word. */
const EXPIRES_SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/**
 * Names every error of the documents, as {@link loadPolicies} would, and warns of what is allowed but hardly
 * meant: exceptions that lift nothing, rules that can never hold, keys that may be missing. In order of file
 * and line. Never throws.
 */
export function lint(
  documents: readonly PolicyDocument[],
  { now }: { readonly now: Date },
): readonly PolicyProblem[] {
  const { set, bodies, problems } = compileDocuments(documents);
  const rules = new Set([`${BUILT_IN}/assessed`, "assessed"]);
  for (const { policy, rule } of set.rules) rules.add(rule.name).add(`${policy}/${rule.name}`);
  const files = new Map(documents.map(({ path }, index) => [path, index]));
  const all = [...problems, ...bodies.flatMap((body) => warningsOf(body, { rules, now }))];
  return all.toSorted(
    (left, right) =>
      (files.get(left.file) ?? 0) - (files.get(right.file) ?? 0) || (left.line ?? 0) - (right.line ?? 0),
  );
}

interface Context {
  readonly rules: ReadonlySet<string>;
  readonly now: Date;
}

function warningsOf(document: Body, context: Context): readonly PolicyProblem[] {
  switch (document.kind) {
    case "Policy":
      return document.body.spec.rules.flatMap((_, index) => ruleWarnings(document, index));
    case "Exception":
      return exceptionWarnings(document, context);
    case "PolicyTest":
      return [];
  }
}

type PolicyBody = Extract<Body, { kind: "Policy" }>;

function ruleWarnings({ body, place }: PolicyBody, index: number): readonly PolicyProblem[] {
  const rule = body.spec.rules[index];
  const warn = (field: string, message: string): PolicyProblem =>
    problemAt(place, ["spec", "rules", index, field], { level: "warning", message });
  const problems: PolicyProblem[] = [];
  for (const [field, text] of [
    ["when", rule?.when],
    ["deny", rule?.deny],
  ] as const) {
    if (text?.trim() === "false") problems.push(warn(field, "is always false, so the rule never holds"));
  }
  if (rule?.onRestart !== undefined && rule.stages?.includes("launch") === false) {
    problems.push(warn("onRestart", 'has no effect without the stage "launch"'));
  }
  return problems;
}

type ExceptionScope = ExceptionDocument["body"]["spec"]["scope"];
type ExceptionDocument = Extract<Body, { kind: "Exception" }>;

function exceptionWarnings(
  { body, place }: ExceptionDocument,
  { rules, now }: Context,
): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const warn = (path: readonly (string | number)[], message: string): void => {
    problems.push(problemAt(place, ["spec", ...path], { level: "warning", message }));
  };
  for (const [index, name] of body.spec.rules.entries()) {
    if (!rules.has(name))
      warn(["rules", index], `no rule is called ${JSON.stringify(name)}${suggest(name, rules)}`);
  }
  const leftMs = Date.parse(body.spec.expires) - now.getTime();
  if (leftMs <= 0) warn(["expires"], "has expired, so it lifts nothing");
  else if (leftMs < EXPIRES_SOON_DAYS * DAY_MS) {
    warn(["expires"], `expires in ${Math.ceil(leftMs / DAY_MS)} days`);
  }
  if (onlyEverything(body.spec.scope)) warn(["scope"], "lifts the rules for every image on every host");
  return problems;
}

function onlyEverything({ images, digests, hosts, ...named }: ExceptionScope): boolean {
  const everything = (patterns: readonly string[] | undefined): boolean =>
    patterns === undefined || patterns.includes("*");
  const namesSome = Object.values(named).some((names) => names !== undefined);
  return digests === undefined && !namesSome && everything(images) && everything(hosts);
}
