import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { openStore, StoreError } from "./index.ts";
import { openSqliteDatabase } from "./sqlite/sqlite-database.ts";
import { recordsOf } from "./testdata/samples.ts";

it("opens the same file again and again", async () => {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  for (let round = 1; round <= 3; round += 1) {
    const store = await openStore({ file });
    await store.records.append({
      logId: "log",
      host: "web-1",
      records: recordsOf(round, round),
      project: () => undefined,
    });
    expect(await store.records.acknowledged("log")).toBe(round);
    await store.close();
  }
});

it("is for its owner alone, with the files beside it, where it was open to others before too", async () => {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  writeFileSync(file, "", { mode: 0o644 });
  const store = await openStore({ file });
  const modes = readdirSync(directory.path).map((name) => statSync(directory.at(name)).mode & 0o777);
  await store.close();
  expect(new Set(modes)).toEqual(new Set([0o600]));
  expect(modes).toHaveLength(3);
});

it("refuses a file that is no database", async () => {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  writeFileSync(file, "this is no database, and it is long enough to have a header".repeat(20));
  await expect(openStore({ file })).rejects.toMatchObject({ name: "StoreError", code: "STORE_CORRUPT" });
});

it("refuses a database whose pages were overwritten", async () => {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  await (await openStore({ file })).close();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xa5, 100));
  await expect(openStore({ file })).rejects.toMatchObject({ code: "STORE_CORRUPT" });
});

it("refuses a database of a later version, and leaves it alone", async () => {
  using directory = tempDirectory();
  const file = directory.at("store.sqlite");
  await (await openStore({ file })).close();
  const later = new DatabaseSync(file);
  later.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00Z')");
  later.close();
  await expect(openStore({ file })).rejects.toMatchObject({
    code: "STORE_TOO_NEW",
    message: expect.stringContaining("9999-later"),
  });
});

it("says that a directory that is not there is unavailable", async () => {
  using directory = tempDirectory();
  await expect(openStore({ file: directory.at("missing", "store.sqlite") })).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
  });
});

it("says that a full store is full, and keeps what was there", () => {
  using directory = tempDirectory();
  const database = openSqliteDatabase(directory.at("full.sqlite"));
  const run = (statement: string) => database.prepare(statement).run([]);
  run("create table filler (bytes blob)");
  database.prepare("pragma max_page_count = 10").all([]);
  run("insert into filler values (zeroblob(100))");
  let thrown: unknown;
  try {
    run("insert into filler values (zeroblob(100000))");
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(StoreError);
  expect(thrown).toMatchObject({ code: "STORE_FULL" });
  expect(database.prepare("select count(*) as rows from filler").all([])).toEqual([{ rows: 1 }]);
  database.close();
});

it("writes through to the disk before it answers", () => {
  using directory = tempDirectory();
  const database = openSqliteDatabase(directory.at("store.sqlite"));
  expect(database.prepare("pragma journal_mode").all([])).toEqual([{ journal_mode: "wal" }]);
  expect(database.prepare("pragma synchronous").all([])).toEqual([{ synchronous: 2 }]);
  database.close();
});
