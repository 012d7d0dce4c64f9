import { KiB } from "@pratique/core";

/** A table of TOML: texts and lists of texts by key. Values of other types are passed over. */
export type TomlTable = ReadonlyMap<string, string | readonly string[]>;

const MAX_LINES = 2000;
const MAX_CHARACTERS = 64 * KiB;
const FENCE = "```";

/**
 * Reads the TOML at the start of an advisory of RustSec, between a fence ```` ```toml ```` and the next: its tables by their
 * names (https://github.com/rustsec/advisory-db, "Advisory Format"). Of TOML (1.0) it takes what that format is made of:
 * tables, and keys with texts on one line, with lists of such texts, which may go over several lines, and with numbers and
 * words, which it does not keep. A text in place of the tables says what else was met.
 */
export function readFrontMatter(text: string): ReadonlyMap<string, TomlTable> | string {
  const lines = text.slice(0, MAX_CHARACTERS).split(/\r?\n/u, MAX_LINES);
  if (lines[0]?.trim() !== `${FENCE}toml`) return "expected TOML between fences";
  const end = lines.indexOf(FENCE, 1);
  if (end < 0) return "expected the end of the TOML";
  const tables = new Map<string, Map<string, string | readonly string[]>>();
  let table = new Map<string, string | readonly string[]>();
  for (let at = 1; at < end; at += 1) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const name = /^\[(?<name>[\w.-]+)\](?:\s*#.*)?$/u.exec(line)?.groups?.name;
    if (name !== undefined) {
      table = new Map();
      tables.set(name, table);
      continue;
    }
    const { key, rest } = /^(?<key>[\w-]+|"[^"\\]*")\s*=\s*(?<rest>\S.*)$/u.exec(line)?.groups ?? {};
    if (key === undefined || rest === undefined) return `expected a key and a value on line ${at + 1}`;
    let value = rest;
    while (value.startsWith("[") && !isClosed(value) && at + 1 < end) {
      at += 1;
      value += `\n${lines[at] ?? ""}`;
    }
    const read = readValue(value);
    if (read === undefined) return `expected a text or a list of texts on line ${at + 1}`;
    if (read !== OTHER) table.set(key, read);
  }
  return tables;
}

const BASIC = String.raw`"(?:[^"\\\n]|\\.)*"`;
const LITERAL = String.raw`'[^'\n]*'`;
const COMMENT = String.raw`(?:\s*#[^\n]*)?`;
const TEXT = new RegExp(`^(?<text>${BASIC}|${LITERAL})${COMMENT}$`, "u");
const LIST = new RegExp(
  String.raw`^\[(?:\s|#[^\n]*\n)*(?:(?:${BASIC}|${LITERAL})(?:\s|#[^\n]*\n)*(?:,(?:\s|#[^\n]*\n)*|(?=\])))*\]${COMMENT}$`,
  "u",
);
const ITEM = new RegExp(`${BASIC}|${LITERAL}|#[^\n]*`, "gu");
/** Numbers, dates, words, and tables on one line. */
const OTHER_VALUE = /^(?:[\w.:+-]+|\{[^\n]*\})(?:\s*#.*)?$/u;
const OTHER = Symbol("a value that is not kept");

function isClosed(value: string): boolean {
  return LIST.test(value);
}

function readValue(value: string): string | readonly string[] | typeof OTHER | undefined {
  const text = TEXT.exec(value)?.groups?.text;
  if (text !== undefined) return unquote(text);
  if (LIST.test(value)) {
    const items = (value.match(ITEM) ?? []).filter((item) => !item.startsWith("#")).map(unquote);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  return OTHER_VALUE.test(value) ? OTHER : undefined;
}

/** Basic strings of TOML have the escapes of JSON, and some more that nobody uses here. */
function unquote(text: string): string | undefined {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    const value: unknown = JSON.parse(text.replaceAll("\t", "\\t"));
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
