import type { Kysely, Selectable } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { mayFollow, revisionOf } from "../content-revision.ts";
import type { Schema } from "../schema.ts";
import type { ExporterTable } from "./audit-schema.ts";

/** A system that gets every entry of the log. */
export interface StoredExporter {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly format: string;
  /** Without the secrets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The secrets as one sealed JSON; null where there are none. */
  readonly sealedSecrets: string | null;
  readonly secretNames: readonly string[];
  /** Another one whenever it is set up otherwise. */
  readonly revision: string;
  /** Why the last batch was not accepted; null where it was. */
  readonly lastError: string | null;
}

/** Where the log is exported to, and how far each export has come. */
export class ExporterRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** By id. */
  async list(): Promise<readonly StoredExporter[]> {
    const rows = await this.#database.selectFrom("exporters").selectAll().orderBy("id").execute();
    return rows.map(exporterOf);
  }

  async find(id: string): Promise<StoredExporter | undefined> {
    const row = await this.#database
      .selectFrom("exporters")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && exporterOf(row);
  }

  /**
   * Makes or changes an export. It goes on where it was: a new one begins with the first entry. `from` is the revision
   * that is changed, `new` where nothing may be there yet, or empty for whatever is there. False where it is another one,
   * and nothing was changed.
   */
  async put(exporter: Omit<StoredExporter, "revision" | "lastError">, from = ""): Promise<boolean> {
    const { id, kind, name, format } = exporter;
    const columns = {
      kind,
      name,
      enabled: exporter.enabled ? 1 : 0,
      format,
      settings: JSON.stringify(exporter.settings),
      sealed_secrets: exporter.sealedSecrets,
      secret_names: JSON.stringify(exporter.secretNames),
      last_error: null,
    };
    return await this.#feed.write(async (transaction, changed) => {
      const before = await transaction
        .selectFrom("exporters")
        .selectAll()
        .where("id", "=", id)
        .executeTakeFirst();
      if (!mayFollow(from, before && exporterOf(before))) return false;
      await transaction
        .insertInto("exporters")
        .values({ id, ...columns })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(columns))
        .execute();
      changed({ kind: "settings", subject: "exporters" });
      return true;
    });
  }

  /** Ends an export, and forgets how far it came. False where there was none. */
  async remove(id: string): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      await transaction.deleteFrom("export_cursors").where("exporter", "=", id).execute();
      const row = await transaction
        .deleteFrom("exporters")
        .where("id", "=", id)
        .returning("id")
        .executeTakeFirst();
      if (row !== undefined) changed({ kind: "settings", subject: "exporters" });
      return row !== undefined;
    });
  }

  /** Notes why a batch was not accepted; null when one was. */
  async note(id: string, error: string | null): Promise<void> {
    await this.#database.updateTable("exporters").set({ last_error: error }).where("id", "=", id).execute();
  }

  /** The last sequence number that the receiver has accepted; 0 at the beginning. */
  async loadCursor(id: string): Promise<number> {
    const row = await this.#database
      .selectFrom("export_cursors")
      .select("sequence")
      .where("exporter", "=", id)
      .executeTakeFirst();
    return Number(row?.sequence ?? 0);
  }

  /** When it resolves, the cursor survives a killed process. It never goes back. */
  async saveCursor(id: string, sequence: number): Promise<void> {
    await this.#database
      .insertInto("export_cursors")
      .values({ exporter: id, sequence })
      .onConflict((conflict) =>
        conflict.column("exporter").doUpdateSet({ sequence }).where("export_cursors.sequence", "<", sequence),
      )
      .execute();
  }
}

function exporterOf(row: Selectable<ExporterTable>): StoredExporter {
  const content = {
    id: row.id,
    kind: row.kind,
    name: row.name,
    enabled: row.enabled === 1,
    format: row.format,
    settings: JSON.parse(row.settings),
    sealedSecrets: row.sealed_secrets,
    secretNames: JSON.parse(row.secret_names),
  };
  return { ...content, revision: revisionOf(content), lastError: row.last_error };
}
