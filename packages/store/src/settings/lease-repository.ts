import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";

/** A claim on work that one server at a time may do. */
export interface Lease {
  readonly name: string;
  /** Another one for each process. */
  readonly holder: string;
}

/** Which server does what only one may do. A server that stops to extend its lease loses it. */
export class LeaseRepository {
  readonly #database: Kysely<Schema>;
  readonly #dialect: StoreDialect;

  constructor(database: Kysely<Schema>, dialect: StoreDialect) {
    this.#database = database;
    this.#dialect = dialect;
  }

  /**
   * Takes or extends a lease until a moment. False while another one holds it. Milliseconds since 1970; where servers
   * share the store, its clock holds, and of the two moments only what lies between them: a server whose clock is ahead
   * would take what others hold, and one that dies would leave what nobody may take for as long. So would one that dies
   * while the clock itself is ahead: a lease that would last more than twice as long as this one is nobody's.
   */
  async take(
    { name, holder }: Lease,
    { nowMs, untilMs }: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<boolean> {
    const isShared = this.#dialect.isShared === true;
    const now = isShared ? this.#dialect.nowMs : sql<number>`${nowMs}`;
    const until = isShared
      ? sql<number>`${now} + cast(${untilMs - nowMs} as integer)`
      : sql<number>`${untilMs}`;
    const row = await this.#database
      .insertInto("leases")
      .values({ name, holder, until_ms: until })
      .onConflict((conflict) =>
        conflict
          .column("name")
          .doUpdateSet({ holder, until_ms: until })
          .where(({ eb, or }) =>
            or([
              eb("leases.holder", "=", holder),
              eb("leases.until_ms", "<=", now),
              eb("leases.until_ms", ">", sql<number>`${until} + cast(${untilMs - nowMs} as integer)`),
            ]),
          ),
      )
      .returning("holder")
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Lets go of a lease, so that another server need not wait. */
  async release({ name, holder }: Lease): Promise<void> {
    await this.#database.deleteFrom("leases").where("name", "=", name).where("holder", "=", holder).execute();
  }
}

/**
 * Whether a lease is still its holder's, for the length of a transaction: nobody else takes it before that has ended.
 */
export async function holdsLease(
  transaction: Transaction<Schema>,
  { name, holder }: Lease,
): Promise<boolean> {
  const row = await transaction
    .updateTable("leases")
    .set({ until_ms: sql`until_ms` })
    .where("name", "=", name)
    .where("holder", "=", holder)
    .returning("holder")
    .executeTakeFirst();
  return row !== undefined;
}
