import { type CelValue, celEnv, isCelError, isCelList, parse, plan } from "@bufbuild/cel";
import {
  type Enforcement,
  type Host,
  type Launch,
  type PolicyException,
  type SoughtList,
  type Stage,
  soughtLists,
  type Violation,
} from "@pratique/core";
import type { BindingsFor } from "./bindings-for.ts";
import type { Bindings, Expression } from "./cel/expression.ts";
import { record, volatileImageFields } from "./cel/image-values.ts";
import { hostValue, launchValue } from "./cel/launch-values.ts";
import { type CompiledRule, rootOf } from "./compile-rule.ts";
import type { ImageFacts } from "./image-facts.ts";
import type { PolicySet } from "./policy-set.ts";
import { type Outcome, type PreparedImage, preparedImage } from "./prepared-image.ts";
import { failedTexts, textsOf } from "./violation-texts.ts";
import { applicableExceptions, waive } from "./waiver.ts";

/** What a verdict is asked about. */
export interface EvaluationInput {
  readonly stage: Stage;
  /** Undefined where the image has not been scanned. Keep the same object: what it gives is cached. */
  readonly image: ImageFacts | undefined;
  /** At the stage `launch`: a rule that needs it, and does not get it, counts as broken. */
  readonly launch?: Launch | undefined;
  readonly host?: Host | undefined;
  /** Exceptions beside those of the set. Keep the same array: its revision is cached. */
  readonly exceptions?: readonly PolicyException[] | undefined;
  /** A valid date: its ISO form goes into the verdict. */
  readonly now: Date;
}

/** One rule of the stage, asked. */
export interface RuleResult {
  readonly compiled: CompiledRule;
  readonly outcome: Outcome;
  readonly enforcement: Enforcement;
  readonly violation?: Violation;
}

export interface Judgement {
  readonly results: readonly RuleResult[];
  readonly bindingsFor: BindingsFor;
  readonly exceptions: readonly PolicyException[];
}

/** Asks every rule that is for the stage. */
export function judge(set: PolicySet, input: EvaluationInput): Judgement {
  const prepared = preparedImage(set, input.image);
  const bindingsFor = bindingsOf(prepared, input);
  const exceptions = exceptionsFor(set, input);
  const results = set.rules
    .filter((compiled) => isAsked(compiled, input))
    .map((compiled) => askRule(compiled, { prepared, bindingsFor, exceptions, input }));
  return { results, bindingsFor, exceptions };
}

/** `exec` starts no image, so what looks at the image and not at the launch has nothing to say of it. */
function isAsked({ rule, reads }: CompiledRule, { stage, launch }: EvaluationInput): boolean {
  if (!rule.stages.includes(stage)) return false;
  if (launch?.action !== "exec") return true;
  const roots = new Set([...reads].map(rootOf));
  return roots.has("launch") || !(roots.has("image") || roots.has("findings"));
}

/** A restart brings back what people rely on; `exec` brings back nothing. */
export function isRestart(launch: Launch | undefined): boolean {
  return launch?.ranBefore === true && launch.action !== "exec";
}

interface Situation {
  readonly prepared: PreparedImage;
  readonly bindingsFor: BindingsFor;
  readonly exceptions: readonly PolicyException[];
  readonly input: EvaluationInput;
}

function askRule(compiled: CompiledRule, situation: Situation): RuleResult {
  const { prepared, bindingsFor, input } = situation;
  const kept = compiled.fixed ? prepared.outcomes.get(compiled) : undefined;
  const outcome = kept ?? outcomeOf(compiled, bindingsFor(compiled), input.image);
  if (compiled.fixed && kept === undefined) prepared.outcomes.set(compiled, outcome);

  const { rule } = compiled;
  const enforcement = isRestart(input.launch) ? rule.onRestart : rule.enforcement;
  if (outcome.kind === "passed" || outcome.kind === "out-of-scope") return { compiled, outcome, enforcement };
  return {
    compiled,
    outcome,
    enforcement,
    violation: violationOf(compiled, outcome, { ...situation, enforcement }),
  };
}

function outcomeOf(compiled: CompiledRule, bindings: Bindings, image: ImageFacts | undefined): Outcome {
  const missing = [...compiled.reads].find((read) => !Object.hasOwn(bindings, rootOf(read)));
  if (missing !== undefined) return { kind: "failed", reason: `${rootOf(missing)} is not known` };
  const notLookedFor = soughtLists.filter(
    (list) => image?.[list] === undefined && !compiled.aboutStateOf.has(list),
  );
  const blindIn = (part: Expression | undefined): Outcome | undefined => {
    const list = part === undefined ? undefined : notLookedFor.find((name) => readsList(part, name));
    return list === undefined ? undefined : NOT_LOOKED[list];
  };
  for (const condition of compiled.when) {
    const blind = blindIn(condition);
    if (blind !== undefined) return blind;
    const applies = condition.evaluate(bindings);
    if (applies === false) return { kind: "out-of-scope" };
    if (applies !== true) return failed(applies);
  }
  const blind = blindIn(compiled.list) ?? blindIn(compiled.deny);
  if (blind !== undefined) return blind;
  return compiled.list === undefined
    ? askOnce(compiled, bindings)
    : askEach(compiled, compiled.list, bindings);
}

/** An empty list would say that there are none. Rules that speak of the state have an answer of their own. */
const NOT_LOOKED: Readonly<Record<SoughtList, Outcome>> = {
  secrets: {
    kind: "failed",
    reason: "nobody looked for secrets in the image",
    fix: "have secrets looked for: pratique image scan --scanners vuln,secret",
  },
  licenses: {
    kind: "failed",
    reason: "nobody asked for the licenses of the image",
    fix: "have them read: pratique image scan --scanners vuln,license",
  },
};

function readsList({ reads }: Expression, list: SoughtList): boolean {
  return reads.has(`image.${list}`) || reads.has("image");
}

function askOnce({ deny }: CompiledRule, bindings: Bindings): Outcome {
  const denied = deny.evaluate(bindings);
  if (typeof denied !== "boolean") return failed(denied);
  return denied ? { kind: "broken", items: undefined } : { kind: "passed" };
}

function askEach(
  { rule, deny }: CompiledRule,
  listExpression: NonNullable<CompiledRule["list"]>,
  bindings: Bindings,
): Outcome {
  const list = listExpression.evaluate(bindings);
  if (isCelError(list) || !isCelList(list)) return failed(list);
  const variable = rule.forEach?.variable ?? "";
  const items: CelValue[] = [];
  for (const item of list) {
    const denied = deny.evaluate({ ...bindings, [variable]: item });
    if (typeof denied !== "boolean") return failed(denied);
    if (denied) items.push(item);
  }
  return items.length > rule.max ? { kind: "broken", items } : { kind: "passed" };
}

/** A rule that gives no answer is broken: what it was to guard against may be there. */
function failed(value: unknown): Outcome {
  const reason = isCelError(value) ? value.message : "the condition gave no answer";
  return { kind: "failed", reason };
}

function violationOf(
  compiled: CompiledRule,
  outcome: Extract<Outcome, { kind: "broken" | "failed" }>,
  { prepared, bindingsFor, exceptions, enforcement }: Situation & { readonly enforcement: Enforcement },
): Violation {
  const { policy, rule, about } = compiled;
  const items = outcome.kind === "broken" ? outcome.items : undefined;
  const named = { policy, rule: rule.name, max: rule.max };
  const { waivedBy, remaining } = waive(named, items, { exceptions, about });
  const texts =
    outcome.kind === "failed"
      ? failedTexts(rule, outcome)
      : textsOf(compiled, { all: items, remaining }, { prepared, bindingsFor });
  const violation = { policy, rule: rule.name, enforcement, ...texts };
  return waivedBy === undefined ? violation : { ...violation, waivedBy };
}

function bindingsOf(prepared: PreparedImage, { image, launch, host, now }: EvaluationInput): BindingsFor {
  let moment: CelValue | undefined;
  const bindings = {
    image: record({ ...prepared.fields, ...volatileImageFields(image, launch, now) }),
    ...(launch !== undefined && { launch: launchValue(launch) }),
    ...(host !== undefined && { host: hostValue(host) }),
    // Made once a rule looks at it, as few do: it takes as long as all of a launch.
    get now() {
      moment ??= timestamp(now);
      return moment;
    },
  };
  return ({ usesFindings }) => (usesFindings ? { ...bindings, findings: prepared.findings() } : bindings);
}

function exceptionsFor(set: PolicySet, { image, launch, host, exceptions, now }: EvaluationInput) {
  const subject = {
    image: launch?.image ?? image?.reference ?? "",
    digests: [image?.imageId, image?.digest].filter((digest) => digest !== undefined),
    host: host?.name,
  };
  return applicableExceptions([...set.exceptions, ...(exceptions ?? [])], subject, now);
}

/** Planned once: reading it anew took as long as all rules together. */
const readTimestamp = plan(celEnv(), parse("timestamp(text)"));

function timestamp(now: Date): CelValue {
  const value = readTimestamp({ text: now.toISOString() });
  return isCelError(value) ? "" : value;
}
