/**
 * The environment of a process, as one text: most are kept for as long as the process is known and never looked at, and
 * taken apart they take several times the memory.
 */
export class Environment {
  /** Each `NAME=value` but the last is ended by NUL. */
  readonly #text: string;

  /** Of entries that are each ended by NUL; one that was cut off at the end counts too. */
  constructor(text: string) {
    this.#text = text.endsWith("\0") ? text.slice(0, -1) : text;
  }

  /** Each `NAME=value`, as the program was given it. */
  get entries(): readonly string[] {
    return this.#text === "" ? [] : this.#text.split("\0");
  }

  /** All entries with spaces between them, as rules see them. */
  get line(): string {
    return this.#text.replaceAll("\0", " ");
  }

  /** The value of the first variable of this name. */
  value(name: string): string | undefined {
    const entry = `${name}=`;
    const isFirst = this.#text.startsWith(entry);
    const before = isFirst ? -1 : this.#text.indexOf(`\0${entry}`);
    if (before < 0 && !isFirst) return undefined;
    const at = before + 1 + entry.length;
    const end = this.#text.indexOf("\0", at);
    return this.#text.slice(at, end < 0 ? undefined : end);
  }
}
