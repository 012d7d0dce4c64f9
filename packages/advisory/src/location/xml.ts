import type { LocatedFile } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import { decodeReferences, readTag } from "./xml-tag.ts";

/** An element with all that is in it. Names are without their prefixes: each feed speaks one language. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children, and without white space around it. */
  readonly text: string;
}

/** The largest element that is handed out whole; those of real feeds stay below 4 MiB. */
const MAX_ELEMENT_LENGTH = 16 * MiB;
/** The longest tag, comment or stretch of text. */
const MAX_TOKEN_LENGTH = 4 * MiB;
const MAX_DEPTH = 64;

/**
 * Cuts an XML document (https://www.w3.org/TR/xml/) into its elements of some names, without ever holding more than
 * one of them. Elements of these names inside others of them are a part of those.
 *
 * No entity but the five predefined ones and characters by number is known, so that nothing can grow; a document that
 * declares its own is refused. Throws `SOURCE_DAMAGED` where tags do not match or the end is missing, and
 * `SOURCE_TOO_LARGE` beyond the limits.
 */
export async function* readXmlElements(
  file: LocatedFile,
  names: ReadonlySet<string>,
): AsyncGenerator<XmlElement> {
  const reader = new ElementReader(file.path, names);
  const decoder = new TextDecoder();
  for await (const chunk of file.stream()) yield* reader.push(decoder.decode(chunk, { stream: true }));
  yield* reader.push(decoder.decode());
  reader.end();
}

/** The first child of a name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** All children of a name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text of the first child of a name; an empty one counts as absent. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text;
  return text === "" ? undefined : text;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  readonly texts: string[];
}

class ElementReader {
  readonly #path: string;
  readonly #names: ReadonlySet<string>;
  /** What has not been understood yet: at most one token. */
  #rest = "";
  /** Where in the rest to look on: what is before holds no end of a token. */
  #lookedAt = 0;
  /** The names of the elements that are open, the outermost first. */
  readonly #open: string[] = [];
  /** The elements that are being gathered, the wanted one first. */
  readonly #gathered: OpenElement[] = [];
  #gatheredLength = 0;
  #hasRoot = false;

  constructor(path: string, names: ReadonlySet<string>) {
    this.#path = path;
    this.#names = names;
  }

  *push(text: string): Generator<XmlElement> {
    this.#rest += text;
    let start = 0;
    for (;;) {
      const end = this.#endOfToken(start);
      if (end < 0) break;
      const element = this.#take(this.#rest.slice(start, end));
      if (element !== undefined) yield element;
      start = end;
      this.#lookedAt = end;
    }
    this.#rest = this.#rest.slice(start);
    this.#lookedAt -= start;
    if (this.#rest.length > MAX_TOKEN_LENGTH) throw this.#tooLarge();
  }

  end(): void {
    if (!this.#hasRoot || this.#open.length > 0 || this.#rest.trim() !== "") {
      throw this.#damaged("the end is missing");
    }
  }

  /** The place behind the token that begins here, or -1 where it has not come yet. */
  #endOfToken(start: number): number {
    const rest = this.#rest;
    if (start >= rest.length) return -1;
    if (rest[start] !== "<") return this.#find("<", start, 0);
    for (const [opening, closing] of SPECIAL) {
      if (rest.startsWith(opening, start)) return this.#find(closing, start + opening.length, closing.length);
      // Which kind of token it is may not be known yet.
      if (opening.startsWith(rest.slice(start))) return -1;
    }
    return this.#endOfTag(start);
  }

  #find(word: string, from: number, length: number): number {
    // A word may lie across the place up to which was looked.
    const at = this.#rest.indexOf(word, Math.max(from, this.#lookedAt - word.length + 1));
    if (at >= 0) return at + length;
    this.#lookedAt = this.#rest.length;
    return -1;
  }

  /** A `>` in a quoted value does not end the tag. */
  #endOfTag(start: number): number {
    const rest = this.#rest;
    let at = start + 1;
    while (at < rest.length) {
      const character = rest[at];
      if (character === ">") return at + 1;
      if (character === '"' || character === "'") {
        at = rest.indexOf(character, at + 1);
        if (at < 0) return -1;
      }
      at += 1;
    }
    return -1;
  }

  /** Understands one token; gives the wanted element that it ends. */
  #take(token: string): XmlElement | undefined {
    if (this.#gathered.length > 0) {
      this.#gatheredLength += token.length;
      if (this.#gatheredLength > MAX_ELEMENT_LENGTH) throw this.#tooLarge();
    }
    if (token.startsWith("<![CDATA[")) this.#text(token.slice(9, -3));
    else if (token.startsWith("<!--") || token.startsWith("<?")) return undefined;
    else if (token.startsWith("<!")) this.#checkDeclaration(token);
    else if (token.startsWith("</")) return this.#close(token);
    else if (token.startsWith("<")) return this.#openTag(token);
    else this.#text(decodeReferences(token));
    return undefined;
  }

  #text(text: string): void {
    if (this.#open.length === 0 && text.trim() !== "" && text !== BYTE_ORDER_MARK) {
      throw this.#damaged("text outside of the root");
    }
    this.#gathered.at(-1)?.texts.push(text);
  }

  #checkDeclaration(token: string): void {
    if (token.includes("[")) throw this.#damaged("it declares entities");
  }

  #openTag(token: string): XmlElement | undefined {
    const tag = readTag(token);
    if (tag === undefined) throw this.#damaged(`bad tag ${JSON.stringify(token.slice(0, 80))}`);
    const { name, attributes } = tag;
    if (this.#open.length === 0 && this.#hasRoot) throw this.#damaged("a second root");
    this.#hasRoot = true;
    this.#open.push(name);
    if (this.#open.length > MAX_DEPTH) throw this.#tooLarge();
    if (this.#gathered.length > 0 || this.#names.has(name)) {
      this.#gathered.push({ name, attributes, children: [], texts: [] });
    }
    return tag.isEmpty ? this.#end(name) : undefined;
  }

  #close(token: string): XmlElement | undefined {
    const tag = readTag(`<${token.slice(2)}`);
    return this.#end(tag?.name);
  }

  #end(name: string | undefined): XmlElement | undefined {
    const opened = this.#open.pop();
    if (name === undefined || opened !== name) {
      throw this.#damaged(
        `expected the end of ${JSON.stringify(opened)}, found that of ${JSON.stringify(name)}`,
      );
    }
    const ended = this.#gathered.pop();
    if (ended === undefined) return undefined;
    const { attributes, children, texts } = ended;
    const element: XmlElement = { name, attributes, children, text: texts.join("").trim() };
    const parent = this.#gathered.at(-1);
    if (parent === undefined) {
      this.#gatheredLength = 0;
      return element;
    }
    parent.children.push(element);
    return undefined;
  }

  #damaged(reason: string): AdvisoryError {
    return new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(this.#path)} is no sound XML: ${reason}`);
  }

  #tooLarge(): AdvisoryError {
    return new AdvisoryError("SOURCE_TOO_LARGE", `an element of ${JSON.stringify(this.#path)} has no end`);
  }
}

const BYTE_ORDER_MARK = "\uFEFF";

/** What begins with `<` and is no tag, and how it ends. */
const SPECIAL = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
] as const;
