/**
 * Values by names of licences: identifiers, `*` at the end for all that begin so, whatever the case. A GNU licence without
 * `-only` or `-or-later` stands for both. The exact name goes before a beginning, the longer beginning before the shorter.
 */
export class NameMap<Value> {
  readonly #exact = new Map<string, Value>();
  readonly #beginnings: readonly (readonly [string, Value])[];

  constructor(entries: Iterable<readonly [string, Value]>) {
    const beginnings = new Map<string, Value>();
    for (const [name, value] of entries) {
      const lower = name.toLowerCase();
      if (lower.endsWith("*")) beginnings.set(lower.slice(0, -1), value);
      else this.#exact.set(lower, value);
    }
    this.#beginnings = [...beginnings].sort(([left], [right]) => right.length - left.length);
  }

  /** The value of the first of the names that is here: by itself, else by how it begins. */
  get(...names: readonly string[]): Value | undefined {
    const lower = names.map((name) => name.toLowerCase());
    for (const name of lower) {
      const exact =
        this.#exact.get(name) ?? this.#exact.get(name.replace(/-(?:only|or-later)(?=$| with )/u, ""));
      if (exact !== undefined) return exact;
    }
    return this.#beginnings.find(([beginning]) => lower.some((name) => name.startsWith(beginning)))?.[1];
  }
}
