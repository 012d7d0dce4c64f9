import type { TreeStorage } from "@pratique/audit";
import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import { AuditEntryRepository } from "./audit-entry-repository.ts";
import { ExporterRepository } from "./exporter-repository.ts";
import { OpeningRepository } from "./opening-repository.ts";
import { SqlTreeStorage, type SqlTreeStorageOptions } from "./sql-tree-storage.ts";

/** The server's log, and where it goes. */
export class AuditStore {
  readonly entries: AuditEntryRepository;
  readonly openings: OpeningRepository;
  readonly exporters: ExporterRepository;
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, dialect: StoreDialect) {
    this.#database = database;
    this.entries = new AuditEntryRepository(database);
    this.openings = new OpeningRepository(database, dialect);
    this.exporters = new ExporterRepository(database, feed);
  }

  /** Where the tree lies; each process opens it once. */
  tree(options: SqlTreeStorageOptions): TreeStorage {
    return new SqlTreeStorage(this.#database, options);
  }
}
