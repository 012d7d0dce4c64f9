const MAX_DISTANCE = 3;
const MAX_LENGTH = 64;

/** The known word that was probably meant, as `; did you mean "x"?`, or nothing. */
export function suggest(word: string, known: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.min(MAX_DISTANCE, Math.ceil(word.length / 3)) + 1;
  if (word.length > MAX_LENGTH) return "";
  for (const candidate of known) {
    const distance = distanceOf(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === undefined ? "" : `; did you mean ${JSON.stringify(best)}?`;
}

/** Levenshtein's distance: insertions, deletions and replacements. */
function distanceOf(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const shift = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replace, shift));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
