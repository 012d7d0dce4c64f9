import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { openStore } from "./index.ts";
import { describeOnEach, type TestDatabase } from "./testdata/databases.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "./testdata/samples.ts";

/** Fills a database with the tables and rows of an earlier release, as they were then. */
async function makeEarlier(database: TestDatabase, migration: string): Promise<void> {
  const file = path.join(import.meta.dirname, "testdata", `${migration}-${database.kind}.sql`);
  await database.run(readFileSync(file, "utf8"));
}

describeOnEach((make) => {
  it("keeps all that the first page had stored", async () => {
    await using database = await make("bare");
    await makeEarlier(database, "0001");
    const store = await openStore(database.options);
    const images = await store.images.list({ seen: everything, sort: "severity", order: "desc", limit: 10 });
    expect(images.items.map(({ reference }) => reference)).toEqual(["nginx:1.27", "alpine:3.20"]);
    const expected = reportOf("nginx:1.27", ["critical", "high", "low"], {
      scannedAt: "2026-11-20T10:00:00Z",
    });
    expect((await store.images.find(digestOf(1)))?.report).toEqual(expected);
    expect((await store.launches.list({ seen: everything, limit: 10 })).total).toBe(3);
    expect(await store.records.acknowledged("log")).toBe(3);
    expect(await store.hosts.latest()).toMatchObject({ name: "web-1" });
    expect(await store.changes.last()).toBe(6);
    await store.close();
  });

  it("goes on writing where the first page had stopped", async () => {
    await using database = await make("bare");
    await makeEarlier(database, "0001");
    const store = await openStore(database.options);
    const batch = {
      logId: "log",
      host: "web-1",
      records: recordsOf(1, 4),
      project: () => deniedLaunch("nginx:1.27", digestOf(1)),
    };
    expect(await store.records.append(batch)).toMatchObject({ kind: "stored", acknowledged: 4 });
    await store.images.put(digestOf(1), reportOf("nginx:1.27", []));
    expect((await store.changes.since(6, 10)).changes.map(({ sequence }) => sequence)).toEqual([7, 8]);
    await store.close();
    await (await openStore(database.options)).close();
  });

  it("leaves nothing behind of a migration that failed", async () => {
    await using database = await make("bare");
    await makeEarlier(database, "0001");
    // Stands where a later migration wants to make its own.
    await database.run("create table jobs (in_the_way integer)");
    await expect(openStore(database.options)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await database.run("drop table jobs");
    const store = await openStore(database.options);
    expect(await store.changes.last()).toBe(6);
    await store.close();
  });
});
