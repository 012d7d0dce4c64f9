import type { Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";

/** One step from a form of the tables to the next. One that has been released is never changed. */
export interface StoreMigration {
  /** The name of its file: four digits and words. It is what the database remembers. */
  readonly name: string;
  /** Runs inside a transaction that is stored only when all steps have succeeded. */
  up(transaction: Transaction<Schema>, dialect: StoreDialect): Promise<void>;
}
