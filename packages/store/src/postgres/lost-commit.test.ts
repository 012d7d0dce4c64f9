import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { sql } from "kysely";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { event, openLog } from "../../../audit/src/tree/testdata/sample.ts";
import { openStore, type Store } from "../index.ts";
import { type CommitCutter, type Cut, cutAtCommit } from "../testdata/cut-at-commit.ts";
import { deniedLaunch, everything, recordsOf } from "../testdata/samples.ts";
import { toySeal } from "../testdata/toy-seal.ts";

const unavailable = postgresUnavailable();
const CUTS: readonly Cut[] = ["before", "after"];

describe.skipIf(unavailable !== undefined)(
  `a connection that is lost in a commit ${unavailable ?? ""}`,
  () => {
    let cluster: PostgresCluster;
    let cutter: CommitCutter;
    let store: Store;
    let postgres: string;

    beforeAll(async () => {
      cluster = await startPostgres();
    });
    afterAll(async () => {
      await cluster[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      postgres = await cluster.createDatabase();
      cutter = await cutAtCommit(postgres);
      store = await openStore({ postgres: cutter.url });
      await count("zero");
    });
    afterEach(async () => {
      await store.close();
      await cutter[Symbol.asyncDispose]();
    });

    /** Counts one further, which shows when it is done twice. */
    const count = (name: string) =>
      store.changes.write(async (transaction, changed) => {
        const { acknowledged } = await transaction
          .insertInto("logs")
          .values({ log_id: "counter", host: "web-1", acknowledged: 0, last_hash: "0".repeat(64) })
          .onConflict((conflict) =>
            conflict.column("log_id").doUpdateSet({ acknowledged: sql`logs.acknowledged + 1` }),
          )
          .returning("acknowledged")
          .executeTakeFirstOrThrow();
        changed({ kind: "host", subject: name });
        return Number(acknowledged);
      });
    const told = async () => (await store.changes.since(0, 100)).changes.map(({ subject }) => subject);

    it.each(CUTS)("does a write once, and says so, when it is cut %s it", async (cut) => {
      cutter.cutNext(cut);
      expect(await count("one")).toBe(1);
      expect(await count("two")).toBe(2);
      expect(await told()).toEqual(["zero", "one", "two"]);
      expect(cutter.cuts).toBe(1);
    });

    it.each(CUTS)("does each write of a group once when it is cut %s it", async (cut) => {
      cutter.cutNext(cut);
      expect(await Promise.all(["one", "two", "three"].map((name) => count(name)))).toEqual([1, 2, 3]);
      expect(await told()).toEqual(["zero", "one", "two", "three"]);
      expect(cutter.cuts).toBe(1);
    });

    it.each(CUTS)("waits for a database that is back soon, when it is cut %s it", async (cut) => {
      cutter.cutNext(cut, 2);
      expect(await count("one")).toBe(1);
      expect(await told()).toEqual(["zero", "one"]);
    });

    it.each(CUTS)("does nothing again where nobody can tell, when it is cut %s it", async (cut) => {
      cutter.cutNext(cut, 1000);
      const outcomes = await Promise.allSettled([count("one"), count("two")]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "STORE_UNAVAILABLE" } });
      cutter.cutNext(cut, 0);
    });

    it("forgets what was marked long ago by those who are gone", async () => {
      const client = new Client({ connectionString: postgres });
      await client.connect();
      await client.query("insert into commit_marks values ('old', 1, 0)");
      const other = await openStore({ postgres });
      await other.records.acknowledged("counter");
      await other.close();
      const { rows } = await client.query("select writer from commit_marks where writer = 'old'");
      await client.end();
      expect(rows).toEqual([]);
    });

    it.each(CUTS)("tells each record and launch once when it is cut %s it", async (cut) => {
      cutter.cutNext(cut);
      const batches = ["a", "b", "c"].map((logId) => ({
        logId,
        host: "web-1",
        records: recordsOf(1, 1),
        project: () => deniedLaunch("one:1"),
      }));
      const answers = await Promise.all(batches.map((batch) => store.records.append(batch)));
      expect(answers.map(({ kind, before, after }) => [kind, before.sequence, after.sequence])).toEqual(
        batches.map(() => ["stored", 0, 1]),
      );
      expect(await store.launches.list({ seen: everything, limit: 9 })).toMatchObject({ total: 3 });
    });

    it.each(CUTS)("puts an entry into the audit log once when it is cut %s it", async (cut) => {
      const log = openLog({ storage: store.audit.tree({ holder: "a", seal: toySeal }) });
      await log.append(event("first"));
      cutter.cutNext(cut);
      const outcome = await log.append(event("second")).then(
        () => "stored",
        () => "refused",
      );
      expect(cutter.cuts).toBe(1);
      await log.append(event("third"));
      const { items } = await store.audit.entries.search({ limit: 9 });
      // What was refused is not in the log.
      const wanted = outcome === "stored" ? 3 : 2;
      expect([outcome, items.length]).toEqual([cut === "after" ? "stored" : "refused", wanted]);
    });
  },
);
