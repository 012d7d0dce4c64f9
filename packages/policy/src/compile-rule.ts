import { type Enforcement, type SoughtList, type Stage, soughtLists } from "@pratique/core";
import { ANY, INT, listOf, type Type } from "./cel/cel-type.ts";
import type { Scope } from "./cel/check.ts";
import { compileExpression, type Expression } from "./cel/expression.ts";
import { compileTemplate, type Template } from "./cel/template.ts";
import { FINDING, LICENSE, SECRET, VARIABLES, VOLATILE_READS } from "./cel/vocabulary.ts";
import { partOf } from "./cel/work.ts";
import type { RuleBody } from "./document-schema.ts";
import type { PolicyRule } from "./policy.ts";

/** A rule that is ready to be asked. */
export interface CompiledRule {
  readonly policy: string;
  readonly rule: PolicyRule;
  /** All must be true for the rule to apply. */
  readonly when: readonly Expression[];
  readonly list: Expression | undefined;
  readonly deny: Expression;
  readonly texts: Readonly<Record<TextName, Template>>;
  /** What the conditions read, of the variables that every rule may use. */
  readonly reads: ReadonlySet<string>;
  /** The same for one image whatever the launch, the host and the time: the conditions; the texts. */
  readonly fixed: boolean;
  readonly fixedTexts: boolean;
  /** The conditions or the texts look at the findings. */
  readonly usesFindings: boolean;
  /** What its items are, where exceptions can name single ones of them. */
  readonly about: Nameable | undefined;
  /** It looks at these, so they have to be looked for. */
  readonly sought: ReadonlySet<SoughtList>;
  /** It speaks of images in which nobody looked for these. */
  readonly aboutStateOf: ReadonlySet<SoughtList>;
  /** It speaks of images that were not assessed. */
  readonly aboutAssessment: boolean;
}

/** Lists whose single items exceptions can name. */
export type Nameable = "findings" | "secrets" | "licenses";

const textNames = ["message", "value", "fix"] as const;
export type TextName = (typeof textNames)[number];

/** Hears what is wrong; `path` leads from the rule to the field. */
export type Complain = (level: "error" | "warning", path: readonly string[], message: string) => void;

const LARGE: ReadonlySet<string> = new Set(["findings", "image.secrets", "image.licenses", "broken"]);
const RESERVED: ReadonlySet<string> = new Set([...Object.keys(VARIABLES), "broken", "count"]);
const VARIABLE_NAME = /^[a-z][A-Za-z0-9]{0,30}$/u;
const LAUNCH_ONLY = ["launch", "host"];

/** Compiles one rule; undefined when a complaint was an error. */
export function compileRule(
  body: RuleBody,
  { policy, scopeOfPolicy }: { readonly policy: string; readonly scopeOfPolicy: readonly Expression[] },
  complain: Complain,
): CompiledRule | undefined {
  const compiler = new Compiler(complain);
  const outer: Scope = { variables: VARIABLES, large: LARGE, loops: 0 };
  const when = body.when === undefined ? undefined : compiler.expression("when", body.when, outer, "bool");
  const loop = compiler.loop(body.forEach, outer);
  const inner =
    loop === undefined ? outer : { ...outer, variables: withItem(loop), loops: 1, ...itemBulk(loop) };
  const deny = compiler.expression("deny", body.deny, inner, "bool");
  const textScope = { ...outer, variables: textVariables(loop), ...textBulks(loop) };
  const texts = {
    message: compiler.template("message", body.message, textScope),
    value: compiler.template("value", body.value, textScope),
    fix: compiler.template("fix", body.fix, textScope),
  };
  if (compiler.failed || deny === undefined) return undefined;

  const conditions = [...scopeOfPolicy, ...[when, loop?.list, deny].filter((part) => part !== undefined)];
  const reads = globalReads(conditions);
  const textReads = globalReads(textNames.map((name) => texts[name]));
  const stages = stagesOf(body, new Set([...reads, ...textReads]), complain);
  if (stages === undefined) return undefined;
  const fixed = isFixed(reads);
  const looksAt = (list: SoughtList): boolean =>
    ["image", `image.${list}`, `image.${list}State`].some((read) => reads.has(read) || textReads.has(read));
  return {
    policy,
    rule: ruleOf(body, stages),
    when: [...scopeOfPolicy, ...(when === undefined ? [] : [when])],
    list: loop?.list,
    deny,
    texts,
    reads,
    fixed,
    fixedTexts: fixed && isFixed(textReads),
    usesFindings: [...reads, ...textReads].some((read) => rootOf(read) === "findings"),
    about: aboutOf(loop),
    sought: new Set(soughtLists.filter(looksAt)),
    aboutStateOf: new Set(soughtLists.filter((list) => reads.has(`image.${list}State`))),
    aboutAssessment: reads.has("image.known") || reads.has("image.assessment.state"),
  };
}

/** Compiles the `when` of a whole policy. */
export function compileScope(text: string | undefined, complain: Complain): readonly Expression[] {
  if (text === undefined) return [];
  const scope = { variables: VARIABLES, large: LARGE, loops: 0 };
  const expression = new Compiler(complain).expression("when", text, scope, "bool");
  return expression === undefined ? [] : [expression];
}

interface Loop {
  readonly variable: string;
  readonly list: Expression;
  readonly item: Type;
}

const EMPTY: Template = { parts: [], reads: new Set() };

class Compiler {
  failed = false;
  readonly #complain: Complain;

  constructor(complain: Complain) {
    this.#complain = complain;
  }

  expression(
    field: string,
    text: string,
    scope: Scope,
    expected: "bool" | "list",
    path: readonly string[] = [field],
  ): Expression | undefined {
    const compiled = compileExpression(text, scope, expected);
    if ("errors" in compiled) {
      this.#fail(path, compiled.errors);
      return undefined;
    }
    for (const warning of compiled.warnings) this.#complain("warning", path, warning);
    return compiled.expression;
  }

  template(field: TextName, text: string, scope: Scope): Template {
    const compiled = compileTemplate(text, scope);
    if ("errors" in compiled) {
      this.#fail([field], compiled.errors);
      return EMPTY;
    }
    for (const warning of compiled.warnings) this.#complain("warning", [field], warning);
    return compiled.template;
  }

  loop(forEach: RuleBody["forEach"], scope: Scope): Loop | undefined {
    if (forEach === undefined) return undefined;
    const [entry, ...more] = Object.entries(forEach);
    if (entry === undefined || more.length > 0) {
      this.#fail(["forEach"], ["expected one variable and its list, as in finding: findings"]);
      return undefined;
    }
    const [variable, text] = entry;
    if (!VARIABLE_NAME.test(variable) || RESERVED.has(variable)) {
      this.#fail(["forEach"], [`${JSON.stringify(variable)} cannot be the name of an item`]);
      return undefined;
    }
    const list = this.expression("forEach", text, scope, "list", ["forEach", variable]);
    if (list === undefined) return undefined;
    return { variable, list, item: list.type.kind === "list" ? list.type.element : ANY };
  }

  #fail(path: readonly string[], errors: readonly string[]): void {
    this.failed = true;
    for (const error of errors) this.#complain("error", path, error);
  }
}

const NAMEABLE: ReadonlyMap<string, Nameable> = new Map([
  [nameOf(FINDING), "findings"],
  [nameOf(SECRET), "secrets"],
  [nameOf(LICENSE), "licenses"],
]);

function aboutOf(loop: Loop | undefined): CompiledRule["about"] {
  if (loop?.item.kind !== "object") return undefined;
  return NAMEABLE.get(loop.item.name);
}

function withItem({ variable, item }: Loop): Readonly<Record<string, Type>> {
  return { ...VARIABLES, [variable]: item };
}

function itemBulk({ variable, list: { bulk } }: Loop): Pick<Scope, "bulks" | "times"> {
  return { bulks: { [variable]: partOf(bulk) }, times: bulk.parts };
}

function textBulks(loop: Loop | undefined): Pick<Scope, "bulks"> {
  if (loop === undefined) return {};
  const { bulk } = loop.list;
  return { bulks: { [loop.variable]: partOf(bulk), broken: bulk } };
}

function textVariables(loop: Loop | undefined): Readonly<Record<string, Type>> {
  if (loop === undefined) return VARIABLES;
  return { ...withItem(loop), broken: listOf(loop.item), count: INT };
}

function globalReads(parts: readonly { readonly reads: ReadonlySet<string> }[]): ReadonlySet<string> {
  const all = parts.flatMap(({ reads }) => [...reads]);
  return new Set(all.filter((read) => Object.hasOwn(VARIABLES, rootOf(read))));
}

/** The variable that a read starts from. */
export function rootOf(read: string): string {
  return read.split(".", 1)[0] ?? read;
}

function isFixed(reads: ReadonlySet<string>): boolean {
  for (const read of reads) {
    const root = rootOf(read);
    if (root !== "findings" && root !== "image") return false;
    if (read === "image" || VOLATILE_READS.has(read)) return false;
  }
  return true;
}

/** At the stage "build" there is no launch and no host, so a rule that looks at them is for "launch" alone. */
function stagesOf(
  { stages }: RuleBody,
  reads: ReadonlySet<string>,
  complain: Complain,
): readonly Stage[] | undefined {
  const launchOnly = [...reads].find((read) => LAUNCH_ONLY.includes(rootOf(read)));
  if (stages === undefined) return launchOnly === undefined ? ["build", "launch"] : ["launch"];
  if (launchOnly !== undefined && stages.includes("build")) {
    complain("error", ["stages"], `${JSON.stringify(launchOnly)} is not known at the stage "build"`);
    return undefined;
  }
  return [...new Set(stages)];
}

function ruleOf(body: RuleBody, stages: readonly Stage[]): PolicyRule {
  const { name, description = "", enforcement = "enforce", when, forEach, deny, max = 0 } = body;
  const [[variable, list] = []] = Object.entries(forEach ?? {});
  return {
    name,
    description,
    stages,
    enforcement,
    onRestart: body.onRestart ?? weaker(enforcement, "warn"),
    ...(when !== undefined && { when }),
    ...(variable !== undefined && list !== undefined && { forEach: { variable, list } }),
    deny,
    max,
    message: body.message,
    value: body.value,
    fix: body.fix,
  };
}

const STRENGTH: readonly Enforcement[] = ["dry-run", "warn", "enforce"];

function weaker(left: Enforcement, right: Enforcement): Enforcement {
  return STRENGTH.indexOf(left) <= STRENGTH.indexOf(right) ? left : right;
}

function nameOf(type: Type): string {
  return type.kind === "object" ? type.name : type.kind;
}
