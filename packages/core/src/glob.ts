/**
 * Whether a text matches a pattern in which `*` stands for any characters, slashes too, and `?` for one.
 * Takes at most the product of the two lengths in steps: no pattern is slow, unlike a regular expression made from it.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    if (pattern[at] === "*") {
      star = at;
      starText = inText;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === text[inText])) {
      at += 1;
      inText += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      at = star + 1;
      starText += 1;
      inText = starText;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}
