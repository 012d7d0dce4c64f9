const REPEAT = /^(?:[*+?]|\{(\d{1,9})(,?)(\d{0,9})\})/u;
const CLASS_NAME = /^\[[:.=][^\]]*\]/u;

/**
 * How many instructions an expression comes to, about, once what it repeats is written out: `(a{1,1000}){1,9}` is some
 * nine thousand. A malformed one has some size, too.
 */
export function regularExpressionSize(pattern: string): number {
  /** Of the groups that are open, how large each is so far. */
  const groups: number[] = [];
  let size = 0;
  /** Of the last thing, which what follows may repeat. */
  let last = 0;
  for (let at = 0; at < pattern.length; ) {
    const char = pattern.charAt(at);
    const repeat = REPEAT.exec(pattern.slice(at, at + 24));
    if (repeat !== null) {
      const repeated = last * Math.max(1, Number(repeat[1] ?? 1), Number(repeat[3] ?? 1)) + 1;
      size += repeated - last;
      last = repeated;
      at += repeat[0].length;
    } else if (char === "(") {
      groups.push(size);
      [size, last] = [0, 0];
      at += 1;
    } else if (char === ")") {
      last = size + 2;
      size = (groups.pop() ?? 0) + last;
      at += 1;
    } else {
      last = 1;
      size += 1;
      at = endOfAtom(pattern, at);
    }
  }
  return groups.reduce((sum, outer) => sum + outer, size);
}

/** Where what stands here ends: a character, an escaped one, or a class. */
function endOfAtom(pattern: string, start: number): number {
  const char = pattern.charAt(start);
  if (char === "\\") return start + 2;
  if (char !== "[") return start + 1;
  let at = start + (pattern.charAt(start + 1) === "^" ? 2 : 1);
  for (const first = at; at < pattern.length; ) {
    if (pattern.charAt(at) === "]" && at > first) return at + 1;
    const named = CLASS_NAME.exec(pattern.slice(at, at + 16));
    at += named?.[0].length ?? (pattern.charAt(at) === "\\" ? 2 : 1);
  }
  return at;
}
