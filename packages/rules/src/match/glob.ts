/** Whether a text matches. */
export type TextTest = (text: string) => boolean;

type GlobPart =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | { readonly kind: "set"; readonly negated: boolean; readonly has: TextTest };

/**
 * Compiles a pattern of `fnmatch(pattern, text, 0)`, POSIX.1-2017 XCU 2.13: `*` and `?` match slashes and leading
 * dots, too. Needs time in proportion to pattern times text at worst, whatever the pattern.
 */
export function compileGlob(pattern: string, options: { readonly ignoreCase?: boolean } = {}): TextTest {
  const { ignoreCase = false } = options;
  const parts = parseGlob(ignoreCase ? foldCase(pattern) : pattern);
  if (parts === undefined) return () => false;
  const test = withEndsFirst(parts);
  return ignoreCase ? (text) => test(foldCase(text)) : test;
}

/** Most texts differ from a pattern in what it begins or ends with, which is quickly seen. */
function withEndsFirst(parts: readonly GlobPart[]): TextTest {
  const prefix = charsOf(parts);
  const suffix = charsOf(parts.toReversed()).split("").toReversed().join("");
  const isOneStar =
    parts.length === prefix.length + 1 + suffix.length && parts[prefix.length]?.kind === "star";
  const shortest = prefix.length + suffix.length;
  if (prefix.length === parts.length) return (text) => text === prefix;
  if (isOneStar) return (text) => text.length >= shortest && text.startsWith(prefix) && text.endsWith(suffix);
  return (text) => text.startsWith(prefix) && text.endsWith(suffix) && matches(parts, text);
}

/** The plain characters before the first part that is none. */
function charsOf(parts: readonly GlobPart[]): string {
  let chars = "";
  for (const part of parts) {
    if (part.kind !== "char") break;
    chars += part.char;
  }
  return chars;
}

/** Whether a text has characters that mean something in a pattern. */
export function isGlob(text: string): boolean {
  return /[*?[]/u.test(text);
}

/** Lowers A to Z and nothing else, as the C library does in the locale that services run in. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/gu, (letters) => letters.toLowerCase());
}

function matches(parts: readonly GlobPart[], text: string): boolean {
  let [at, part, starPart, starAt] = [0, 0, -1, 0];
  while (at < text.length) {
    const current = parts[part];
    if (current?.kind === "star") {
      [starPart, starAt] = [part, at];
      part += 1;
    } else if (current !== undefined && matchesChar(current, text.charAt(at))) {
      at += 1;
      part += 1;
    } else if (starPart >= 0) {
      // Only the last star has to take more: what the earlier ones took is as good as any other choice.
      starAt += 1;
      [part, at] = [starPart + 1, starAt];
    } else return false;
  }
  while (parts[part]?.kind === "star") part += 1;
  return part === parts.length;
}

function matchesChar(part: GlobPart, char: string): boolean {
  switch (part.kind) {
    case "char":
      return part.char === char;
    case "any":
      return true;
    case "set":
      return part.has(char) !== part.negated;
    case "star":
      return false;
  }
}

/** Undefined where the pattern can match nothing: it ends in a backslash. */
function parseGlob(pattern: string): readonly GlobPart[] | undefined {
  const parts: GlobPart[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === "*") {
      if (parts.at(-1)?.kind !== "star") parts.push({ kind: "star" });
    } else if (char === "?") parts.push({ kind: "any" });
    else if (char === "\\") {
      at += 1;
      if (at === pattern.length) return undefined;
      parts.push({ kind: "char", char: pattern.charAt(at) });
    } else {
      const set = char === "[" ? parseSet(pattern, at) : undefined;
      parts.push(set?.part ?? { kind: "char", char });
      at = set?.end ?? at;
    }
  }
  return parts;
}

/** `[…]` at a place; undefined where no bracket closes it, for then it is a plain character. */
function parseSet(
  pattern: string,
  start: number,
): { readonly part: GlobPart; readonly end: number } | undefined {
  let at = start + 1;
  const negated = pattern.charAt(at) === "!" || pattern.charAt(at) === "^";
  if (negated) at += 1;
  const tests: TextTest[] = [];
  for (let first = true; at < pattern.length; first = false) {
    if (pattern.charAt(at) === "]" && !first) {
      const has: TextTest = (char) => tests.some((test) => test(char));
      return { part: { kind: "set", negated, has }, end: at };
    }
    const member = parseMember(pattern, at);
    if (member === undefined) return undefined;
    tests.push(member.test);
    at = member.next;
  }
  return undefined;
}

function parseMember(
  pattern: string,
  start: number,
): { readonly test: TextTest; readonly next: number } | undefined {
  const named = /^\[:([a-z]+):\]/u.exec(pattern.slice(start, start + 12));
  if (named !== null) {
    const test = classes.get(named[1] ?? "");
    return test && { test: (char) => test.test(char), next: start + named[0].length };
  }
  const from = parseSetChar(pattern, start);
  if (from === undefined) return undefined;
  if (pattern.charAt(from.next) !== "-" || pattern.charAt(from.next + 1) === "]") {
    return { test: (char) => char === from.char, next: from.next };
  }
  const to = parseSetChar(pattern, from.next + 1);
  return to && { test: (char) => char >= from.char && char <= to.char, next: to.next };
}

function parseSetChar(
  pattern: string,
  at: number,
): { readonly char: string; readonly next: number } | undefined {
  const start = pattern.charAt(at) === "\\" ? at + 1 : at;
  if (start >= pattern.length) return undefined;
  return { char: pattern.charAt(start), next: start + 1 };
}

const classes: ReadonlyMap<string, RegExp> = new Map([
  ["alpha", /^[A-Za-z]$/u],
  ["digit", /^[0-9]$/u],
  ["alnum", /^[A-Za-z0-9]$/u],
  ["upper", /^[A-Z]$/u],
  ["lower", /^[a-z]$/u],
  ["space", /^\s$/u],
  ["blank", /^[ \t]$/u],
  ["punct", /^[!-/:-@[-`{-~]$/u],
  ["xdigit", /^[0-9A-Fa-f]$/u],
  ["print", /^[ -~]$/u],
  ["graph", /^[!-~]$/u],
]);
