import { setImmediate } from "node:timers/promises";
import { tempDirectory } from "@pratique/testkit";
import { Kysely, sql } from "kysely";
import { expect, it } from "vitest";
import type { Schema } from "../schema.ts";
import { openStore } from "../store.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { SqliteReaders } from "./sqlite-readers.ts";

async function openDatabase(file: string): Promise<Kysely<Schema>> {
  await (await openStore({ file })).close();
  return new Kysely<Schema>({ dialect: sqliteDialect(file, 2).dialect });
}

const host = (name: string) => ({ name, heard_at: "", log_id: "", status: "null" });

it("reads while a transaction is open what was stored before it, and what it stored as soon as it has", async () => {
  using directory = tempDirectory();
  const database = await openDatabase(directory.at("store.sqlite"));
  const names = async () =>
    (await database.selectFrom("hosts").select("name").orderBy("name").execute()).map(({ name }) => name);
  await database.insertInto("hosts").values(host("a")).execute();
  for (let times = 0; times < 8; times += 1) {
    const name = `b${times}`;
    const before = await names();
    await database.transaction().execute(async (transaction) => {
      await transaction.insertInto("hosts").values(host(name)).execute();
      expect(await names()).toEqual(before);
      const own = await transaction.selectFrom("hosts").select("name").where("name", "=", name).execute();
      expect(own).toHaveLength(1);
    });
    expect(await names()).toEqual([...before, name]);
  }
  await database.destroy();
});

it("keeps nobody waiting who asks in SQL, while somebody writes", async () => {
  using directory = tempDirectory();
  const database = await openDatabase(directory.at("store.sqlite"));
  const names = async (from: Kysely<Schema>) => {
    const { rows } = await sql<{ name: string }>`
      select name from hosts order by name`.execute(from);
    return rows.map(({ name }) => name);
  };
  await database.transaction().execute(async (transaction) => {
    await sql`insert into hosts (name, heard_at, log_id, status) values ('a', '', '', 'null')`.execute(
      transaction,
    );
    expect(await names(transaction)).toEqual(["a"]);
    // Asked of the writer, it would wait for the end of the transaction, which waits for it.
    expect(await names(database)).toEqual([]);
  });
  expect(await names(database)).toEqual(["a"]);
  await sql`with gone (name) as (select 'a') delete from hosts where name in (select name from gone)`.execute(
    database,
  );
  expect(await names(database)).toEqual([]);
  await database.destroy();
});

it("lets others have their turn while somebody writes for long", async () => {
  using directory = tempDirectory();
  const database = await openDatabase(directory.at("store.sqlite"));
  const written = new Set<number>();
  let count = 0;
  const others = (async () => {
    for (; count < 2000; await setImmediate()) written.add(count);
  })();
  await database.transaction().execute(async (transaction) => {
    for (; count < 2000; count += 1) {
      await transaction
        .insertInto("hosts")
        .values(host(`h${count}`))
        .execute();
    }
  });
  await others;
  // The first turn was before the first statement.
  expect(written.size).toBeGreaterThan(1);
  await database.destroy();
});

it("lets one write at a time, and gives back the turn of one that failed", async () => {
  using directory = tempDirectory();
  const database = await openDatabase(directory.at("store.sqlite"));
  const write = async (name: string, fails: boolean) =>
    await database.transaction().execute(async (transaction) => {
      await transaction.insertInto("hosts").values(host(name)).execute();
      await transaction.selectFrom("hosts").select("name").execute();
      if (fails) throw new Error("it fails");
    });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => write(`h${index}`, index % 3 === 0)),
  );
  expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(14);
  const { count } = await database
    .selectFrom("hosts")
    .select(({ fn }) => fn.countAll().as("count"))
    .executeTakeFirstOrThrow();
  expect(count).toBe(26);
  await database.destroy();
});

it("gives what a thread read in the types in which it is stored", async () => {
  using directory = tempDirectory();
  await (await openStore({ file: directory.at("store.sqlite") })).close();
  const readers = new SqliteReaders(directory.at("store.sqlite"), 1);
  const text = "select ? as text, ? as number, ? as bytes, null as empty";
  const parameters = ["é\u0000 ", 1.5, new Uint8Array([0, 255])];
  const rows = [{ text: "é\u0000 ", number: 1.5, bytes: new Uint8Array([0, 255]), empty: null }];
  // By a thread at first, and here once it has proved to be light.
  for (let times = 0; times < 6; times += 1) {
    const read = await readers.execute(text, parameters);
    expect(read.map((row) => ({ ...Object(row) }))).toEqual(rows);
  }
  await readers.close();
});

it("names what went wrong in a thread, and goes on", async () => {
  using directory = tempDirectory();
  await (await openStore({ file: directory.at("store.sqlite") })).close();
  const readers = new SqliteReaders(directory.at("store.sqlite"), 1);
  await expect(readers.execute("select name from nowhere", [])).rejects.toMatchObject({
    code: "STORE_UNAVAILABLE",
    message: "the store failed: no such table: nowhere",
  });
  await expect(readers.execute("delete from hosts", [])).rejects.toMatchObject({
    message: "the store failed: attempt to write a readonly database",
  });
  expect(await readers.execute("select 1 as one", [])).toMatchObject([{ one: 1 }]);
  await readers.close();
});

it("says that the store is away where the file cannot be read, and reads it once it can", async () => {
  using directory = tempDirectory();
  const readers = new SqliteReaders(directory.at("store.sqlite"), 1);
  await expect(readers.execute("select 1 as one", [])).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await (await openStore({ file: directory.at("store.sqlite") })).close();
  expect(await readers.execute("select 1 as one", [])).toMatchObject([{ one: 1 }]);
  await readers.close();
});

it("answers who waits while it is closed", async () => {
  using directory = tempDirectory();
  await (await openStore({ file: directory.at("store.sqlite") })).close();
  const readers = new SqliteReaders(directory.at("store.sqlite"), 1);
  const slow = `with recursive c(n) as (select 1 union all select n + 1 from c where n < 4e6)
    select max(n) as n from c`;
  const answer = readers.execute(slow, []).catch((thrown: unknown) => thrown);
  await readers.close();
  expect(await answer).toMatchObject({ code: "STORE_UNAVAILABLE" });
});

it("refuses who asks once it is closed", async () => {
  using directory = tempDirectory();
  await (await openStore({ file: directory.at("store.sqlite") })).close();
  const readers = new SqliteReaders(directory.at("store.sqlite"), 1);
  await readers.execute("select 1 as one", []);
  await readers.close();
  const refused = { code: "STORE_UNAVAILABLE", message: "the store is closed" };
  await expect(readers.execute("select 2 as two", [])).rejects.toMatchObject(refused);
  await expect(readers.checkpoint("restart")).rejects.toMatchObject(refused);
});
