/** One painted or plain piece: what switches a colour on or off, or one character with the marks on it. */
const PIECE = new RegExp(`${"\u001b"}\\[(?<code>\\d+)m|\\P{M}\\p{M}*|\\p{M}+`, "gu");
/** What a terminal may show in two columns. Where terminals differ, what takes more room is assumed. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Extended_Pictographic}\p{Regional_Indicator}]|\ufe0f/u;
const ALL_OFF = "\u001b[0m";

/** A line is broken at a space where that leaves no more than this part of it empty. */
const MAX_EMPTY = 0.5;

interface Piece {
  readonly text: string;
  readonly columns: number;
  /** What is switched on or off; undefined for a character. */
  readonly code: number | undefined;
}

/** How many columns of a terminal a text takes; colours take none. */
export function columnsOf(text: string): number {
  return piecesOf(text).reduce((sum, { columns }) => sum + columns, 0);
}

/**
 * Breaks a painted text into lines of at most so many columns, at spaces where there are some. Each line has the colours
 * of its part, switched off at its end. A column that has no room for a wide character gets it all the same.
 */
export function foldPainted(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let on: readonly string[] = [];
  let rest = piecesOf(text);
  do {
    const end = breakOf(rest, columns);
    const line = rest.slice(0, end);
    const before = on.join("");
    on = line.reduce(switched, on);
    lines.push(`${before}${line.map((piece) => piece.text).join("")}${on.length === 0 ? "" : ALL_OFF}`);
    rest = rest.slice(rest[end]?.text === " " ? end + 1 : end);
  } while (rest.some(({ code }) => code === undefined));
  return lines;
}

function piecesOf(text: string): readonly Piece[] {
  return Array.from(text.matchAll(PIECE), ({ 0: piece, groups }) => {
    const code = groups?.code;
    if (code !== undefined) return { text: piece, columns: 0, code: Number(code) };
    return { text: piece, columns: WIDE.test(piece) ? 2 : 1, code: undefined };
  });
}

/** Where the first line ends: all that fits, or what is before the last space of it. */
function breakOf(pieces: readonly Piece[], columns: number): number {
  let taken = 0;
  let space: number | undefined;
  for (const [index, piece] of pieces.entries()) {
    if (piece.text === " " && taken >= columns * MAX_EMPTY) space = index;
    taken += piece.columns;
    if (taken > columns && taken > piece.columns) return space ?? index;
  }
  return pieces.length;
}

/** The colours that are on behind a piece: each of those that end another ends all that it could have ended. */
function switched(on: readonly string[], { text, code }: Piece): readonly string[] {
  if (code === undefined) return on;
  if (code === 22 || code === 39) return on.filter((one) => endOf(one) !== code);
  return [...on, text];
}

/** 22 ends bold and dim, 39 every colour of the letters: nothing else is painted here. */
function endOf(painted: string): number {
  return painted === "\u001b[1m" || painted === "\u001b[2m" ? 22 : 39;
}
