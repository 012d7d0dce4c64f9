const MAX_LENGTH = 64;
const MAX_DISTANCE = 2;

/** The name that somebody may have meant, two letters away at most; undefined where none is that near. */
export function nearName(wrong: string, names: Iterable<string>): string | undefined {
  if (wrong.length > MAX_LENGTH) return undefined;
  let [nearest, least]: [string | undefined, number] = [undefined, MAX_DISTANCE + 1];
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) >= least || name.length > MAX_LENGTH) continue;
    const distance = editDistance(wrong, name);
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Letters to put in, take out or change, by the rows of Levenshtein's table. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let at = 1; at <= left.length; at += 1) {
    const next = [at];
    for (let other = 1; other <= right.length; other += 1) {
      const changed = (row[other - 1] ?? 0) + (left[at - 1] === right[other - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[other] ?? 0) + 1, (next[other - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
