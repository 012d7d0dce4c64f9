/** One line of two texts that are compared. */
export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
  /** Its place in the list. */
  readonly at: number;
}

/** Longer texts are compared as a whole: the table of the comparison would not fit. */
const MAX_CELLS = 4_000_000;

/** What changes from one text to another, line by line (the longest common subsequence). */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  const kinds =
    left.length * right.length > MAX_CELLS ? wholeOf(left, right) : walk(left, right, lengthsOf(left, right));
  return kinds.map((line, at) => ({ ...line, at }));
}

type Kind = Omit<DiffLine, "at">;

function wholeOf(left: readonly string[], right: readonly string[]): readonly Kind[] {
  return [
    ...left.map((text) => ({ kind: "removed" as const, text })),
    ...right.map((text) => ({ kind: "added" as const, text })),
  ];
}

/** For each pair of places, how many lines the rests have in common. */
function lengthsOf(left: readonly string[], right: readonly string[]): Uint16Array {
  const width = right.length + 1;
  const lengths = new Uint16Array((left.length + 1) * width);
  for (let at = left.length - 1; at >= 0; at -= 1) {
    for (let to = right.length - 1; to >= 0; to -= 1) {
      const down = lengths[(at + 1) * width + to] ?? 0;
      const across = lengths[at * width + to + 1] ?? 0;
      const both = lengths[(at + 1) * width + to + 1] ?? 0;
      lengths[at * width + to] = left[at] === right[to] ? both + 1 : Math.max(down, across);
    }
  }
  return lengths;
}

function walk(left: readonly string[], right: readonly string[], lengths: Uint16Array): readonly Kind[] {
  const width = right.length + 1;
  const lines: Kind[] = [];
  let [at, to] = [0, 0];
  while (at < left.length || to < right.length) {
    const [mine, theirs] = [left[at], right[to]];
    if (mine !== undefined && mine === theirs) {
      lines.push({ kind: "same", text: mine });
      at += 1;
      to += 1;
    } else if (
      mine !== undefined &&
      (theirs === undefined || (lengths[(at + 1) * width + to] ?? 0) >= (lengths[at * width + to + 1] ?? 0))
    ) {
      lines.push({ kind: "removed", text: mine });
      at += 1;
    } else {
      lines.push({ kind: "added", text: theirs ?? "" });
      to += 1;
    }
  }
  return lines;
}
