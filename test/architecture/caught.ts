/** A place that answers any error with a default. */
export interface Caught {
  /** `FILE:LINE` of the catch. */
  readonly at: string;
  /** What may be thrown, as it is written. */
  readonly tried: string;
  /** A comment in the place of the answer, or in the lines before it. */
  readonly explained: boolean;
}

/** What asks the system: of its errors, only some mean that there is nothing. */
const ASKS_SYSTEM =
  /\b(?:access|lstat|open|opendir|readFile|readdir|readlink|realpath|stat|statfs|kill)(?:Sync)?(?:\.native)?\(/u;

/** The places of a file in which whatever the system says is answered with a default. */
export function caughtFromSystem(file: string, text: string): readonly Caught[] {
  const lines = text.split("\n");
  return [...blocks(file, lines), ...answers(file, lines)].filter(({ tried }) => ASKS_SYSTEM.test(tried));
}

/** `} catch {`. The formatter gives its `try` and its end the same indentation. */
function* blocks(file: string, lines: readonly string[]): Generator<Caught> {
  for (const [index, line] of lines.entries()) {
    const indent = /^(?<indent>\s*)\} catch \{$/u.exec(line)?.groups?.indent;
    if (indent === undefined) continue;
    const begin = lines.lastIndexOf(`${indent}try {`, index);
    const end = lines.findIndex((other, place) => place > index && other.startsWith(`${indent}}`));
    yield {
      at: `${file}:${index + 1}`,
      tried: lines.slice(begin, index).join("\n"),
      explained: lines.slice(index, end).some(isComment),
    };
  }
}

/** `.catch(() => DEFAULT)`, at the end of the statement that asks. */
function* answers(file: string, lines: readonly string[]): Generator<Caught> {
  for (const [index, line] of lines.entries()) {
    const tried = /^(?<tried>.*)\.catch\(\(\) => /u.exec(line)?.groups?.tried;
    if (tried === undefined) continue;
    yield { at: `${file}:${index + 1}`, tried, explained: isComment(lines[index - 1] ?? "") };
  }
}

function isComment(line: string): boolean {
  return /^\s*(?:\/\/|\*\/|\/\*\*)/u.test(line);
}
