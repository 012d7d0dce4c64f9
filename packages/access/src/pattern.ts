/**
 * Whether a text fits a pattern, in which `*` stands for any run of characters, an empty one included. Linear in
 * both: each star takes as little as it can, and only the last one is ever taken back.
 */
export function fitsPattern(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let read = 0;
  while (read < text.length) {
    if (pattern[at] === "*") {
      star = at;
      resume = read;
      at += 1;
    } else if (pattern[at] === text[read]) {
      at += 1;
      read += 1;
    } else if (star >= 0) {
      resume += 1;
      read = resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}

/**
 * Whether everything that fits the inner pattern fits the outer one as well. True only where that is certain: the
 * inner one is read as a text whose stars are characters that only a star of the outer one can take.
 */
export function containsPattern(outer: string, inner: string): boolean {
  // A pattern that held the character itself would take a star for it.
  return !outer.includes(STAR) && fitsPattern(outer, inner.replaceAll("*", STAR));
}

/** Stands for the stars of an inner pattern. */
const STAR = "\u0000";
