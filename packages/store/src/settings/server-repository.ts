import type { Kysely, Selectable } from "kysely";
import type { Schema } from "../schema.ts";
import type { ServerTable } from "./settings-schema.ts";

/** A server or worker that shares the store, as it told of itself. */
export interface StoredServer {
  /** The same whenever it is started anew. */
  readonly id: string;
  readonly name: string;
  /** Where it listens: `https://127.0.0.1:8443`; empty for a worker, which listens nowhere. */
  readonly address: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** When it last said that it is there, by its own clock. */
  readonly seenAt: string;
  /** Whether agents of other hosts can speak to it. */
  readonly listensForAgents: boolean;
}

/** Which servers and workers share the store, and when each was last heard. */
export class ServerRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** By name, then by address. */
  async list(): Promise<readonly StoredServer[]> {
    const rows = await this.#database
      .selectFrom("servers")
      .selectAll()
      .orderBy("name")
      .orderBy("address")
      .execute();
    return rows.map(serverOf);
  }

  /** Says that a server is there. */
  async put({
    id,
    name,
    address,
    version,
    startedAt,
    seenAt,
    listensForAgents,
  }: StoredServer): Promise<void> {
    const columns = {
      name,
      address,
      version,
      started_at: startedAt,
      seen_at: seenAt,
      listens_for_agents: listensForAgents ? 1 : 0,
    };
    await this.#database
      .insertInto("servers")
      .values({ id, ...columns })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(columns))
      .execute();
  }

  /** Takes out a server that ends, unless another process has taken its place meanwhile. */
  async remove({ id, startedAt }: Pick<StoredServer, "id" | "startedAt">): Promise<void> {
    await this.#database
      .deleteFrom("servers")
      .where("id", "=", id)
      .where("started_at", "=", startedAt)
      .execute();
  }

  /** Forgets servers that were not heard since a time, ISO 8601. */
  async forget(before: string): Promise<void> {
    await this.#database.deleteFrom("servers").where("seen_at", "<", before).execute();
  }
}

function serverOf(row: Selectable<ServerTable>): StoredServer {
  return {
    id: row.id,
    name: row.name,
    address: row.address,
    version: row.version,
    startedAt: row.started_at,
    seenAt: row.seen_at,
    listensForAgents: row.listens_for_agents === 1,
  };
}
