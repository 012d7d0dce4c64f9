import type { Opening, PersonalField } from "@pratique/audit";
import { type Kysely, sql } from "kysely";
import { RowInserter } from "../insert-rows.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";

/** What is behind one commitment of an entry, as it is stored. */
export interface StoredOpening {
  readonly field: PersonalField;
  /** What a sealed one is bound to. */
  readonly id: string;
  /** The opening itself where it was stored before openings were sealed. */
  readonly content: { readonly sealed: string } | { readonly unsealed: Opening };
}

/** An opening, sealed. */
export interface SealedOpening {
  readonly sealed: string;
  /** Equal for equal values of a field, and for whoever has no keys not to be guessed. */
  readonly mark: string;
}

/** Seals openings with keys that are not in the store. */
export interface OpeningSeal {
  seal(id: string, opening: Opening): Promise<SealedOpening>;
  /** None where it cannot be opened: it was tampered with, or its key is lost. */
  open(stored: StoredOpening): Promise<readonly Opening[]>;
}

/** An opening that lies in the store unsealed. */
export interface UnsealedOpening {
  readonly index: number;
  readonly opening: Opening;
}

const AT_ONCE = 500;
const fields: readonly PersonalField[] = ["actor.name", "actor.address"];

/** What is behind the commitments of the log: names and addresses, sealed, apart from its entries. */
export class OpeningRepository {
  readonly #database: Kysely<Schema>;
  readonly #dialect: StoreDialect;
  readonly #sealed = sealedOpeningInserter();

  constructor(database: Kysely<Schema>, dialect: StoreDialect) {
    this.#database = database;
    this.#dialect = dialect;
  }

  /** Up to `limit` of those that were stored before openings were sealed. */
  async unsealed(limit: number): Promise<readonly UnsealedOpening[]> {
    const rows = await this.#database
      .selectFrom("audit_openings")
      .selectAll()
      .where("field", "in", [...fields])
      .orderBy("place")
      .orderBy("field")
      .limit(limit)
      .execute();
    return rows.flatMap((row) => openingOf(row).map((opening) => ({ index: Number(row.place), opening })));
  }

  /** Puts a sealed one in the place of one that is not, unless it has been erased meanwhile. */
  async replaceUnsealed(
    unsealed: readonly (UnsealedOpening & { readonly by: SealedOpening })[],
  ): Promise<void> {
    await this.#dialect.overwriting(this.#database, async (transaction) => {
      for (const { index, opening, by } of unsealed) {
        const { field } = opening;
        const was = await transaction
          .deleteFrom("audit_openings")
          .where("place", "=", index)
          .where("field", "=", field)
          .returning("place")
          .executeTakeFirst();
        if (was === undefined) continue;
        const id = openingId(index, field);
        await this.#sealed.insert(transaction, [
          { id, place: index, mark: by.mark, sealed_opening: by.sealed },
        ]);
      }
    });
  }

  /** Erases what is known of an actor, by its id: names and addresses. Gives how many entries they were of. */
  async eraseActor(actor: string): Promise<number> {
    let erased = 0;
    let last = -1;
    for (;;) {
      const places = await this.#placesOf(actor, last);
      const end = places.at(-1);
      if (end === undefined) return erased;
      erased += await this.#erase(places.map((place) => ({ place, fields })));
      last = end;
    }
  }

  /** Erases an address wherever it is known, by all marks that it may have. Gives how many entries it was of. */
  async eraseAddress(address: string, marks: readonly string[]): Promise<number> {
    let erased = 0;
    for (;;) {
      const places = await this.#placesWith(address, marks);
      if (places.length === 0) return erased;
      erased += await this.#erase(places.map((place) => ({ place, fields: ["actor.address"] })));
    }
  }

  async #placesOf(actor: string, after: number): Promise<readonly number[]> {
    const rows = await this.#database
      .selectFrom("audit_entries")
      .select("place")
      .where("actor", "=", actor)
      .where("place", ">", after)
      .orderBy("place")
      .limit(AT_ONCE)
      .execute();
    return rows.map(({ place }) => Number(place));
  }

  async #placesWith(address: string, marks: readonly string[]): Promise<readonly number[]> {
    const sealed = await this.#database
      .selectFrom("audit_sealed_openings")
      .select("place")
      .where("mark", "in", [...marks])
      .limit(AT_ONCE)
      .execute();
    const unsealed = await this.#database
      .selectFrom("audit_openings")
      .select("place")
      .where("field", "=", "actor.address")
      .where(sql<string>`lower(value)`, "=", address.toLowerCase())
      .limit(AT_ONCE)
      .execute();
    return [...new Set([...sealed, ...unsealed].map(({ place }) => Number(place)))];
  }

  async #erase(
    erasures: readonly { readonly place: number; readonly fields: readonly PersonalField[] }[],
  ): Promise<number> {
    return await this.#dialect.overwriting(this.#database, async (transaction) => {
      const ids = erasures.flatMap(({ place, fields }) => fields.map((field) => openingId(place, field)));
      // In the order in which they are moved: none slips through in between.
      const unsealed = await transaction
        .deleteFrom("audit_openings")
        .where(
          "place",
          "in",
          erasures.map(({ place }) => place),
        )
        .where("field", "in", [...new Set(erasures.flatMap((erasure) => erasure.fields))])
        .returning("place")
        .execute();
      const sealed = await transaction
        .deleteFrom("audit_sealed_openings")
        .where("id", "in", ids)
        .returning("place")
        .execute();
      return new Set([...sealed, ...unsealed].map(({ place }) => Number(place))).size;
    });
  }
}

/** Reads what is known behind the commitments of entries, by their index. */
export async function openingsOf(
  database: Kysely<Schema>,
  places: readonly number[],
): Promise<ReadonlyMap<number, readonly StoredOpening[]>> {
  if (places.length === 0) return new Map();
  const ids = places.flatMap((place) => fields.map((field) => openingId(place, field)));
  const sealed = await database
    .selectFrom("audit_sealed_openings")
    .selectAll()
    .where("id", "in", ids)
    .execute();
  const unsealed = await database
    .selectFrom("audit_openings")
    .selectAll()
    .where("place", "in", [...places])
    .execute();
  const content = new Map<string, StoredOpening["content"]>();
  for (const { id, sealed_opening } of sealed) content.set(id, { sealed: sealed_opening });
  for (const row of unsealed) {
    for (const opening of openingOf(row)) {
      content.set(openingId(Number(row.place), opening.field), { unsealed: opening });
    }
  }
  return new Map(places.map((place) => [place, openingsIn(content, place)]));
}

function openingsIn(
  content: ReadonlyMap<string, StoredOpening["content"]>,
  place: number,
): readonly StoredOpening[] {
  return fields.flatMap((field) => {
    const id = openingId(place, field);
    const own = content.get(id);
    return own === undefined ? [] : [{ field, id, content: own }];
  });
}

export function openingId(index: number, field: PersonalField): string {
  return `${index}.${field}`;
}

/** Inserts sealed openings; made once for a database. */
export function sealedOpeningInserter(): RowInserter<"audit_sealed_openings"> {
  return new RowInserter("audit_sealed_openings", ["id", "place", "mark", "sealed_opening"]);
}

/** Forgets what is behind the commitments of one entry. */
export async function eraseOpeningsAt(database: Kysely<Schema>, index: number): Promise<void> {
  const ids = fields.map((field) => openingId(index, field));
  await database.deleteFrom("audit_openings").where("place", "=", index).execute();
  await database.deleteFrom("audit_sealed_openings").where("id", "in", ids).execute();
}

/** An unsealed opening as it is stored; none for a field that this version does not know. */
function openingOf({
  field,
  salt,
  value,
}: {
  readonly field: string;
  readonly salt: string;
  readonly value: string;
}): readonly Opening[] {
  const known = fields.find((each) => each === field);
  return known === undefined ? [] : [{ field: known, salt, value }];
}
