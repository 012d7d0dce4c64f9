/** One way to prove who is asking, as a server offers it (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_CHALLENGES = 16;
const MAX_PARAMETERS = 32;
// RFC 9110 section 5.6.2, "token"; section 11.2, "token68".
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/uy;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*/uy;
const SPACE = /[ \t]*/uy;
const SEPARATORS = /[ \t,]*/uy;

/**
 * Reads WWW-Authenticate, in which commas part both challenges and their parameters, and quoted values may
 * hold anything. What follows a malformed part is left out; it never throws.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const scanner = new Scanner(header);
  const challenges: Challenge[] = [];
  while (challenges.length < MAX_CHALLENGES) {
    scanner.take(SEPARATORS);
    const scheme = scanner.take(TOKEN);
    if (scheme === "") break;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: readParameters(scanner) });
  }
  return challenges;
}

function readParameters(scanner: Scanner): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  scanner.take(SPACE);
  for (let count = 0; count < MAX_PARAMETERS; count += 1) {
    const start = scanner.position;
    const parameter = readParameter(scanner);
    if (parameter === undefined) {
      // The scheme of the next challenge, or a token68, which no registry needs.
      scanner.position = start;
      if (count === 0) skipToken68(scanner);
      break;
    }
    // The first counts: a second of the same name is a trick on those who take the last.
    if (!parameters.has(parameter.name)) parameters.set(parameter.name, parameter.value);
  }
  return parameters;
}

function readParameter(scanner: Scanner): { readonly name: string; readonly value: string } | undefined {
  scanner.take(SEPARATORS);
  const name = scanner.take(TOKEN).toLowerCase();
  scanner.take(SPACE);
  if (name === "" || !scanner.takeCharacter("=")) return undefined;
  scanner.take(SPACE);
  const quoted = scanner.takeQuoted();
  const value = quoted ?? scanner.take(TOKEN);
  return quoted === undefined && value === "" ? undefined : { name, value };
}

/** Only where a comma or the end follows: else it is a scheme. */
function skipToken68(scanner: Scanner): void {
  const start = scanner.position;
  const skipped = scanner.take(TOKEN68);
  scanner.take(SPACE);
  if (skipped === "" || !(scanner.atEnd || scanner.takeCharacter(","))) scanner.position = start;
}

class Scanner {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.#text.length;
  }

  /** What a sticky pattern matches here, or nothing. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const [matched = ""] = pattern.exec(this.#text) ?? [];
    this.position += matched.length;
    return matched;
  }

  takeCharacter(character: string): boolean {
    if (this.#text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  /** A quoted string with its escapes undone; undefined where there is none. One without end takes the rest. */
  takeQuoted(): string | undefined {
    if (!this.takeCharacter('"')) return undefined;
    let value = "";
    while (!this.atEnd) {
      if (this.takeCharacter('"')) return value;
      this.takeCharacter("\\");
      value += this.#text[this.position] ?? "";
      this.position += 1;
    }
    return value;
  }
}
