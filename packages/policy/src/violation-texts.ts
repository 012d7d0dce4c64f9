import { type CelValue, celList } from "@bufbuild/cel";
import type { BindingsFor } from "./bindings-for.ts";
import type { Bindings } from "./cel/expression.ts";
import { cut, MAX_TEXT_LENGTH, printable, type Template, writeTemplate } from "./cel/template.ts";
import { type CompiledRule, rootOf } from "./compile-rule.ts";
import type { PolicyRule } from "./policy.ts";
import type { Outcome, PreparedImage, Texts } from "./prepared-image.ts";

/** How many items a text names; the rest is counted. */
const MAX_ITEMS_NAMED = 5;

/** Writes the three texts of a broken rule, from the items that still break it. */
export function textsOf(
  compiled: CompiledRule,
  items: {
    readonly all: readonly CelValue[] | undefined;
    readonly remaining: readonly CelValue[] | undefined;
  },
  { prepared, bindingsFor }: { readonly prepared: PreparedImage; readonly bindingsFor: BindingsFor },
): Texts {
  // What exceptions took away differs from launch to launch, so only the text of all items is kept.
  const keep = compiled.fixedTexts && items.all?.length === items.remaining?.length;
  const kept = keep ? prepared.texts.get(compiled) : undefined;
  if (kept !== undefined) return kept;
  const bindings = bindingsFor(compiled);
  const texts = {
    message: writeText(compiled.texts.message, compiled.rule, items.remaining, bindings),
    value: writeText(compiled.texts.value, compiled.rule, items.remaining, bindings),
    fix: writeText(compiled.texts.fix, compiled.rule, items.remaining, bindings),
  };
  if (keep) prepared.texts.set(compiled, texts);
  return texts;
}

/** What is said of a rule that could not be evaluated. */
export function failedTexts(
  { name }: PolicyRule,
  {
    reason,
    fix = "mend the condition of the rule, or supply what it looks at",
  }: Extract<Outcome, { kind: "failed" }>,
): Texts {
  return {
    message: `the rule ${name} could not be evaluated, so it counts as broken`,
    value: cut(printable(reason), MAX_TEXT_LENGTH),
    fix,
  };
}

function writeText(
  template: Template,
  { forEach }: PolicyRule,
  items: readonly CelValue[] | undefined,
  bindings: Bindings,
): string {
  if (forEach === undefined || items === undefined) return writeTemplate(template, bindings);
  const all = { ...bindings, broken: celList(items), count: BigInt(items.length) };
  const { variable } = forEach;
  const [first] = items;
  const mentionsItem = [...template.reads].some((read) => rootOf(read) === variable);
  if (!mentionsItem || first === undefined) return writeTemplate(template, all);

  const written = new Set<string>();
  for (const item of items) {
    if (written.size === MAX_ITEMS_NAMED) break;
    written.add(writeTemplate(template, { ...all, [variable]: item }));
  }
  const more = items.length > MAX_ITEMS_NAMED && written.size === MAX_ITEMS_NAMED;
  const rest = more ? ` and ${items.length - MAX_ITEMS_NAMED} more` : "";
  return `${cut([...written].join("; "), MAX_TEXT_LENGTH)}${rest}`;
}
