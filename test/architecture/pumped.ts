/** Long enough for a match that is not linear to take a second or more, where a linear one takes a tenth of a millisecond. */
export const PUMPED_CHARS = 49_152;

/** What repeats without a bound, or with one that is as good as none. */
const MANY = 1000;
/** Characters that one atom is tried with. */
const MOST_SAMPLES = 6;
/** What atoms are tried with, the likeliest to be taken by several of them first. */
const SAMPLES = [
  " \t\n0a1A.-_/,\"'<>=:;@+#*%!?()[]{}\\&|^~`$é\0\r\u2028",
  "bcdefghijklmnopqrstuvwxyz",
  "BCDEFGHIJKLMNOPQRSTUVWXYZ",
].flatMap((text) => Array.from(text));
/** What nothing expects after all of that, so that it is all tried again. */
const SUFFIX = "\u2028\uFFFF\n\uFFFF";

interface Part {
  /** The source of what stands for one character; empty for a group, and for what stands for none. */
  readonly atom: string;
  readonly alternatives: readonly (readonly Part[])[];
  readonly least: number;
  readonly most: number;
}

/** A part of a source, and where it ends. */
type Read<T> = readonly [found: T, end: number];

/**
 * Strings at which an expression of JavaScript is slow if it is slow at all: what leads up to something that repeats, then that
 * for `chars` characters, then what does not fit. No proof: it does not look at what two repetitions have in common beyond one
 * character or the shortest text of a group.
 */
export function* pumped({ source, flags }: RegExp, chars: number = PUMPED_CHARS): Generator<string> {
  const [alternatives] = readAlternatives(source, 0);
  const seen = new Set<string>();
  for (const [prefix, unit] of alternatives.flatMap((parts) => [...repeated(parts, "", flags)])) {
    const key = JSON.stringify([prefix, unit]);
    if (seen.has(key)) continue;
    seen.add(key);
    yield prefix + unit.repeat(Math.ceil(chars / unit.length)) + SUFFIX;
  }
}

function* repeated(
  parts: readonly Part[],
  before: string,
  flags: string,
): Generator<readonly [string, string]> {
  let prefix = before;
  for (const part of parts) {
    if (part.most >= MANY) for (const unit of unitsOf(part, flags)) yield [prefix, unit];
    for (const alternative of part.alternatives) yield* repeated(alternative, prefix, flags);
    prefix += textOf(part, flags).repeat(Math.min(part.least, 64));
  }
}

function unitsOf(part: Part, flags: string): readonly string[] {
  const units =
    part.atom === "" ? part.alternatives.map((each) => textOfAll(each, flags)) : takenBy(part.atom, flags);
  return units.filter((unit) => unit !== "");
}

function textOf(part: Part, flags: string): string {
  if (part.atom !== "") return takenBy(part.atom, flags).at(0) ?? "";
  return textOfAll(part.alternatives.at(0) ?? [], flags);
}

function textOfAll(parts: readonly Part[], flags: string): string {
  return parts.map((part) => textOf(part, flags).repeat(Math.min(part.least, 64))).join("");
}

const taken = new Map<string, readonly string[]>();

function takenBy(atom: string, flags: string): readonly string[] {
  const kept = flags.replaceAll(/[^iuvs]/gu, "");
  const key = `${kept} ${atom}`;
  const known = taken.get(key);
  if (known !== undefined) return known;
  const whole = new RegExp(`^(?:${atom})$`, kept);
  // A letter that is asked for by name is no sample of ours.
  const found = [...SAMPLES, atom].filter((text) => whole.test(text)).slice(0, MOST_SAMPLES);
  taken.set(key, found);
  return found;
}

function readAlternatives(source: string, start: number): Read<readonly (readonly Part[])[]> {
  const alternatives: Part[][] = [[]];
  let at = start;
  while (at < source.length && source[at] !== ")") {
    if (source[at] === "|") {
      alternatives.push([]);
      at += 1;
      continue;
    }
    const [part, end] = readPart(source, at);
    alternatives.at(-1)?.push(part);
    at = end;
  }
  return [alternatives, at];
}

function readPart(source: string, at: number): Read<Part> {
  const rest = source.slice(at);
  const opening = /^\((?:\?(?:<(?![=!])[^>]*>|:|<?[=!]))?/u.exec(rest)?.[0];
  if (opening !== undefined) {
    const [inner, end] = readAlternatives(source, at + opening.length);
    // What looks ahead or behind takes nothing, and has nothing that stands before it.
    const looks = /[=!]$/u.test(opening);
    const [[least, most], behind] = readQuantifier(source, end + 1);
    return [{ atom: "", alternatives: inner, least: looks ? 0 : least, most: looks ? 1 : most }, behind];
  }
  const atom =
    /^(?:\[(?:\\.|[^\]\\])*\]|\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|k<[^>]*>|.)|.)/su.exec(
      rest,
    )?.[0] ?? rest;
  const [[least, most], end] = readQuantifier(source, at + atom.length);
  const isNothing = /^(?:[\^$]|\\[bB]|\\k<.*|\\[1-9])$/u.test(atom);
  return [{ atom: isNothing ? "" : atom, alternatives: [], least, most }, end];
}

function readQuantifier(source: string, at: number): Read<readonly [number, number]> {
  const found = /^(?:[*+?]|\{(?<least>\d+)(?<comma>,(?<most>\d*))?\})\??/u.exec(source.slice(at));
  if (found === null) return [[1, 1], at];
  const { least, comma, most } = found.groups ?? {};
  const end = at + found[0].length;
  if (least !== undefined) {
    const highest = comma === undefined ? Number(least) : most === "" ? Infinity : Number(most);
    return [[Number(least), highest], end];
  }
  return [found[0].startsWith("?") ? [0, 1] : [found[0].startsWith("+") ? 1 : 0, Infinity], end];
}
