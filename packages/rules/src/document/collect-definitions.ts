import type { RuleIssue } from "../errors.ts";
import type {
  ListDefinition,
  MacroDefinition,
  RuleBody,
  RuleChange,
  RuleDefinition,
  RulePieces,
} from "./definitions.ts";
import { booleanOf, type Item, isText, textsOf } from "./item.ts";
import { type Override, readOverride } from "./override.ts";
import { mergeExceptions, readExceptionItems } from "./read-exceptions.ts";
import { readRuleBody, readRuleKey, ruleKeys } from "./read-rule.ts";
import { faultOfEngineVersion, faultOfPluginVersions } from "./requirements.ts";
import type { TextOrigin, TextPiece } from "./text-origin.ts";

/** What the files define, in the order of first definition, once additions and replacements are done. */
export interface Definitions {
  readonly lists: ReadonlyMap<string, ListDefinition>;
  readonly macros: ReadonlyMap<string, MacroDefinition>;
  readonly rules: ReadonlyMap<string, RuleDefinition>;
}

/** Where the parts of a definition stand: two definitions of one thing may lie in different files. */
type Place = Pick<Item, "file" | "line">;

const MAX_LIST_ITEMS = 400_000;
const LIST_NAME = /^[^()"'\s=,]+$/u;
const MACRO_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/u;
/** What makes a rule more than a switch for an earlier one. */
const definingKeys: readonly string[] = ["condition", "output", "desc", "priority"];
const deprecatedAppend = "append is deprecated: use override";

/** Collects lists, macros and rules, the later changing the earlier. What is wrong goes to `issues`. */
export function collectDefinitions(items: readonly Item[], issues: RuleIssue[]): Definitions {
  const collector = new Collector(issues);
  for (const item of items) collector.add(item);
  return collector;
}

class Collector implements Definitions {
  readonly lists = new Map<string, ListDefinition>();
  readonly macros = new Map<string, MacroDefinition>();
  readonly rules = new Map<string, RuleDefinition>();
  readonly #issues: RuleIssue[];
  /** Rules whose source was written out, rather than left to be the usual one. */
  readonly #explicitSources = new Map<string, string>();
  #place = 0;

  constructor(issues: RuleIssue[]) {
    this.#issues = issues;
  }

  add(item: Item): void {
    switch (item.kind) {
      case "required_engine_version":
        this.#failUnlessFine(item, faultOfEngineVersion(item.values.get(item.kind)));
        break;
      case "required_plugin_versions":
        this.#failUnlessFine(item, faultOfPluginVersions(item.values.get(item.kind)));
        break;
      case "list":
        this.#warnOfKeys(item, ["list", "items", "append", "override"]);
        this.#addList(item);
        break;
      case "macro":
        this.#warnOfKeys(item, ["macro", "condition", "append", "override"]);
        this.#addMacro(item);
        break;
      case "rule":
        this.#warnOfKeys(item, ruleKeys);
        this.#addRule(item);
        break;
    }
  }

  #addList(item: Item): void {
    if (!LIST_NAME.test(item.name)) this.#warn(item, "is no name for a list");
    const value = item.values.get("items");
    const items = value === "" ? [] : textsOf(value);
    if (items === undefined || items.length > MAX_LIST_ITEMS) {
      this.#fail(item, `items: expected a sequence of at most ${MAX_LIST_ITEMS} texts`);
      return;
    }
    const change = this.#changeOf(item, "list", "items");
    if (change === undefined) return;
    const earlier = this.lists.get(item.name);
    if (change !== "define" && earlier === undefined) {
      this.#fail(item, "there is no list of this name to change");
      return;
    }
    const whole = change === "append" ? [...(earlier?.items ?? []), ...items] : items;
    this.lists.set(item.name, { ...this.#placed(item, earlier), items: whole });
  }

  #addMacro(item: Item): void {
    if (!MACRO_NAME.test(item.name)) this.#warn(item, "is no name for a macro");
    const condition = item.values.get("condition");
    if (!isText(condition) || condition.trim() === "") {
      this.#fail(item, "condition: expected a text");
      return;
    }
    const change = this.#changeOf(item, "macro", "condition");
    if (change === undefined) return;
    const earlier = this.macros.get(item.name);
    if (change !== "define" && earlier === undefined) {
      this.#fail(item, "there is no macro of this name to change");
      return;
    }
    const whole = change === "append" ? `${earlier?.condition ?? ""} ${condition.trim()}` : condition.trim();
    const origin = item.origins.get("condition");
    const pieces = withPiece(
      change === "append" ? earlier?.pieces : [],
      whole.length - condition.trim().length,
      origin,
    );
    this.macros.set(item.name, { ...this.#placed(item, earlier, "condition"), condition: whole, pieces });
  }

  /** What an item with one key to change does with it; undefined where it is wrong. */
  #changeOf(item: Item, kind: "macro" | "list", key: string): "define" | "append" | "replace" | undefined {
    if (item.values.has("override")) {
      const read = readOverride(item, kind);
      if ("override" in read) return read.override.get(key);
      this.#failAll(item, read.faults);
      return undefined;
    }
    return this.#isAppended(item) ? "append" : "define";
  }

  #isAppended(item: Item): boolean {
    const value = item.values.get("append");
    if (value === undefined) return false;
    const appended = booleanOf(value);
    if (appended === undefined) this.#fail(item, "append: expected true or false");
    if (appended === true) this.#warn(item, deprecatedAppend);
    return appended === true;
  }

  #addRule(item: Item): void {
    const earlier = this.rules.get(item.name);
    if (item.values.has("override")) this.#overrideRule(item, earlier);
    else if (this.#isAppended(item)) this.#appendToRule(item, earlier);
    else if (definingKeys.some((key) => item.values.has(key))) this.#defineRule(item, earlier);
    else this.#switchRule(item, earlier);
  }

  #defineRule(item: Item, earlier: RuleDefinition | undefined): void {
    const { body, faults } = readRuleBody(item);
    for (const { key = "", message } of faults) {
      this.#fail({ ...item, line: item.lines.get(key) ?? item.line }, message);
    }
    // What is wrong is told; what else may be is found in its condition.
    if (body === undefined) return;
    const source = item.values.get("source");
    const known = this.#explicitSources.get(item.name);
    if (isText(source)) {
      if (known !== undefined && known !== source) {
        this.#fail(item, `is of source ${JSON.stringify(known)} already`);
        return;
      }
      this.#explicitSources.set(item.name, source);
    }
    const changes = changesWith(earlier, item, body.enabled);
    const pieces = {
      condition: withPiece([], 0, item.origins.get("condition")),
      output: withPiece([], 0, item.origins.get("output")),
    };
    this.rules.set(item.name, { ...this.#placed(item, earlier, "condition"), body, pieces, changes });
  }

  #switchRule(item: Item, earlier: RuleDefinition | undefined): void {
    const enabled = booleanOf(item.values.get("enabled"));
    if (enabled === undefined) {
      this.#fail(item, `has no ${definingKeys.join(", ")}`);
      return;
    }
    if (earlier === undefined) {
      this.#fail(item, "there is no rule of this name to switch");
      return;
    }
    this.#warn(item, "enabled alone is deprecated: use override");
    const changes = changesWith(earlier, item, enabled);
    this.rules.set(item.name, { ...earlier, body: { ...earlier.body, enabled }, changes });
  }

  #appendToRule(item: Item, earlier: RuleDefinition | undefined): void {
    const keys = ["condition", "output", "desc", "tags", "exceptions"].filter((key) => item.values.has(key));
    if (!keys.includes("condition") && !keys.includes("exceptions")) {
      this.#fail(item, "appends neither a condition nor exceptions");
      return;
    }
    this.#changeRule(item, earlier, new Map(keys.map((key) => [key, "append" as const])));
  }

  #overrideRule(item: Item, earlier: RuleDefinition | undefined): void {
    const read = readOverride(item, "rule");
    if ("override" in read) this.#changeRule(item, earlier, read.override);
    else this.#failAll(item, read.faults);
  }

  #changeRule(item: Item, earlier: RuleDefinition | undefined, override: Override): void {
    if (earlier === undefined) {
      this.#fail(item, "there is no rule of this name to change");
      return;
    }
    let body: RuleBody = earlier.body;
    const faults: string[] = [];
    // Additions come first, so that a replacement of another key cannot depend on where it stands.
    for (const how of ["append", "replace"] as const) {
      for (const [key, wanted] of override) {
        if (wanted !== how) continue;
        const changed = how === "append" ? appendKey(body, key, item) : replaceKey(key, item);
        if (typeof changed === "string") faults.push(changed);
        else body = { ...body, ...changed };
      }
    }
    if (faults.length > 0) {
      this.#failAll(item, faults);
      return;
    }
    const changes = changesWith(earlier, item, override.has("enabled") ? body.enabled : undefined);
    const pieces = piecesWith(earlier, item, override);
    this.rules.set(item.name, { ...earlier, visibility: this.#nextPlace(), body, pieces, changes });
  }

  #placed(item: Item, earlier: { readonly index: number } | undefined, key = "") {
    const place = this.#nextPlace();
    const { name, file } = item;
    const line = item.lines.get(key) ?? item.line;
    return { name, file, line, index: earlier?.index ?? place, visibility: place };
  }

  #nextPlace(): number {
    this.#place += 1;
    return this.#place;
  }

  #warnOfKeys(item: Item, known: readonly string[]): void {
    const unknown = [...item.values.keys()].filter((key) => !known.includes(key)).slice(0, 10);
    for (const key of unknown) this.#warn(item, `unknown key ${JSON.stringify(key)}`);
  }

  #failUnlessFine(item: Item, fault: string | undefined): void {
    if (fault !== undefined) this.#fail(item, fault);
  }

  #failAll(item: Item, faults: readonly string[]): void {
    for (const fault of faults) this.#fail(item, fault);
  }

  #fail(item: Place & { readonly name: string }, message: string): void {
    this.#issues.push({ file: item.file, line: item.line, name: item.name, level: "error", message });
  }

  #warn(item: Place & { readonly name: string }, message: string): void {
    this.#issues.push({ file: item.file, line: item.line, name: item.name, level: "warning", message });
  }
}

function changesWith(
  earlier: RuleDefinition | undefined,
  { file, line }: Place,
  enabled: boolean | undefined,
): readonly RuleChange[] {
  return [...(earlier?.changes ?? []), { file, line, enabled }];
}

/** What is put to the end of an earlier text follows it after a blank. */
function piecesWith({ body, pieces }: RuleDefinition, item: Item, override: Override): RulePieces {
  const of = (key: "condition" | "output"): readonly TextPiece[] => {
    const how = override.get(key);
    if (how === undefined) return pieces[key];
    return how === "replace"
      ? withPiece([], 0, item.origins.get(key))
      : withPiece(pieces[key], body[key].length + 1, item.origins.get(key));
  };
  return { condition: of("condition"), output: of("output") };
}

function withPiece(
  earlier: readonly TextPiece[] = [],
  at: number,
  origin: TextOrigin | undefined,
): readonly TextPiece[] {
  return origin === undefined ? earlier : [...earlier, { at, origin }];
}

function replaceKey(key: string, item: Item): Partial<RuleBody> | string {
  return readRuleKey(key, item.values.get(key) ?? "") ?? `override: ${key} cannot be replaced`;
}

function appendKey(body: RuleBody, key: string, item: Item): Partial<RuleBody> | string {
  const value = item.values.get(key) ?? "";
  if (key === "exceptions") {
    const items = readExceptionItems(value);
    const exceptions = typeof items === "string" ? items : mergeExceptions(body.exceptions, items);
    return typeof exceptions === "string" ? exceptions : { exceptions };
  }
  const more = replaceKey(key, item);
  if (typeof more === "string") return more;
  const { condition, output, description, tags } = more;
  return {
    ...(condition !== undefined && { condition: `${body.condition} ${condition}` }),
    ...(output !== undefined && { output: `${body.output} ${output}` }),
    ...(description !== undefined && { description: `${body.description} ${description}` }),
    ...(tags !== undefined && { tags: [...new Set([...body.tags, ...tags])] }),
  };
}
