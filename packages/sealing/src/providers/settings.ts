import type { JsonObject, JsonValue } from "@pratique/core";
import { SealingError } from "../errors.ts";

/** Reads the settings of a provider, and refuses one that was not asked for: a misspelt name must not pass. */
export class Settings {
  readonly #kind: string;
  readonly #settings: JsonObject;

  constructor(kind: string, settings: JsonObject, known: readonly string[]) {
    this.#kind = kind;
    this.#settings = settings;
    const unknown = Object.keys(settings).find((name) => !known.includes(name));
    if (unknown !== undefined) throw this.#wrong(unknown, "is not a setting of it");
  }

  text(name: string): string {
    const value = this.#value(name);
    if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
    throw this.#wrong(name, "expected a text");
  }

  texts(name: string): readonly string[] {
    const value = this.#value(name);
    if (!Array.isArray(value)) throw this.#wrong(name, "expected a list of texts");
    return value.map((item: unknown) => {
      if (typeof item === "string" && !item.includes("\0")) return item;
      throw this.#wrong(name, "expected a list of texts");
    });
  }

  /** A whole number within bounds; undefined where the setting is absent. */
  wholeNumber(name: string, [least, most]: readonly [number, number]): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.#wrong(name, `expected a whole number from ${least} to ${most}`);
  }

  #value(name: string): JsonValue | undefined {
    return Object.hasOwn(this.#settings, name) ? this.#settings[name] : undefined;
  }

  #wrong(name: string, why: string): SealingError {
    return new SealingError(
      "KEY_PROVIDER_SETTINGS",
      `setting ${JSON.stringify(name)} of the key provider ${JSON.stringify(this.#kind)}: ${why}`,
    );
  }
}
