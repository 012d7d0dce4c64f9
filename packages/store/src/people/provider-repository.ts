import type { Kysely, Selectable } from "kysely";
import { mayFollow, revisionOf } from "../content-revision.ts";
import type { Schema } from "../schema.ts";
import type { IdentityProviderTable } from "./people-schema.ts";

/** An OpenID Connect provider that people sign in with. */
export interface StoredProvider {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a client that has none. */
  readonly sealedSecret: string | null;
  readonly groupsClaim: string;
  /** Only these may sign in; empty lets in everybody whom the provider vouches for. */
  readonly allowedGroups: readonly string[];
  readonly enabled: boolean;
  /** Another one whenever it is set up otherwise. */
  readonly revision: string;
}

/** The identity providers. */
export class ProviderRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** By id. */
  async list(): Promise<readonly StoredProvider[]> {
    const rows = await this.#database.selectFrom("identity_providers").selectAll().orderBy("id").execute();
    return rows.map(providerOf);
  }

  async find(id: string): Promise<StoredProvider | undefined> {
    const row = await this.#database
      .selectFrom("identity_providers")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && providerOf(row);
  }

  /**
   * Makes or changes a provider. `from` is the revision that is changed, `new` where nothing may be there yet, or empty
   * for whatever is there. False where it is another one, and nothing was changed.
   */
  async put(provider: Omit<StoredProvider, "revision">, from = ""): Promise<boolean> {
    if (!mayFollow(from, await this.find(provider.id))) return false;
    const columns = {
      name: provider.name,
      issuer: provider.issuer,
      client_id: provider.clientId,
      sealed_secret: provider.sealedSecret,
      groups_claim: provider.groupsClaim,
      allowed_groups: JSON.stringify(provider.allowedGroups),
      enabled: provider.enabled ? 1 : 0,
    };
    await this.#database
      .insertInto("identity_providers")
      .values({ id: provider.id, ...columns })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(columns))
      .execute();
    return true;
  }

  /** Removes a provider. False where there was none. */
  async remove(id: string): Promise<boolean> {
    const row = await this.#database
      .deleteFrom("identity_providers")
      .where("id", "=", id)
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
  }
}

function providerOf(row: Selectable<IdentityProviderTable>): StoredProvider {
  const content = {
    id: row.id,
    name: row.name,
    issuer: row.issuer,
    clientId: row.client_id,
    sealedSecret: row.sealed_secret,
    groupsClaim: row.groups_claim,
    allowedGroups: JSON.parse(row.allowed_groups),
    enabled: row.enabled === 1,
  };
  return { ...content, revision: revisionOf(content) };
}
