import { messageOf } from "@pratique/core";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { MatchingError } from "../../errors.ts";

/** A value with the line it stands on. Aliases and tags are not followed. */
export type YamlValue =
  | { readonly kind: "map"; readonly line: number; readonly members: ReadonlyMap<string, YamlValue> }
  | { readonly kind: "list"; readonly line: number; readonly items: readonly YamlValue[] }
  | { readonly kind: "scalar"; readonly line: number; readonly value: unknown };

const MAX_LENGTH = 1_048_576;
const MAX_DEPTH = 20;
const MAX_OPEN_BRACKETS = 200;
const DASHES_IN_A_ROW = new RegExp(`(?:[-?][ \\t]+){${MAX_DEPTH + 1}}`, "u");

/** Reads one YAML document, with lines. Throws `IGNORE_FILE_MALFORMED`. */
export function parseYaml(text: string, name: string): YamlValue | undefined {
  if (text.length > MAX_LENGTH) throw malformed(name, `it is longer than ${MAX_LENGTH} characters`);
  if (opensTooMany(text)) throw malformed(name, `it is nested deeper than ${MAX_DEPTH}`);
  const counter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true });
    const [error] = document.errors;
    if (error !== undefined) {
      throw malformed(name, `line ${counter.linePos(error.pos[0]).line}: ${error.message.slice(0, 200)}`);
    }
    return document.contents === null ? undefined : readNode(document.contents, counter, 0);
  } catch (thrown) {
    if (thrown instanceof MatchingError) throw thrown;
    throw malformed(
      name,
      thrown instanceof RangeError ? "it is nested too deeply" : messageOf(thrown),
      thrown,
    );
  }
}

function readNode(node: Node | null, counter: LineCounter, depth: number): YamlValue {
  const line = node?.range == null ? 1 : counter.linePos(node.range[0]).line;
  if (depth > MAX_DEPTH) return { kind: "scalar", line, value: undefined };
  if (isSeq<Node>(node)) {
    return { kind: "list", line, items: node.items.map((item) => readNode(item, counter, depth + 1)) };
  }
  if (isMap<Node, Node>(node)) {
    const members = new Map<string, YamlValue>();
    for (const { key, value } of node.items) {
      if (isScalar(key)) members.set(String(key.value), readNode(value, counter, depth + 1));
    }
    return { kind: "map", line, members };
  }
  return { kind: "scalar", line, value: isScalar(node) ? node.value : undefined };
}

/** The parser recurses into `[`, `{` and `- `: a file that opens many is refused before it is parsed. */
function opensTooMany(text: string): boolean {
  let open = 0;
  for (const bracket of text.matchAll(/[[\]{}]/gu)) {
    open = Math.max(0, open + (bracket[0] === "[" || bracket[0] === "{" ? 1 : -1));
    if (open > MAX_OPEN_BRACKETS) return true;
  }
  return DASHES_IN_A_ROW.test(text);
}

export function malformed(name: string, what: string, cause?: unknown): MatchingError {
  return new MatchingError("IGNORE_FILE_MALFORMED", `${JSON.stringify(name)} cannot be read: ${what}`, {
    cause,
  });
}

/** The items of a member that is a list; none where it is not there. */
export function itemsOf(value: YamlValue | undefined, member: string): readonly YamlValue[] {
  const found = value?.kind === "map" ? value.members.get(member) : undefined;
  return found?.kind === "list" ? found.items : [];
}

/** A member that is text, a number or a date, as it would be written. */
export function textIn(value: YamlValue | undefined, member: string): string | undefined {
  const found = value?.kind === "map" ? value.members.get(member) : undefined;
  if (found?.kind !== "scalar") return undefined;
  if (found.value instanceof Date) return found.value.toISOString();
  return typeof found.value === "string" || typeof found.value === "number" ? String(found.value) : undefined;
}

/** The texts of a member that is a list. */
export function textsIn(value: YamlValue, member: string): readonly string[] {
  return itemsOf(value, member).flatMap((item) =>
    item.kind === "scalar" && typeof item.value === "string" ? [item.value] : [],
  );
}
