import type { Kysely, Selectable } from "kysely";
import type { Schema } from "../schema.ts";
import type { KeyRecordTable } from "./settings-schema.ts";

/** A wrapped data key, as the package for sealing knows it. */
export interface StoredKeyRecord {
  readonly id: string;
  readonly purpose: string;
  readonly use: "seal" | "index";
  readonly version: number;
  readonly state: "active" | "retiring" | "retired";
  /** Base64; empty once the key is retired. */
  readonly wrapped: string;
  readonly wrappedBy: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** The wrapped data keys, for all servers that share the database. */
export class KeyRecordRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** All of them, by id. */
  async list(): Promise<readonly StoredKeyRecord[]> {
    const rows = await this.#database.selectFrom("key_records").selectAll().orderBy("id").execute();
    return rows.map(recordOf);
  }

  /** Adds a record. False where there is one with its id, or with its purpose, use and version. */
  async put(record: StoredKeyRecord): Promise<boolean> {
    const row = await this.#database
      .insertInto("key_records")
      .values(rowOf(record))
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Puts a record in the place of one with the same id. False where that one is not `expected` any more. */
  async replace(record: StoredKeyRecord, expected: StoredKeyRecord): Promise<boolean> {
    if (record.id !== expected.id) return false;
    const before = rowOf(expected);
    const row = await this.#database
      .updateTable("key_records")
      .set(rowOf(record))
      .where("id", "=", before.id)
      .where("purpose", "=", before.purpose)
      .where("use", "=", before.use)
      .where("version", "=", before.version)
      .where("state", "=", before.state)
      .where("wrapped", "=", before.wrapped)
      .where("wrapped_by", "=", before.wrapped_by)
      .where("since", "=", before.since)
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
  }
}

function rowOf({ wrappedBy, ...record }: StoredKeyRecord): KeyRecordTable {
  return { ...record, wrapped_by: wrappedBy };
}

/** A state that cannot be read is that of a key which is kept and not written with. */
function recordOf({
  wrapped_by: wrappedBy,
  use,
  state,
  ...row
}: Selectable<KeyRecordTable>): StoredKeyRecord {
  return {
    ...row,
    wrappedBy,
    use: use === "index" ? "index" : "seal",
    state: state === "active" || state === "retired" ? state : "retiring",
  };
}
