import type { Effect, Permission, Role } from "@pratique/core";
import type { Kysely, Selectable } from "kysely";
import type { Schema } from "../schema.ts";
import type { RoleTable } from "./people-schema.ts";

/** A role that somebody made. */
export interface StoredRole extends Role {
  /** Changes with each change. */
  readonly revision: string;
}

/** What a role is changed to. */
export type RoleContent = Pick<StoredRole, "name" | "description" | "permissions" | "revision">;

/** The roles that somebody made; the built-in ones are part of the program. */
export class RoleRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** By name. */
  async list(): Promise<readonly StoredRole[]> {
    const rows = await this.#database.selectFrom("roles").selectAll().orderBy("name").execute();
    return rows.map(roleOf);
  }

  async find(name: string): Promise<StoredRole | undefined> {
    const row = await this.#database
      .selectFrom("roles")
      .selectAll()
      .where("name", "=", name)
      .executeTakeFirst();
    return row && roleOf(row);
  }

  /** Adds a role. False where there is one of this name. */
  async add({ name, description, permissions, revision }: RoleContent): Promise<boolean> {
    const row = await this.#database
      .insertInto("roles")
      .values({ name, description, permissions: JSON.stringify(permissions), revision })
      .onConflict((conflict) => conflict.doNothing())
      .returning("name")
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Changes a role that still has the revision `from`. False where it has not. */
  async change({ name, description, permissions, revision }: RoleContent, from: string): Promise<boolean> {
    const row = await this.#database
      .updateTable("roles")
      .set({ description, permissions: JSON.stringify(permissions), revision })
      .where("name", "=", name)
      .where("revision", "=", from)
      .returning("name")
      .executeTakeFirst();
    return row !== undefined;
  }

  async remove(name: string): Promise<void> {
    await this.#database.deleteFrom("roles").where("name", "=", name).execute();
  }
}

function roleOf({ name, description, permissions, revision }: Selectable<RoleTable>): StoredRole {
  const held: Partial<Record<Permission, Effect>> = JSON.parse(permissions);
  return { name, description, builtIn: false, permissions: held, revision };
}
