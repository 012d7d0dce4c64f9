import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, type Store, StoreError } from "../index.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "../testdata/samples.ts";
import { isConflict, storeErrorOf } from "./postgres-error.ts";

const unavailable = postgresUnavailable();

describe.skipIf(unavailable !== undefined)(`a store on PostgreSQL ${unavailable ?? ""}`, () => {
  let cluster: PostgresCluster;

  beforeAll(async () => {
    cluster = await startPostgres({ fsync: true });
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  it("is opened by several servers at once, which all find its tables made", async () => {
    const postgres = await cluster.createDatabase();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore({ postgres })));
    await Promise.all(stores.map((store, index) => store.images.put(digestOf(index), reportOf("a:1", []))));
    const [first] = stores;
    expect((await first?.changes.since(0, 10))?.changes.map(({ sequence }) => sequence)).toEqual([
      1, 2, 3, 4, 5,
    ]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("of a later version is refused, and left alone", async () => {
    const postgres = await cluster.createDatabase();
    await (await openStore({ postgres })).close();
    const client = new Client({ connectionString: postgres });
    await client.connect();
    await client.query("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00Z')");
    await client.end();
    await expect(openStore({ postgres })).rejects.toMatchObject({ code: "STORE_TOO_NEW" });
  });

  it("is written to no more when a later version has changed its tables, and read", async () => {
    const postgres = await cluster.createDatabase();
    const store = await openStore({ postgres });
    await store.images.put(digestOf(1), reportOf("a:1", []));
    const client = new Client({ connectionString: postgres });
    await client.connect();
    await client.query("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00Z')");
    await client.end();
    const writes = [2, 3].map((index) => store.images.put(digestOf(index), reportOf("a:1", [])));
    for (const write of await Promise.allSettled(writes))
      expect(write).toMatchObject({ status: "rejected", reason: { code: "STORE_TOO_NEW" } });
    expect(await store.changes.last()).toBe(1);
    await store.close();
  });

  it("wakes the listeners of another server after the change can be read", async () => {
    const postgres = await cluster.createDatabase();
    const [writer, reader] = await Promise.all([openStore({ postgres }), openStore({ postgres })]);
    const seen = new Promise<number>((resolve) => {
      reader.changes.onChange(() => resolve(reader.changes.last()));
    });
    await writer.images.put(digestOf(1), reportOf("a:1", []));
    expect(await seen).toBe(1);
    await Promise.all([writer.close(), reader.close()]);
  });

  it("wakes them also when the connection that listened was cut", async () => {
    const postgres = await cluster.createDatabase();
    const [writer, reader] = await Promise.all([openStore({ postgres }), openStore({ postgres })]);
    const client = new Client({ connectionString: postgres });
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = current_database()",
    );
    await client.end();
    const seen = new Promise<number>((resolve) => {
      reader.changes.onChange(() => void reader.changes.last().then((last) => last > 0 && resolve(last)));
    });
    await writer.images.put(digestOf(1), reportOf("a:1", []));
    expect(await seen).toBe(1);
    await Promise.all([writer.close(), reader.close()]);
  });

  it("never shows a change before one that has a lower number", async () => {
    const postgres = await cluster.createDatabase();
    const [left, right] = await Promise.all([openStore({ postgres }), openStore({ postgres })]);
    let begun = (): void => undefined;
    let finish = (): void => undefined;
    const slowBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const maySlowEnd = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const slow = left.changes.write(async (_, changed) => {
      changed({ kind: "host", subject: "slow" });
      begun();
      await maySlowEnd;
    });
    await slowBegun;
    const fast = right.changes.write(async (_, changed) => changed({ kind: "host", subject: "fast" }));
    await waitingForLock(postgres);
    expect(await right.changes.since(0, 10)).toMatchObject({ changes: [] });
    finish();
    await Promise.all([slow, fast]);
    expect((await right.changes.since(0, 10)).changes.map(({ subject }) => subject)).toEqual([
      "slow",
      "fast",
    ]);
    await Promise.all([left.close(), right.close()]);
  });

  it("shows a reader every change once, in order, while four servers write", async () => {
    const postgres = await cluster.createDatabase();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ postgres })));
    const writes = Promise.all(stores.map(putFifty));
    const read: number[] = [];
    const reader = await openStore({ postgres });
    while (read.length < 200) {
      const { changes } = await reader.changes.since(read.at(-1) ?? 0, 7);
      read.push(...changes.map(({ sequence }) => sequence));
    }
    await writes;
    expect(read).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    await Promise.all([...stores, reader].map((store) => store.close()));
  });

  it("takes one log from two servers at once without a gap or a fault", async () => {
    const postgres = await cluster.createDatabase();
    const stores = await Promise.all([openStore({ postgres }), openStore({ postgres })]);
    const batch = (from: number, to: number) => ({
      logId: "log",
      host: "web-1",
      records: recordsOf(from, to),
      project: () => deniedLaunch("a:1", digestOf(1)),
    });
    for (let from = 1; from < 100; from += 10) {
      const answers = await Promise.all(stores.map((store) => store.records.append(batch(from, from + 9))));
      expect(answers).toEqual(
        Array.from(stores, () => expect.objectContaining({ kind: "stored", acknowledged: from + 9 })),
      );
    }
    expect((await stores[0].launches.list({ seen: everything, limit: 1 })).total).toBe(100);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("keeps names that hold the character zero, which it cannot store, without it", async () => {
    const store = await openStore({ postgres: await cluster.createDatabase() });
    await store.images.put(digestOf(1), reportOf("evil\0name", []));
    const page = await store.images.list({ seen: everything, sort: "severity", order: "desc", limit: 1 });
    expect(page.items.map(({ reference }) => reference)).toEqual(["evil\uFFFDname"]);
    expect((await store.images.find(digestOf(1)))?.report.target.reference).toBe("evil\0name");
    await store.close();
  });

  it("is unavailable while the server is gone, and comes back with all that was acknowledged", async () => {
    const store = await openStore({ postgres: await cluster.createDatabase() });
    await store.images.put(digestOf(1), reportOf("a:1", []));
    await cluster.stop();
    await expect(store.changes.last()).rejects.toMatchObject({
      name: "StoreError",
      code: "STORE_UNAVAILABLE",
    });
    await cluster.start();
    expect(await store.changes.last()).toBe(1);
    expect((await store.images.find(digestOf(1)))?.image.reference).toBe("a:1");
    await store.close();
  });

  it.each([
    ["a database that is not there", "/missing"],
    ["a server that is not there", "/postgres?host=/nonexistent"],
  ])("that is %s is unavailable", async (_, path) => {
    const url = new URL(await cluster.createDatabase());
    const [name, query = url.search] = path.split(/(?=\?)/u);
    const postgres = `postgres://postgres@localhost${name}${query}`;
    await expect(openStore({ postgres })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("gives up a statement that takes too long", async () => {
    const url = await cluster.createDatabase();
    const [holder, waiter] = await Promise.all([
      openStore({ postgres: url }),
      openStore({ postgres: { url, statementTimeoutMs: 200 } }),
    ]);
    const late = await holder.changes.write(async () => {
      const write = waiter.images.put(digestOf(1), reportOf("a:1", []));
      return await write.catch((thrown: unknown) => thrown);
    });
    expect(late).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await Promise.all([holder.close(), waiter.close()]);
  });
});

async function putFifty(store: Store, writer: number): Promise<void> {
  for (let index = 0; index < 50; index += 1) {
    await store.images.put(digestOf(writer * 50 + index), reportOf("a:1", []));
  }
}

/** Resolves when somebody in the database waits for an advisory lock. */
async function waitingForLock(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const question = "select 1 from pg_locks where locktype = 'advisory' and not granted";
  while ((await client.query(question)).rowCount === 0);
  await client.end();
}

it.each([
  ["53100", "STORE_FULL"],
  ["ENOSPC", "STORE_FULL"],
  ["XX001", "STORE_CORRUPT"],
  ["XX002", "STORE_CORRUPT"],
  ["ECONNREFUSED", "STORE_UNAVAILABLE"],
  ["57P01", "STORE_UNAVAILABLE"],
  ["53300", "STORE_UNAVAILABLE"],
])("names the error %s %s", (code, expected) => {
  const cause = Object.assign(new Error("it failed"), { code });
  const named = storeErrorOf(cause);
  expect(named).toBeInstanceOf(StoreError);
  expect(named).toMatchObject({ code: expected, cause });
  expect(storeErrorOf(named)).toBe(named);
});

it.each([
  ["40001", true],
  ["40P01", true],
  ["23505", false],
])("says whether the error %s is worth another try: %s", (code, expected) => {
  const cause = Object.assign(new Error("it failed"), { code });
  expect(isConflict(storeErrorOf(cause))).toBe(expected);
  expect(isConflict(cause)).toBe(false);
});
