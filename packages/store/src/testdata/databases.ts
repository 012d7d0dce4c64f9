import { postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { describe } from "vitest";
import type { StoreOptions } from "../index.ts";

/** An empty database that is gone when it is disposed of. */
export interface TestDatabase extends AsyncDisposable {
  readonly options: StoreOptions;
}

/** A kind of database on which every test of the repositories runs. */
interface DatabaseKind {
  readonly name: string;
  /** Why it cannot be had here; empty where it can. */
  readonly skipped: string;
  make(): Promise<TestDatabase>;
}

/** Runs the tests on every member of the family, each a real database; those that cannot be had are skipped. */
export function describeOnEach(tests: (make: () => Promise<TestDatabase>) => void): void {
  for (const { name, skipped, make } of databases) {
    describe.skipIf(skipped !== "")(`on ${name} ${skipped}`, () => {
      tests(make);
    });
  }
}

const databases: readonly DatabaseKind[] = [
  {
    name: "SQLite",
    skipped: "",
    make: async () => {
      const directory = tempDirectory();
      return {
        options: { file: directory.at("store.sqlite") },
        [Symbol.asyncDispose]: async () => directory[Symbol.dispose](),
      };
    },
  },
  {
    name: "PostgreSQL",
    skipped: postgresUnavailable() ?? "",
    make: async () => {
      const cluster = await sharedPostgres();
      const url = await cluster.createDatabase();
      const name = new URL(url).pathname.slice(1);
      return {
        options: { postgres: url },
        [Symbol.asyncDispose]: async () => cluster.execute(`drop database ${name} with (force)`),
      };
    },
  },
];
