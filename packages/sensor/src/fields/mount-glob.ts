/**
 * Whether a text has the form of a pattern in which `*` stands for anything and `?` for one character, in time that
 * grows with the product of their lengths at most.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (from < text.length) {
    if (pattern[at] === "*") {
      [star, mark] = [at, from];
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[from])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      mark += 1;
      [at, from] = [star + 1, mark];
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
