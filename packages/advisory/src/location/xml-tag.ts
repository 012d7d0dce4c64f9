/** The tag that begins an element, or is one by itself. */
export interface XmlTag {
  /** Without its prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Ends with `/>`. */
  readonly isEmpty: boolean;
}

const NAME = /^<([^\s/>=<"'&]+)/u;
/** Each part excludes what the next one begins with, so that nothing is tried twice. */
const ATTRIBUTE = /\s+([^\s/>=<"'&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/uy;

/** Reads a tag from `<` to `>`; undefined where it is none. */
export function readTag(token: string): XmlTag | undefined {
  const [opening, qualified] = NAME.exec(token) ?? [];
  if (opening === undefined || qualified === undefined) return undefined;
  const attributes = new Map<string, string>();
  let at = opening.length;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const [whole, name, double, single] = ATTRIBUTE.exec(token) ?? [];
    if (whole === undefined || name === undefined) break;
    attributes.set(localName(name), decodeReferences(double ?? single ?? ""));
    at += whole.length;
  }
  const end = token.slice(at).trim();
  if (end !== ">" && end !== "/>") return undefined;
  return { name: localName(qualified), attributes, isEmpty: end === "/>" };
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** XML 1.0, 4.6 "Predefined Entities". */
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["apos", "'"],
  ["gt", ">"],
  ["lt", "<"],
  ["quot", '"'],
]);

const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/gu;

/** Replaces references to characters; those that nobody knows stay as they are. */
export function decodeReferences(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return PREDEFINED.get(name) ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
