import type { DatabaseSync } from "node:sqlite";

/** `PRA1`: tells our files from any other SQLite file. */
export const APPLICATION_ID = 0x50524131;
/** Raised when tables or records change: a file of another number is rebuilt, never migrated. */
export const SCHEMA_VERSION = 2;

/**
 * Rows of `advisory` hold all records of one source for one package (record-codec.ts), with a CRC-32 of their
 * package name and records, because SQLite itself does not notice changed bytes.
 * Rows of `detail` hold what is said of a vulnerability, the ends of releases (release-key.ts)
 * and the CPEs of repositories (repository-key.ts).
 */
const TABLES = `
  CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    provider TEXT NOT NULL,
    location TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE ecosystem (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE advisory (
    ecosystem INTEGER NOT NULL,
    package TEXT NOT NULL,
    source INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    records BLOB NOT NULL,
    PRIMARY KEY (ecosystem, package, source)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE detail (
    id TEXT NOT NULL,
    source INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id, source)
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE enrichment (
    id TEXT NOT NULL,
    source INTEGER NOT NULL,
    known_exploited INTEGER NOT NULL,
    epss REAL,
    PRIMARY KEY (id, source)
  ) WITHOUT ROWID, STRICT;
`;

/** Makes the tables in a new file that nobody else sees yet, so that it needs no journal. */
export function createTables(database: DatabaseSync): void {
  database.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${SCHEMA_VERSION};
  `);
  database.exec(TABLES);
}
