/** Stands for an array whose items are made one by one while it is written; see {@link jsonText}. */
class Items {
  readonly items: Iterable<unknown>;

  constructor(items: Iterable<unknown>) {
    this.items = items;
  }
}

/** Stands for an object whose members are made one by one while it is written. */
class Members {
  readonly members: Iterable<readonly [string, unknown]>;

  constructor(members: Iterable<readonly [string, unknown]>) {
    this.members = members;
  }
}

/** An array for {@link jsonText} that is never in memory as a whole. */
export function inTurn(items: Iterable<unknown>): object {
  return new Items(items);
}

/** An object for {@link jsonText} that is never in memory as a whole. Names must differ. */
export function membersInTurn(members: Iterable<readonly [string, unknown]>): object {
  return new Members(members);
}

const INDENT = "  ";

/**
 * JSON with an indent of two and a line end, in pieces: one for each item of what {@link inTurn} and
 * {@link membersInTurn} give, so that the text of a large report is never in memory as a whole. The value is that of
 * `JSON.stringify`; besides, characters that a terminal might obey (C1 controls) or that reorder text (Unicode's Cf)
 * are written as escapes, which any reader takes back.
 */
export function* jsonText(value: object): Generator<string> {
  yield* write(value, "");
  yield "\n";
}

function* write(value: unknown, indent: string): Generator<string> {
  if (value instanceof Items) yield* writeAll("[", unnamed(value.items), { end: "]", indent });
  else if (value instanceof Members) yield* writeAll("{", value.members, { end: "}", indent });
  else if (!holdsTurns(value)) yield plainText(value).replaceAll("\n", `\n${indent}`);
  else if (Array.isArray(value)) yield* writeAll("[", unnamed(value), { end: "]", indent });
  else yield* writeAll("{", Object.entries(value), { end: "}", indent });
}

interface Frame {
  readonly end: string;
  readonly indent: string;
}

function* writeAll(
  start: string,
  parts: Iterable<readonly [string | undefined, unknown]>,
  { end, indent }: Frame,
): Generator<string> {
  const inner = `${indent}${INDENT}`;
  let before = start;
  for (const [name, part] of parts) {
    if (part === undefined) continue;
    const label = name === undefined ? "" : `${plainText(name)}: `;
    yield `${before}\n${inner}${label}`;
    yield* write(part, inner);
    before = ",";
  }
  yield before === start ? `${start}${end}` : `\n${indent}${end}`;
}

function* unnamed(items: Iterable<unknown>): Generator<readonly [undefined, unknown]> {
  for (const item of items) yield [undefined, item];
}

/** Whether some part of it is written in turn: only the outermost levels of a report are asked. */
function holdsTurns(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Items || value instanceof Members) return true;
  return Object.values(value).some(holdsTurns);
}

function plainText(value: unknown): string {
  return JSON.stringify(value, undefined, INDENT.length).replaceAll(/[\u007f-\u009f\p{Cf}]/gu, escaped);
}

/** As JSON escapes what has more than 16 bits: in two halves (RFC 8259 section 7). */
function escaped(character: string): string {
  let text = "";
  for (let index = 0; index < character.length; index += 1) {
    text += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return text;
}
