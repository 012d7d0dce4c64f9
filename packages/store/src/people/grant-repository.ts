import type { Scope } from "@pratique/core";
import type { Kysely, Selectable } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Schema } from "../schema.ts";
import type { GrantTable } from "./people-schema.ts";

/** Who holds a role: an account by its id, or a group as `PROVIDER/GROUP`. */
export interface Holder {
  readonly kind: "account" | "group";
  readonly id: string;
}

/** A role that somebody holds in a part of the fleet. */
export interface StoredGrant {
  readonly id: string;
  readonly holder: Holder;
  /** The name of a role. */
  readonly role: string;
  readonly scope: Scope;
  readonly createdAt: string;
  readonly createdBy: string;
  /** From then on it gives nothing. */
  readonly expiresAt: string | null;
}

export interface GrantQuery {
  readonly account?: string;
  readonly role?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Who holds which role where. */
export class GrantRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async add(grant: StoredGrant): Promise<void> {
    await this.#database
      .insertInto("grants")
      .values({
        id: grant.id,
        holder_kind: grant.holder.kind,
        holder_id: grant.holder.id,
        role: grant.role,
        scope: JSON.stringify(grant.scope),
        created_at: grant.createdAt,
        created_by: grant.createdBy,
        expires_at: grant.expiresAt,
      })
      .execute();
  }

  async find(id: string): Promise<StoredGrant | undefined> {
    const row = await this.#database.selectFrom("grants").selectAll().where("id", "=", id).executeTakeFirst();
    return row && grantOf(row);
  }

  /** All grants of an account and of groups, expired ones too. */
  async of(account: string, groups: readonly string[]): Promise<readonly StoredGrant[]> {
    const rows = await this.#database
      .selectFrom("grants")
      .selectAll()
      .where((builder) =>
        builder.or([
          builder.and([builder("holder_kind", "=", "account"), builder("holder_id", "=", account)]),
          ...(groups.length === 0
            ? []
            : [builder.and([builder("holder_kind", "=", "group"), builder("holder_id", "in", groups)])]),
        ]),
      )
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    return rows.map(grantOf);
  }

  async all(): Promise<readonly StoredGrant[]> {
    return (await this.#database.selectFrom("grants").selectAll().execute()).map(grantOf);
  }

  /** Oldest first. Throws `CURSOR_MALFORMED`. */
  async list({ account, role, limit, cursor }: GrantQuery): Promise<Page<StoredGrant>> {
    const after = cursor === undefined ? undefined : parseCursor(cursor, "string");
    let filtered = this.#database.selectFrom("grants");
    if (account !== undefined) {
      filtered = filtered.where("holder_kind", "=", "account").where("holder_id", "=", account);
    }
    if (role !== undefined) filtered = filtered.where("role", "=", role);
    const counted = await filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    let paged = filtered
      .selectAll()
      .orderBy("created_at")
      .orderBy("id")
      .limit(limit + 1);
    if (after !== undefined) {
      paged = paged.where((builder) =>
        builder.or([
          builder("created_at", ">", String(after.key)),
          builder.and([builder("created_at", "=", String(after.key)), builder("id", ">", after.id)]),
        ]),
      );
    }
    const rows = await paged.execute();
    const last = rows[limit - 1];
    return {
      items: rows.slice(0, limit).map(grantOf),
      nextCursor:
        rows.length > limit && last !== undefined
          ? formatCursor({ key: last.created_at, id: last.id })
          : null,
      total: Number(counted?.total ?? 0),
    };
  }

  /** How many grants name each role. */
  async holders(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database
      .selectFrom("grants")
      .select(({ fn }) => ["role", fn.countAll().as("holders")])
      .groupBy("role")
      .execute();
    return new Map(rows.map(({ role, holders }) => [role, Number(holders)]));
  }

  async remove(id: string): Promise<void> {
    await this.#database.deleteFrom("grants").where("id", "=", id).execute();
  }
}

function grantOf(row: Selectable<GrantTable>): StoredGrant {
  return {
    id: row.id,
    holder: { kind: row.holder_kind === "group" ? "group" : "account", id: row.holder_id },
    role: row.role,
    scope: JSON.parse(row.scope),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
  };
}
