import { Kysely } from "kysely";
import { ChangeFeed } from "./change-feed.ts";
import { HostRepository } from "./host-repository.ts";
import { ImageRepository } from "./image-repository.ts";
import { LaunchRepository } from "./launch-repository.ts";
import { migrate } from "./migrations.ts";
import { RecordRepository } from "./record-repository.ts";
import type { Schema } from "./schema.ts";
import { SessionRepository } from "./session-repository.ts";
import { sqliteDialect } from "./sqlite/sqlite-dialect.ts";
import { Statistics } from "./statistics.ts";

/** Everything that the server remembers. */
export interface Store {
  readonly images: ImageRepository;
  readonly launches: LaunchRepository;
  readonly records: RecordRepository;
  readonly hosts: HostRepository;
  readonly sessions: SessionRepository;
  readonly statistics: Statistics;
  readonly changes: ChangeFeed;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The database file; its directory exists. */
  readonly file: string;
}

/**
 * Opens the store, and brings its tables to the newest form. Throws StoreError: `STORE_CORRUPT`, `STORE_TOO_NEW`,
 * `STORE_FULL`, `STORE_UNAVAILABLE`; every call to the repositories may do so as well.
 */
export async function openStore({ file }: StoreOptions): Promise<Store> {
  const dialect = sqliteDialect(file);
  const database = new Kysely<Schema>({ dialect: dialect.dialect });
  try {
    await migrate(database, dialect);
  } catch (thrown) {
    await database.destroy();
    throw thrown;
  }
  const changes = new ChangeFeed(database);
  return {
    images: new ImageRepository(database, changes),
    launches: new LaunchRepository(database),
    records: new RecordRepository(database, changes),
    hosts: new HostRepository(database, changes),
    sessions: new SessionRepository(database),
    statistics: new Statistics(database),
    changes,
    close: () => database.destroy(),
  };
}
