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

  get(name: string): Value | undefined {
    const lower = name.toLowerCase();
    const exact = this.#exact.get(lower) ?? this.#exact.get(lower.replace(/-(?:only|or-later)$/u, ""));
    return exact ?? this.#beginnings.find(([beginning]) => lower.startsWith(beginning))?.[1];
  }
}
