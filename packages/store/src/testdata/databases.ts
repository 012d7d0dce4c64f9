import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { Client } from "pg";
import { describe } from "vitest";
import { openStore, type StoreOptions } from "../index.ts";

/** A database of an empty store, which is gone when it is disposed of. */
export interface TestDatabase extends AsyncDisposable {
  readonly options: StoreOptions;
  /** The member of the family, as files beside this one are named after it. */
  readonly kind: "sqlite" | "postgres";
  /** Runs statements past the store. */
  run(script: string): Promise<void>;
}

/** A kind of database on which every test of the repositories runs. */
export interface DatabaseKind {
  readonly name: string;
  /** Why it cannot be had here; empty where it can. */
  readonly skipped: string;
  readonly make: MakeDatabase;
}

/** Makes a database. Its tables may be there already, unless it is to be bare: to make them takes longer than most tests. */
type MakeDatabase = (state?: "bare") => Promise<TestDatabase>;

/** Runs the tests on every member of the family, each a real database; those that cannot be had are skipped. */
export function describeOnEach(tests: (make: MakeDatabase) => void): void {
  for (const { name, skipped, make } of databases) {
    describe.skipIf(skipped !== "")(`on ${name} ${skipped}`, () => {
      tests(make);
    });
  }
}

let template: Promise<string> | undefined;
let templateFile: Promise<Uint8Array> | undefined;

/** A database of PostgreSQL whose tables are made, to be copied. */
function migrated(): Promise<string> {
  template ??= (async () => {
    const cluster = await sharedPostgres();
    const postgres = await cluster.createDatabase();
    await (await openStore({ postgres })).close();
    return postgres;
  })();
  return template;
}

/** The file of SQLite whose tables are made. */
function migratedFile(): Promise<Uint8Array> {
  templateFile ??= (async () => {
    using directory = tempDirectory();
    const file = directory.at("store.sqlite");
    await (await openStore({ file })).close();
    return readFileSync(file);
  })();
  return templateFile;
}

/**
 * A server has to be started, and flushes what it stores: the run that every commit waits for leaves it out
 * (`vitest.integration.config.ts`).
 */
const withServers = process.env.PRATIQUE_TEST_DATABASES === "servers";

/** The members of the family that this run tests: the embedded one, or those that are servers. */
export const databases: readonly DatabaseKind[] = allDatabases().filter(
  ({ name }) => (name === "SQLite") !== withServers,
);

/** Where one database is filled from another: with servers both kinds, and every way between them. */
export const databasesTogether: readonly DatabaseKind[] = withServers ? allDatabases() : databases;

async function sqliteDatabase(readerThreads: number, state?: "bare"): Promise<TestDatabase> {
  const tables = state === "bare" ? undefined : await migratedFile();
  const directory = tempDirectory();
  const file = directory.at("store.sqlite");
  if (tables !== undefined) writeFileSync(file, tables);
  return {
    options: { file, readerThreads },
    kind: "sqlite",
    run: async (script) => {
      using database = new DatabaseSync(file);
      database.exec(script);
    },
    [Symbol.asyncDispose]: async () => directory[Symbol.dispose](),
  };
}

function allDatabases(): readonly DatabaseKind[] {
  return [
    { name: "SQLite", skipped: "", make: (state) => sqliteDatabase(0, state) },
    { name: "SQLite with reader threads", skipped: "", make: (state) => sqliteDatabase(2, state) },
  {
    name: "PostgreSQL",
    skipped: postgresUnavailable() ?? "",
    make: async (state) => {
      const cluster = await sharedPostgres();
      const url = await cluster.createDatabase(state === "bare" ? undefined : await migrated());
      const name = new URL(url).pathname.slice(1);
      return {
        options: { postgres: url },
        kind: "postgres",
        run: async (script) => {
          const client = new Client({ connectionString: url });
          await client.connect();
          await client.query(script).finally(() => client.end());
        },
        [Symbol.asyncDispose]: async () => cluster.execute(`drop database ${name} with (force)`),
      };
    },
  },
];
}
