/** The fields of one stanza that the cataloger uses. */
export interface Stanza {
  readonly package?: string;
  readonly status?: string;
  readonly version?: string;
  readonly source?: string;
  readonly architecture?: string;
  readonly maintainer?: string;
  readonly license?: string;
  /** Some field occurs twice, which dpkg refuses: nobody can say which one counts. */
  readonly ambiguous: boolean;
}

type FieldName = Exclude<keyof Stanza, "ambiguous">;

/** Fields that are read, by the code of their first letter in lower case. */
const fieldsByLetter: ReadonlyMap<number, readonly FieldName[]> = new Map([
  ["p".charCodeAt(0), ["package"]],
  ["s".charCodeAt(0), ["status", "source"]],
  ["v".charCodeAt(0), ["version"]],
  ["a".charCodeAt(0), ["architecture"]],
  ["m".charCodeAt(0), ["maintainer"]],
  ["l".charCodeAt(0), ["license"]],
]);

/** Longer than any value that is believed: what is cut off here is refused, or left out, as too long. */
const MAX_VALUE = 8192;
const CARRIAGE_RETURN = 13;
const LOWER_CASE = 0x20;

/**
 * The stanzas of a control file (Debian Policy 5.1): fields by name whatever their case, stanzas apart by empty
 * lines. Continuation lines are passed over, because no field that is read has any. It looks at each byte a
 * bounded number of times, however the file is written.
 */
export function* readStanzas(text: string): Iterable<Stanza> {
  let stanza = new StanzaBuilder();
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (isEmptyLine(text, start, end)) {
      if (stanza.started) yield stanza.build();
      stanza = new StanzaBuilder();
    } else {
      stanza.takeLine(text, start, end);
    }
    start = end + 1;
  }
  if (stanza.started) yield stanza.build();
}

class StanzaBuilder {
  started = false;
  readonly #fields: Partial<Record<FieldName, string>> = {};
  #ambiguous = false;

  takeLine(text: string, start: number, end: number): void {
    this.started = true;
    const names = fieldsByLetter.get(text.charCodeAt(start) | LOWER_CASE);
    if (names === undefined) return;
    for (const name of names) {
      const colon = start + name.length;
      if (text[colon] !== ":" || text.slice(start, colon).toLowerCase() !== name) continue;
      if (this.#fields[name] !== undefined) this.#ambiguous = true;
      this.#fields[name] = text.slice(colon + 1, Math.min(end, colon + 1 + MAX_VALUE)).trim();
    }
  }

  build(): Stanza {
    return { ...this.#fields, ambiguous: this.#ambiguous };
  }
}

function isEmptyLine(text: string, start: number, end: number): boolean {
  return end === start || (end === start + 1 && text.charCodeAt(start) === CARRIAGE_RETURN);
}
