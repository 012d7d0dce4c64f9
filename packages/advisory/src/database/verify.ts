import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { AdvisoryError } from "../errors.ts";
import { countRows, type RowCounts } from "./assemble.ts";
import { contentHash } from "./content-hash.ts";
import { numberColumn } from "./row.ts";
import { APPLICATION_ID, SCHEMA_VERSION } from "./schema.ts";
import { readFailure } from "./sqlite-failure.ts";

/**
 * Opens a database file for reading only. It is immutable, so SQLite needs neither locks nor a journal, and any number
 * of processes may read it. Throws `DATABASE_CORRUPT` for anything but a file of ours.
 */
export function openReadOnly(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true });
    checkPragma(database, "application_id", APPLICATION_ID);
    checkPragma(database, "user_version", SCHEMA_VERSION);
    return database;
  } catch (thrown) {
    database?.close();
    throw readFailure(thrown, path);
  }
}

function checkPragma(
  database: DatabaseSync,
  name: "application_id" | "user_version",
  expected: number,
): void {
  const found = numberColumn(database.prepare(`PRAGMA ${name}`).get() ?? {}, name);
  if (found !== expected) {
    throw new AdvisoryError(
      "DATABASE_CORRUPT",
      `expected ${name} ${expected} in the advisory database, found ${found}`,
    );
  }
}

/** What a whole reading of a database file found. */
export interface VerifiedDatabase {
  readonly revision: string;
  readonly counts: RowCounts;
  readonly bytes: number;
}

/**
 * Reads a database file from end to end: SQLite's own check of its pages, and the hash of all content. Throws
 * `DATABASE_CORRUPT`.
 */
export function verifyDatabaseFile(path: string): VerifiedDatabase {
  const database = openReadOnly(path);
  try {
    const answer = database.prepare("PRAGMA integrity_check(1)").get();
    if (answer?.integrity_check !== "ok") {
      throw new AdvisoryError("DATABASE_CORRUPT", `advisory database ${JSON.stringify(path)} is damaged`);
    }
    return {
      revision: contentHash(database),
      counts: countRows(database),
      bytes: statSync(path).size,
    };
  } catch (thrown) {
    throw readFailure(thrown, path);
  } finally {
    database.close();
  }
}
