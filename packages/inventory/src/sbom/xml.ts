/** An element of an XML document: of its name, only what stands behind the prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly in it, trimmed. */
  readonly text: string;
}

/** What is wrong with a document, in words. */
export class XmlProblem extends Error {
  override readonly name = "XmlProblem";
}

const MAX_DEPTH = 256;

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly text: string[];
}

/**
 * Reads an XML document into a tree, in linear time. It knows no document type definitions, so that no entity can
 * stand for more than one character. Throws an {@link XmlProblem}.
 */
export function parseXml(text: string): XmlElement {
  const stack: Open[] = [{ name: "", attributes: new Map(), children: [], text: [] }];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("<", at);
    const end = open < 0 ? text.length : open;
    if (end > at) top(stack).text.push(decodeEntities(text.slice(at, end)));
    at = open < 0 ? end : readMarkup(text, open, stack);
  }
  if (stack.length > 1) throw new XmlProblem(`<${shown(top(stack).name)}> has no end`);
  const [root, ...others] = top(stack).children;
  if (root === undefined || others.length > 0) throw new XmlProblem("expected one element at the top");
  return root;
}

/** Reads what begins with `<`, and gives where it ends. */
function readMarkup(text: string, at: number, stack: Open[]): number {
  if (text.startsWith("<!--", at)) return after(text, "-->", at + 4);
  if (text.startsWith("<![CDATA[", at)) {
    const end = after(text, "]]>", at + 9);
    top(stack).text.push(text.slice(at + 9, end - 3));
    return end;
  }
  if (text.startsWith("<?", at)) return after(text, "?>", at + 2);
  if (text.startsWith("<!", at)) throw new XmlProblem("document type definitions are not read");
  if (text.startsWith("</", at)) return closeElement(text, at, stack);
  return openElement(text, at, stack);
}

function closeElement(text: string, at: number, stack: Open[]): number {
  const end = after(text, ">", at);
  const name = localName(text.slice(at + 2, end - 1).trim());
  const closed = stack.length > 1 ? stack.pop() : undefined;
  if (closed?.name !== name) throw new XmlProblem(`</${shown(name)}> ends nothing`);
  top(stack).children.push(finish(closed));
  return end;
}

function openElement(text: string, at: number, stack: Open[]): number {
  let cursor = at + 1;
  while (cursor < text.length && !isNameEnd(text.charCodeAt(cursor))) cursor += 1;
  const name = localName(text.slice(at + 1, cursor));
  if (name === "") throw new XmlProblem("an element without a name");
  const attributes = new Map<string, string>();
  for (;;) {
    cursor = skipSpace(text, cursor);
    if (text[cursor] === ">" || text.startsWith("/>", cursor)) break;
    cursor = readAttribute(text, cursor, attributes);
  }
  const element: Open = { name, attributes, children: [], text: [] };
  if (text[cursor] === "/") {
    top(stack).children.push(finish(element));
    return cursor + 2;
  }
  if (stack.length > MAX_DEPTH) throw new XmlProblem(`elements are nested more than ${MAX_DEPTH} deep`);
  stack.push(element);
  return cursor + 1;
}

function readAttribute(text: string, at: number, attributes: Map<string, string>): number {
  const equals = text.indexOf("=", at);
  if (equals < 0 || equals - at > 256) throw new XmlProblem("an element without an end");
  const name = localName(text.slice(at, equals).trim());
  const start = skipSpace(text, equals + 1);
  const quote = text[start];
  if (name === "" || (quote !== '"' && quote !== "'")) throw new XmlProblem("an attribute without a value");
  const end = after(text, quote, start + 1);
  attributes.set(name, decodeEntities(text.slice(start + 1, end - 1)));
  return end;
}

function finish({ name, attributes, children, text }: Open): XmlElement {
  return { name, attributes, children, text: text.join("").trim() };
}

function top(stack: readonly Open[]): Open {
  const last = stack.at(-1);
  if (last === undefined) throw new XmlProblem("an end without a beginning");
  return last;
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at < 0) throw new XmlProblem(`expected ${JSON.stringify(mark)} before the end`);
  return at + mark.length;
}

function skipSpace(text: string, at: number): number {
  let cursor = at;
  while (cursor < text.length && isSpace(text.charCodeAt(cursor))) cursor += 1;
  return cursor;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Space, `/`, `>`, or `<`, which may not be here. */
function isNameEnd(code: number): boolean {
  return isSpace(code) || code === 0x2f || code === 0x3e || code === 0x3c;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** XML 1.0, 4.1 and 4.6. What is no reference stays as it is. */
function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#x[\da-fA-F]{1,6}|#\d{1,7}|[a-z]{2,4});/gu, (whole, name: string) => {
    if (!name.startsWith("#")) return NAMED.get(name) ?? whole;
    const code = name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function shown(name: string): string {
  return name.slice(0, 80);
}
