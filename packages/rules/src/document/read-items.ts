import { messageOf } from "@pratique/core";
import { type Document, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLMap } from "yaml";
import type { RuleIssue } from "../errors.ts";
import { type Item, type ItemKind, type ItemValue, isMapping, isText, itemKinds } from "./item.ts";
import { type Place, sourceOffset, type TextOrigin } from "./text-origin.ts";

/** One file of rules. */
export interface RuleFile {
  /** As messages name it. */
  readonly name: string;
  readonly text: string;
}

/** In UTF-16 units; a list of a few hundred thousand addresses fits. */
const MAX_FILE_LENGTH = 16_777_216;
/** Lines and commas of all files: what each may begin costs the parser a kilobyte of memory. */
const MAX_ENTRIES = 400_000;
const MAX_DOCUMENTS = 1000;
const MAX_FILES = 1000;
const MAX_TOTAL_LENGTH = 67_108_864;
const MAX_ITEMS = 100_000;
const MAX_FAULTS = 10;
const MAX_FAULT_LENGTH = 300;
const MAX_OPEN_BRACKETS = 200;
const MAX_DASHES_IN_A_ROW = 20;
const DASHES_IN_A_ROW = new RegExp(`(?:[-?][ \\t]+){${MAX_DASHES_IN_A_ROW + 1}}`, "u");
/** How much aliases may make of a file before it is taken for an attack. */
const MAX_ALIASES = 100;

export interface ReadItems {
  readonly items: readonly Item[];
  readonly issues: readonly RuleIssue[];
}

/** Reads the entries of files of rules, in their order. Never throws. */
export function readItems(files: readonly RuleFile[]): ReadItems {
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  if (files.length > MAX_FILES || length > MAX_TOTAL_LENGTH) {
    return refused(`expected at most ${MAX_FILES} files and ${MAX_TOTAL_LENGTH} characters in all`);
  }
  if (files.reduce((sum, { text }) => sum + countOf(text, /[\n,]/gu), 0) > MAX_ENTRIES) {
    return refused(`expected at most ${MAX_ENTRIES} lines and commas in all`);
  }
  const items: Item[] = [];
  const issues: RuleIssue[] = [];
  for (const file of files) new FileReader(file, { items, issues }).read();
  return { items, issues };
}

function refused(message: string): ReadItems {
  return { items: [], issues: [{ file: "", line: 1, name: "", level: "error", message }] };
}

function countOf(text: string, mark: RegExp): number {
  let count = 0;
  while (mark.test(text)) count += 1;
  return count;
}

class FileReader {
  readonly #file: RuleFile;
  readonly #items: Item[];
  readonly #issues: RuleIssue[];
  readonly #counter = new LineCounter();

  constructor(file: RuleFile, to: { readonly items: Item[]; readonly issues: RuleIssue[] }) {
    this.#file = file;
    this.#items = to.items;
    this.#issues = to.issues;
  }

  read(): void {
    const { text } = this.#file;
    if (text.length > MAX_FILE_LENGTH) {
      this.#fail(1, `file is longer than ${MAX_FILE_LENGTH} characters`);
      return;
    }
    if (countOf(text, /^(?:---|\.\.\.)/gmu) > MAX_DOCUMENTS) {
      this.#fail(1, `expected at most ${MAX_DOCUMENTS} documents`);
      return;
    }
    if (opensTooMany(text)) {
      this.#fail(1, "YAML is nested too deeply");
      return;
    }
    try {
      // Scalars stay text: a list's `on` or `0x10` is put into conditions as it is written.
      const parsed = parseAllDocuments(text, {
        schema: "failsafe",
        lineCounter: this.#counter,
        prettyErrors: false,
        uniqueKeys: false,
        stringKeys: true,
      });
      for (const document of Array.isArray(parsed) ? parsed : []) this.#readDocument(document);
    } catch (thrown) {
      this.#fail(1, thrown instanceof RangeError ? "YAML is nested too deeply" : messageOf(thrown));
    }
  }

  #readDocument(document: Document.Parsed): void {
    for (const { message, pos } of document.errors.slice(0, MAX_FAULTS)) {
      this.#fail(this.#lineAt(pos[0]), `not YAML: ${message.slice(0, MAX_FAULT_LENGTH)}`);
    }
    const { contents } = document;
    if (document.errors.length > 0 || contents === null || isNull(contents)) return;
    if (!isSeq(contents)) {
      this.#fail(this.#lineOf(contents), "expected a sequence of rules, macros and lists");
      return;
    }
    if (this.#items.length + contents.items.length > MAX_ITEMS) {
      this.#fail(1, `expected at most ${MAX_ITEMS} rules, macros and lists`);
      return;
    }
    for (const node of contents.items) {
      if (isMap(node)) this.#readItem(node, document);
      else if (!isNull(node)) this.#fail(this.#lineOf(node), "expected a rule, a macro or a list");
    }
  }

  #readItem(node: YAMLMap, document: Document.Parsed): void {
    const line = this.#lineOf(node);
    const plain: unknown = node.toJS(document, { maxAliasCount: MAX_ALIASES, mapAsMap: true });
    const values = itemValue(plain);
    if (!isMapping(values)) {
      this.#fail(line, "expected texts, sequences and mappings only");
      return;
    }
    const kind = itemKinds.find((known) => values.has(known));
    if (kind === undefined) {
      const keys = [...values.keys()].slice(0, MAX_FAULTS).map((key) => JSON.stringify(key));
      this.#tell({ line, level: "warning", message: `unknown item with ${keys.join(", ") || "no keys"}` });
      return;
    }
    this.#keep(kind, { line, values, lines: this.#linesOf(node), origins: this.#originsOf(node) });
  }

  #keep(kind: ItemKind, said: Pick<Item, "line" | "values" | "lines" | "origins">): void {
    const name = said.values.get(kind);
    const isNamed = kind === "rule" || kind === "macro" || kind === "list";
    if (isNamed && (!isText(name) || name === "")) {
      this.#fail(said.line, `expected the name of a ${kind}`);
      return;
    }
    this.#items.push({ file: this.#file.name, kind, name: isNamed && isText(name) ? name : "", ...said });
  }

  #linesOf(node: YAMLMap): ReadonlyMap<string, number> {
    const lines = new Map<string, number>();
    for (const { key, value } of node.items) {
      if (isScalar(key)) lines.set(String(key.value), this.#lineOf(value ?? key));
    }
    return lines;
  }

  #originsOf(node: YAMLMap): ReadonlyMap<string, TextOrigin> {
    const origins = new Map<string, TextOrigin>();
    for (const { key, value } of node.items) {
      if (isScalar(key)) origins.set(String(key.value), (offset) => this.#placeIn(value ?? key, offset));
    }
    return origins;
  }

  #placeIn(node: unknown, offset: number): Place {
    const { name: file, text } = this.#file;
    const at = isScalar(node) ? sourceOffset(text, node, offset) : undefined;
    if (at === undefined) return { file, line: this.#lineOf(node) };
    const { line, col } = this.#counter.linePos(at);
    return { file, line, column: col };
  }

  #lineOf(node: unknown): number {
    if (typeof node !== "object" || node === null || !("range" in node)) return 1;
    return Array.isArray(node.range) && typeof node.range[0] === "number" ? this.#lineAt(node.range[0]) : 1;
  }

  #lineAt(offset: number): number {
    return this.#counter.linePos(offset).line;
  }

  #fail(line: number, message: string): void {
    this.#tell({ line, level: "error", message });
  }

  #tell(said: Pick<RuleIssue, "line" | "level" | "message">): void {
    this.#issues.push({ file: this.#file.name, name: "", ...said });
  }
}

/**
 * The parser recurses into `[`, `{` and `- `, and is slow to give up; a file that opens many is refused before it
 * is parsed. Brackets in texts count too, but those are closed again.
 */
function opensTooMany(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/gu)) {
    open = Math.max(0, open + (bracket === "[" || bracket === "{" ? 1 : -1));
    if (open > MAX_OPEN_BRACKETS) return true;
  }
  return DASHES_IN_A_ROW.test(text);
}

function isNull(node: unknown): boolean {
  if (node === null) return true;
  return isScalar(node) && node.type === "PLAIN" && /^(?:|~|null)$/iu.test(String(node.value));
}

function itemValue(value: unknown): ItemValue | undefined {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return allDefined(value.map(itemValue));
  if (!(value instanceof Map)) return undefined;
  const entries = new Map<string, ItemValue>();
  for (const [key, inner] of value) {
    const read = itemValue(inner);
    if (typeof key !== "string" || read === undefined) return undefined;
    entries.set(key, read);
  }
  return entries;
}

function allDefined(values: readonly (ItemValue | undefined)[]): readonly ItemValue[] | undefined {
  const defined = values.filter((value) => value !== undefined);
  return defined.length === values.length ? defined : undefined;
}
