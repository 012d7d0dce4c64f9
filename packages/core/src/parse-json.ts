import type { JsonValue } from "./audit-record.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = /\s*/y;
const PUNCTUATION = "{}[],:";
const WORD = /[^\s"{}[\],:]*/y;

/**
 * The value of a JSON text, as `JSON.parse` gives it, with the names of members as they are written.
 *
 * V8 takes the name of a member for the one that other objects had at this place where it begins alike: after
 * `{"a":1,"b\\":2}`, whose second name ends with a backslash, the second name of `{"a":1,"b\"":2}` is read as the same. Whoever
 * chooses names, labels say, could have one text read as two different values, and a record of it counted as changed. What
 * others have written is read by this: images, packages, launches, and all that is recorded of them.
 *
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return hasEscapedName(text) ? readValue(text) : value;
}

/**
 * Whether some object of a text that is JSON has one name twice. Readers differ in what they take: V8 the last one, Go all of
 * them, one laid over the other.
 */
export function hasRepeatedName(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  let last = "";
  for (const token of tokensOf(text)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const names = open.at(-1);
      const name = String(JSON.parse(last));
      if (names?.has(name) === true) return true;
      names?.add(name);
    }
    last = token;
  }
  return false;
}

/** Of a text that is JSON. Outside of strings it has no quotes. */
function hasEscapedName(text: string): boolean {
  let backslash = text.indexOf("\\");
  for (let open = text.indexOf('"'); open !== -1 && backslash !== -1; ) {
    const end = endOfString(text, open);
    if (backslash < end) {
      if (text[endOfSpace(text, end)] === ":") return true;
      backslash = text.indexOf("\\", end);
    }
    open = text.indexOf('"', end);
  }
  return false;
}

/** Behind the quote that ends a string. */
function endOfString(text: string, open: number): number {
  let at = open + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at))
    at += code === BACKSLASH ? 2 : 1;
  return at + 1;
}

function endOfSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

type Container =
  | { readonly kind: "array"; readonly items: JsonValue[] }
  | {
      readonly kind: "object";
      readonly members: [name: string, value: JsonValue][];
      name: string | undefined;
    };

/** Of a text that is JSON. Strings, numbers and words by themselves have no names that could be taken for others. */
function readValue(text: string): JsonValue {
  const open: Container[] = [];
  let value: JsonValue = null;
  for (const token of tokensOf(text)) {
    const inner = open.at(-1);
    if (token === ":" || token === ",") continue;
    if (token === "[") open.push({ kind: "array", items: [] });
    else if (token === "{") open.push({ kind: "object", members: [], name: undefined });
    else if (token !== "]" && token !== "}" && inner?.kind === "object" && inner.name === undefined) {
      inner.name = String(JSON.parse(token));
    } else {
      const isEnd = token === "]" || token === "}";
      if (isEnd) open.pop();
      value = isEnd && inner !== undefined ? closed(inner) : JSON.parse(token);
      put(open.at(-1), value);
    }
  }
  return value;
}

function* tokensOf(text: string): Generator<string, void, undefined> {
  for (let at = endOfSpace(text, 0); at < text.length; ) {
    const end = endOfToken(text, at);
    yield text.slice(at, end);
    at = endOfSpace(text, end);
  }
}

function endOfToken(text: string, at: number): number {
  if (text.charCodeAt(at) === QUOTE) return endOfString(text, at);
  if (PUNCTUATION.includes(text.charAt(at))) return at + 1;
  WORD.lastIndex = at;
  WORD.test(text);
  return WORD.lastIndex;
}

function closed(container: Container): JsonValue {
  return container.kind === "array" ? container.items : Object.fromEntries(container.members);
}

function put(into: Container | undefined, value: JsonValue): void {
  if (into?.kind === "array") into.items.push(value);
  if (into?.kind !== "object" || into.name === undefined) return;
  into.members.push([into.name, value]);
  into.name = undefined;
}
