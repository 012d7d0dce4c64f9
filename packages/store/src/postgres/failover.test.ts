import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { sql } from "kysely";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openStore, type Store } from "../index.ts";

const unavailable = postgresUnavailable();
const SOON = { timeout: 20_000, interval: 50 };

describe.skipIf(unavailable !== undefined)(`a PostgreSQL with a standby ${unavailable ?? ""}`, () => {
  let cleanUp: AsyncDisposableStack;
  let primary: PostgresCluster;
  let standby: PostgresCluster;
  let name: string;

  beforeEach(async () => {
    cleanUp = new AsyncDisposableStack();
    primary = cleanUp.use(await startPostgres());
    name = new URL(await primary.createDatabase()).pathname;
    standby = cleanUp.use(await primary.startStandby());
    primary.execute("alter system set synchronous_standby_names = '*'");
    primary.execute("select pg_reload_conf()");
  });
  afterEach(() => cleanUp.disposeAsync());

  const urlOf = (...clusters: readonly PostgresCluster[]) =>
    `postgres://postgres@localhost${name}?host=${clusters.map(({ directory }) => directory).join(",")}`;
  const open = async (...clusters: readonly PostgresCluster[]): Promise<Store> => {
    const store = await openStore({ postgres: urlOf(...clusters) });
    cleanUp.defer(() => store.close());
    return store;
  };
  /** Counts one further, which shows when it is lost or done twice. */
  const count = (store: Store, logId: string) =>
    store.changes.write(async (transaction) => {
      const { acknowledged } = await transaction
        .insertInto("logs")
        .values({ log_id: logId, host: "web-1", acknowledged: 1, last_hash: "0".repeat(64) })
        .onConflict((conflict) =>
          conflict.column("log_id").doUpdateSet({ acknowledged: sql`logs.acknowledged + 1` }),
        )
        .returning("acknowledged")
        .executeTakeFirstOrThrow();
      return Number(acknowledged);
    });
  const counted = async (cluster: PostgresCluster, logId: string) => {
    const client = new Client({ connectionString: urlOf(cluster) });
    await client.connect();
    const { rows } = await client.query("select acknowledged from logs where log_id = $1", [logId]);
    await client.end();
    return Number(rows[0]?.acknowledged ?? 0);
  };
  /** Makes a primary of its own of the one that was. */
  const bringBack = async () => {
    await primary.start();
    primary.execute("alter system reset synchronous_standby_names");
    primary.execute("select pg_reload_conf()");
  };

  it("loses nothing that was acknowledged when it takes over, and stores go on there by themselves", async () => {
    const stores = [await open(primary, standby), await open(primary, standby)];
    const acknowledged = stores.map(() => 0);
    const inDoubt = stores.map(() => 0);
    let ended = false;
    const counting = stores.map(async (store, at) => {
      while (!ended) {
        try {
          await count(store, `log-${at}`);
          acknowledged[at] = (acknowledged[at] ?? 0) + 1;
        } catch (thrown) {
          if (String(thrown).includes("is not known")) inDoubt[at] = (inDoubt[at] ?? 0) + 1;
        }
      }
    });
    const further = async () => {
      const before = [...acknowledged];
      await vi.waitFor(() => {
        for (const [at, so] of acknowledged.entries()) expect(so).toBeGreaterThan((before[at] ?? 0) + 3);
      }, SOON);
    };
    await further();
    await primary.stop();
    standby.promote();
    await further();
    await bringBack();
    // All have to connect anew, and the one that came back is named first, and takes writes.
    standby.execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pratique'",
    );
    await further();
    ended = true;
    await Promise.all(counting);
    for (const [at, so] of acknowledged.entries()) {
      const held = await counted(standby, `log-${at}`);
      expect(held).toBeGreaterThanOrEqual(so);
      expect(held).toBeLessThanOrEqual(so + (inDoubt[at] ?? 0));
    }
    const held = await counted(standby, "log-0");
    expect(await count(await open(primary, standby), "log-0")).toBe(held + 1);
  });

  it("is found while the primary from before goes on", async () => {
    const store = await open(primary, standby);
    expect(await count(store, "log")).toBe(1);
    primary.execute("alter system reset synchronous_standby_names");
    primary.execute("select pg_reload_conf()");
    standby.promote();
    await vi.waitFor(async () => {
      await count(store, "log");
      expect(await counted(standby, "log")).toBeGreaterThan(1);
    }, SOON);
    const stale = await counted(primary, "log");
    await count(store, "log");
    expect(await counted(primary, "log")).toBe(stale);
  });

  it("is not taken for a primary, nor is a former primary", async () => {
    await expect(openStore({ postgres: urlOf(standby) })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("is a standby: it takes no writes"),
    });
    await primary.stop();
    await expect(openStore({ postgres: urlOf(primary, standby) })).rejects.toMatchObject({
      message: expect.stringMatching(/no server takes writes: .*ENOENT.*is a standby/u),
    });
  });

  it("is followed also by those who may not ask for its timeline", async () => {
    const client = new Client({ connectionString: urlOf(primary) });
    await client.connect();
    await client.query("revoke execute on function pg_control_system() from public");
    await client.query("create role plain login");
    await client.query(`alter database ${name.slice(1)} owner to plain`);
    await client.end();
    const store = await openStore({ postgres: urlOf(primary, standby).replace("postgres@", "plain@") });
    cleanUp.defer(() => store.close());
    expect(await count(store, "log")).toBe(1);
    await primary.stop();
    standby.promote();
    await vi.waitFor(async () => expect(await count(store, "log")).toBeGreaterThan(1), SOON);
  });

  it("is left where it became read-only", async () => {
    const store = await open(primary);
    let last = 0;
    const further = async () => {
      last = await count(store, "log");
    };
    await further();
    primary.execute("alter system set default_transaction_read_only = on");
    primary.execute("select pg_reload_conf()");
    await vi.waitFor(async () => {
      await expect(further()).rejects.toThrow("takes no writes: it is read-only");
    }, SOON);
    const held = last;
    primary.execute("alter system reset default_transaction_read_only");
    primary.execute("select pg_reload_conf()");
    await vi.waitFor(further, SOON);
    expect(last).toBe(held + 1);
  });
});
