import { setImmediate } from "node:timers/promises";
import type { Kysely, Transaction } from "kysely";
import type { Schema } from "../schema.ts";

const WORDS_AT_ONCE = 500;
const READ_AT_ONCE = 5_000;

/** The numbers of names; those that have none get one. A name keeps its number for ever. */
export async function numberWords(
  transaction: Transaction<Schema>,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(names)];
  const numbers = new Map<string, number>();
  for (let from = 0; from < wanted.length; from += WORDS_AT_ONCE) {
    const some = wanted.slice(from, from + WORDS_AT_ONCE);
    for (const [word, number] of await numbersOf(transaction, some)) numbers.set(word, number);
    // Looked for first: an insert that meets a conflict would use up a number all the same.
    const missing = some.filter((word) => !numbers.has(word));
    if (missing.length === 0) continue;
    const made = await transaction
      .insertInto("finding_words")
      .values(missing.map((word) => ({ word })))
      .returning(["number", "word"])
      .execute();
    for (const { number, word } of made) numbers.set(word, Number(number));
  }
  return numbers;
}

/** The numbers of those names that have one. */
export async function numbersOf(
  database: Kysely<Schema>,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await database
    .selectFrom("finding_words")
    .select(["number", "word"])
    .where("word", "in", names)
    .execute();
  return new Map(rows.map(({ word, number }) => [word, Number(number)]));
}

/** Gives numbers their names back. They never change, so each is read once: tens of bytes for each that there is. */
export class FindingWords {
  readonly #database: Kysely<Schema>;
  readonly #words: (string | undefined)[] = [];

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Reads the names up to a number, those that were not read before. */
  async readTo(last: number): Promise<void> {
    // Writers go one after the other, so that no number is stored after a larger one.
    while (this.#words.length <= last) {
      const rows = await this.#database
        .selectFrom("finding_words")
        .select(["number", "word"])
        .where("number", ">=", this.#words.length)
        .orderBy("number")
        .limit(READ_AT_ONCE)
        .execute();
      for (const { number, word } of rows) this.#words[Number(number)] = word;
      if (rows.length < READ_AT_ONCE) return;
      await setImmediate();
    }
  }

  /** The name of a number up to which was read. */
  at(number: number): string {
    return this.#words[number] ?? "";
  }
}
