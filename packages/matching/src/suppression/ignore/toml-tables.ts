import { malformed } from "./yaml-document.ts";

/** A table, with its header as it is written but for spaces: `[[IgnoredVulns]]`. */
export interface TomlTable {
  readonly header: string;
  readonly line: number;
  /** Texts without their quotes; dates, and what stands in brackets, as they are written. */
  readonly values: ReadonlyMap<string, string>;
}

const MAX_LENGTH = 1_048_576;
const LONG_QUOTES = ['"""', "'''"] as const;

/**
 * Reads the tables of a TOML document (https://toml.io/en/v1.0.0) as far as ignore rules need them: keys with texts and
 * dates, each on a line. What it does not know is refused, and not guessed. Throws `IGNORE_FILE_MALFORMED`.
 */
export function readTomlTables(text: string, name: string): readonly TomlTable[] {
  if (text.length > MAX_LENGTH) throw malformed(name, `it is longer than ${MAX_LENGTH} characters`);
  const tables: { header: string; line: number; values: Map<string, string> }[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      const header = withoutComment(line).replaceAll(/\s/gu, "");
      if (!/^\[{1,2}[\w.-]+\]{1,2}$/u.test(header)) throw malformed(name, `line ${at + 1}: expected a table`);
      tables.push({ header, line: at + 1, values: new Map() });
      continue;
    }
    const equals = line.indexOf("=");
    const key = line
      .slice(0, Math.max(equals, 0))
      .trim()
      .replaceAll(/^["']|["']$/gu, "");
    if (!/^[\w.-]+$/u.test(key)) throw malformed(name, `line ${at + 1}: expected a key and a value`);
    const said = line.slice(equals + 1).trim();
    const quotes = LONG_QUOTES.find((mark) => said.startsWith(mark));
    if (quotes !== undefined) {
      const end = endOfLongText(lines, at, { said, quotes });
      if (end === undefined) throw malformed(name, `line ${at + 1}: a text without an end`);
      tables.at(-1)?.values.set(key, end.text);
      at = end.at;
      continue;
    }
    if (said.startsWith("[") || said.startsWith("{")) {
      const end = endOfBrackets(lines, at, said);
      tables.at(-1)?.values.set(key, [said, ...lines.slice(at + 1, end + 1)].join("\n"));
      at = end;
      continue;
    }
    tables.at(-1)?.values.set(key, plainValue(said) ?? fail(name, at + 1));
  }
  return tables;
}

function fail(name: string, line: number): never {
  throw malformed(name, `line ${line}: expected a text or a date`);
}

interface LongText {
  readonly said: string;
  readonly quotes: string;
}

function endOfLongText(
  lines: readonly string[],
  start: number,
  { said, quotes }: LongText,
): { readonly text: string; readonly at: number } | undefined {
  const parts = [said.slice(quotes.length)];
  for (let at = start; at < lines.length; at += 1) {
    const part = at === start ? (parts[0] ?? "") : (lines[at] ?? "");
    const end = part.indexOf(quotes);
    if (at > start) parts.push(part);
    if (end < 0) continue;
    parts[parts.length - 1] = part.slice(0, end);
    return { text: parts.join("\n").trim(), at };
  }
  return undefined;
}

/** The line on which a list or an inline table ends; brackets in texts are left out of the count. */
function endOfBrackets(lines: readonly string[], start: number, said: string): number {
  let open = 0;
  for (let at = start; at < lines.length; at += 1) {
    const bare = withoutComment(at === start ? said : (lines[at] ?? "")).replaceAll(/"[^"]*"|'[^']*'/gu, "");
    for (const character of bare) {
      if (character === "[" || character === "{") open += 1;
      if (character === "]" || character === "}") open -= 1;
    }
    if (open <= 0) return at;
  }
  return lines.length;
}

/** A text, or a date or number as it is written. Undefined where it is neither. */
function plainValue(said: string): string | undefined {
  if (said.startsWith("'")) {
    const end = said.indexOf("'", 1);
    return end < 0 || withoutComment(said.slice(end + 1)).trim() !== "" ? undefined : said.slice(1, end);
  }
  if (said.startsWith('"')) return basicText(said);
  const bare = withoutComment(said).trim();
  return /^[\w.:+ -]+$/u.test(bare) ? bare : undefined;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ['"', '"'],
  ["\\", "\\"],
]);

function basicText(said: string): string | undefined {
  let text = "";
  for (let at = 1; at < said.length; at += 1) {
    const character = said[at];
    if (character === '"') return withoutComment(said.slice(at + 1)).trim() === "" ? text : undefined;
    if (character !== "\\") {
      text += character;
      continue;
    }
    at += 1;
    const escaped = ESCAPES.get(said[at] ?? "");
    if (escaped === undefined) return undefined;
    text += escaped;
  }
  return undefined;
}

function withoutComment(text: string): string {
  const hash = text.indexOf("#");
  return hash < 0 ? text : text.slice(0, hash);
}
