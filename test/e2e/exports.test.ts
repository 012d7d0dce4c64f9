import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { showAuditStatus } from "@pratique/api";
import { openNoteKey, TreeLog } from "@pratique/audit";
import { openStore, type StoreOptions } from "@pratique/store";
import { type PostgresCluster, postgresUnavailable, startPostgres } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuditOpenings } from "../../apps/server/src/audit/audit-openings.ts";
import { originOf } from "../../apps/server/src/audit/origin.ts";
import { openSealing } from "../../apps/server/src/sealing/open-sealing.ts";
import { CommandHome } from "./command.ts";
import { LogReceiver } from "./log-receiver.ts";
import { ServerProcess } from "./server-process.ts";
import { until } from "./until.ts";

const PASSWORD = "kettle-orbit-velvet-47";
/** Several batches of what one POST holds. */
const ENTRIES = 2600;
/** Another server waits until the lease of the dead one is over. */
const TAKEN_OVER_MS = 90_000;
const DELIVERED_MS = 60_000;

const unavailable = postgresUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: exports.test.ts with two servers ${unavailable}`);

let home: CommandHome;
let receiver: LogReceiver;
let key: string;

beforeEach(async () => {
  home = new CommandHome();
  receiver = await LogReceiver.start(home.at("tls"));
  writeFileSync(home.at("receiver.pem"), receiver.certificate);
  key = home.at("kek");
});

afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

/** Writes what servers are started with, and gives the environment that names it. */
function configure(database: readonly string[]): Readonly<Record<string, string>> {
  const file = home.at("pratique.yaml");
  const outbound = ["outbound:", "  allow: [127.0.0.0/8]", `  certificates: ${home.at("receiver.pem")}`];
  writeFileSync(file, `${[...database, "encryption:", `  file: ${key}`, ...outbound].join("\n")}\n`);
  return { PRATIQUE_CONFIG: file };
}

/** Fills the log as a server would that has run for long; `directory` is where that server has its key. */
async function fillLog(database: StoreOptions, directory: string): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const store = await openStore(database);
  opened.defer(() => store.close());
  const now = () => new Date();
  const { sealer } = opened.use(
    await openSealing({ records: store.settings.keyRecords, key: { kind: "file", file: key }, now }),
  );
  const log = opened.use(
    new TreeLog({
      storage: store.audit.tree({ holder: "filler", seal: new AuditOpenings(store, sealer) }),
      signer: openNoteKey(path.join(directory, "key.pem"), await originOf(store)),
      now,
      elapsedMs: () => performance.now(),
      random: randomBytes,
    }),
  );
  const actor = { id: "acc-1", kind: "user", method: "oidc", name: "Ada", address: "192.0.2.7" } as const;
  const event = { class: "read", action: "listAccounts", actor, stage: "fact" } as const;
  await Promise.all(Array.from({ length: ENTRIES }, async () => await log.append(event)));
}

async function exportTo({ url }: LogReceiver, server: ServerProcess, cookie: string): Promise<void> {
  const settings = { url, secret: "a-secret-of-the-receiver" };
  const body = { kind: "webhook", name: "SIEM", enabled: true, format: "json", settings };
  const put = await server.api(cookie, "PUT", "/exporters/siem", { body });
  expect([put.status, put.text]).toEqual([200, expect.any(String)]);
}

async function sizeOf(server: ServerProcess, cookie: string): Promise<number> {
  return showAuditStatus.reply.parse((await server.api(cookie, "GET", "/audit/status")).json).size;
}

/** Until when one server alone may export, in milliseconds since 1970. */
function leaseEnd(url: string): number {
  const query = "select until_ms from leases where name = 'exports'";
  return Number(execFileSync("psql", [url, "-qXAt", "-c", query], { encoding: "utf8" }));
}

/** Every entry arrived, and none before one that was accepted before it. */
function expectWholeAndInOrder(upTo: number): void {
  let last = 0;
  for (const { first, last: end, indexes } of receiver.accepted) {
    expect(indexes).toEqual(Array.from({ length: end - first + 1 }, (_, at) => first - 1 + at));
    // Nothing is left out; what was accepted and not noted any more comes again.
    expect(first).toBeLessThanOrEqual(last + 1);
    last = Math.max(last, end);
  }
  expect(last).toBeGreaterThanOrEqual(upTo);
  expect(receiver.overlapping).toEqual([]);
}

it("loses nothing and goes on in order where the server is killed in the middle of an export", async () => {
  const environment = configure([]);
  const server = new ServerProcess(home, "server", environment);
  const directory = `${server.data}/server`;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await fillLog({ file: `${directory}/pratique.sqlite` }, `${directory}/audit`);

  // Killed while the receiver has a batch and has not answered: that batch comes again.
  const second = receiver.withhold(({ first }) => first > 1);
  await server.start();
  const cookie = await server.signIn(PASSWORD);
  await exportTo(receiver, server, cookie);
  const withheld = await second;
  await server.stop("SIGKILL");
  expect(receiver.accepted.map(({ first }) => first)).toEqual([1]);
  expect(withheld.first).toBe(receiver.last + 1);
  expect(withheld.last).toBeLessThan(ENTRIES);

  // Killed at the very moment at which it is answered: it may or may not have noted that.
  const killed = Promise.withResolvers<void>();
  receiver.accept(() => server.stop("SIGKILL").then(killed.resolve, killed.reject));
  // It exports while it starts, and so may be dead before it has said that it listens.
  const started = server.start().catch(() => undefined);
  await killed.promise;
  await started;
  expect(receiver.accepted[1]?.first).toBe(withheld.first);
  expect(receiver.last).toBeLessThan(ENTRIES);

  receiver.accept();
  await server.start();
  const size = await sizeOf(server, cookie);
  await until("the rest has arrived", DELIVERED_MS, () => receiver.last >= size);
  expectWholeAndInOrder(size);
  await server[Symbol.asyncDispose]();
});

describe.skipIf(unavailable !== undefined)("two servers over one PostgreSQL", () => {
  let cluster: PostgresCluster;

  beforeEach(async () => {
    cluster = await startPostgres();
  });
  afterEach(async () => await cluster[Symbol.asyncDispose]());

  it("export one at a time, and the other takes over where the first was killed", async () => {
    const url = await cluster.createDatabase();
    await fillLog({ postgres: url }, home.at("filled"));
    const environment = configure(["database:", `  url: ${JSON.stringify(url)}`]);
    await using first = await new ServerProcess(home, "first", environment).start();
    const cookie = await first.signIn(PASSWORD);

    // The first is in the middle of an export when the second comes.
    const third = receiver.withhold(({ first: from }) => from > 1000);
    await exportTo(receiver, first, cookie);
    const withheld = await third;
    await using second = await new ServerProcess(home, "second", environment).start();
    // Both look every two seconds, the first to keep its lease: the second has looked when that was kept for longer.
    await exportTo(receiver, second, cookie);
    const kept = leaseEnd(url);
    await until("the second has looked", DELIVERED_MS, () => leaseEnd(url) > kept + 6000);
    const grown = await sizeOf(second, cookie);
    expect(grown).toBeGreaterThan(ENTRIES);
    expect(receiver.last).toBe(withheld.first - 1);
    expect(receiver.overlapping).toEqual([]);

    await first.stop("SIGKILL");
    receiver.accept();
    await until("the second has delivered the rest", TAKEN_OVER_MS, () => receiver.last >= grown);
    expect(receiver.accepted.find(({ last }) => last >= withheld.first)?.first).toBe(withheld.first);
    expectWholeAndInOrder(grown);

    // Nothing arrived twice: what the dead one had delivered was noted, and what it had not was accepted from nobody.
    const all = receiver.accepted.flatMap(({ indexes }) => indexes);
    expect(all).toEqual(all.map((_, at) => at));
  });
});
