import { once } from "node:events";
import { readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { DatabaseSync } from "node:sqlite";
import {
  AuditError,
  type Opening,
  openNoteKey,
  parseEntry,
  signatureTypes,
  storageTileSource,
  verifyTree,
  Witness,
  witnessHandler,
} from "@pratique/audit";
import { openStore, type Store } from "@pratique/store";
import { findCanary, fixedClock, tempDirectory } from "@pratique/testkit";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ensureCertificate } from "../certificate.ts";
import { openSealing, ownKey, type Sealing } from "../sealing/open-sealing.ts";
import { rotateDataKeys } from "../sealing/rotate-keys.ts";
import { chainOf } from "../testdata/samples.ts";
import { entryView } from "./entry-view.ts";
import { ServerLog, type ServerLogOptions } from "./server-log.ts";

let directory: ReturnType<typeof tempDirectory>;
let store: Store;
let sealing: Sealing;
const clock = fixedClock("2026-11-24T12:30:00Z");

beforeEach(async () => {
  directory = tempDirectory();
  store = await openStore({ file: directory.at("store.sqlite") });
  sealing = await openKeys();
});
afterEach(async () => {
  sealing[Symbol.dispose]();
  await store.close();
  directory[Symbol.dispose]();
});

async function openKeys(): Promise<Sealing> {
  const key = ownKey(directory.at("server"));
  return await openSealing({ records: store.settings.keyRecords, key, now: () => new Date(clock.now()) });
}

async function open(more: Partial<ServerLogOptions> = {}): Promise<ServerLog> {
  return await ServerLog.open({
    store,
    sealer: sealing.sealer,
    alone: true,
    directory: directory.at("audit"),
    witnesses: [],
    now: clock.now,
    elapsedMs: () => 0,
    log: pino({ level: "silent" }),
    version: "1.2.3",
    ...more,
  });
}

async function actions(): Promise<readonly string[]> {
  const { items } = await store.audit.entries.search({ limit: 100 });
  return items.map(({ bytes }) => parseEntry(bytes).action).toReversed();
}

it("tells when it starts and ends, and is whole afterwards", async () => {
  {
    await using _ = await open();
  }
  const log = await open();
  await log[Symbol.asyncDispose]();
  expect(await actions()).toEqual(["server.started", "server.stopped", "server.started", "server.stopped"]);
  const found = await verifyTree({ source: storageTileSource(log.storage), logKeys: [log.signer.key] });
  expect(found).toMatchObject({ entries: 4, problems: [], complete: true, origin: log.origin });
});

it("keeps its key outside of the database, for its owner only, and its name for ever", async () => {
  const first = await open();
  await first[Symbol.asyncDispose]();
  expect(statSync(directory.at("audit", "key.pem")).mode & 0o777).toBe(0o600);
  rmSync(directory.at("audit", "key.pem"));
  const second = await open();
  await second[Symbol.asyncDispose]();
  expect(second.origin).toBe(first.origin);
  expect(second.signer.key.vkey).not.toBe(first.signer.key.vkey);
});

it("goes on with the key that another server shares, and puts no smaller head in the place of its larger one", async () => {
  const keyFile = directory.at("shared.pem");
  openNoteKey(keyFile, "any");
  const one = await open({ alone: false, keyFile });
  const two = await open({ alone: false, keyFile, directory: directory.at("two") });
  expect(two.signer.key.vkey).toBe(one.signer.key.vkey);
  expect(readFileSync(directory.at("two", "log.vkey"), "utf8")).toBe(`${one.signer.key.vkey}\n`);
  const smaller = await one.checkpoint();
  await two.add(fact("x"));
  const larger = await two.checkpoint();
  await one.storage.putCheckpoint(smaller);
  expect(await two.storage.checkpoint()).toBe(larger);
  expect(await one.storage.checkpoint()).toBe(larger);
  const logKeys = [one.signer.key];
  const found = await verifyTree({ source: storageTileSource(one.storage), logKeys, earlier: smaller });
  expect(found).toMatchObject({ problems: [], complete: true });
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
});

it("does not go on with a database that was set back, or begun anew", async () => {
  await (await open())[Symbol.asyncDispose]();
  await store.close();
  rmSync(directory.at("store.sqlite"));
  store = await openStore({ file: directory.at("store.sqlite") });
  await expect(open()).rejects.toMatchObject({ code: "LOG_ROLLED_BACK" });
});

it("does not go on with a database of which the end was cut off", async () => {
  const log = await open();
  for (let at = 0; at < 5; at += 1) await log.add(fact("x"));
  await log[Symbol.asyncDispose]();
  await store.close();
  {
    using database = new DatabaseSync(directory.at("store.sqlite"));
    database.exec(
      "delete from audit_entries where place >= 3; delete from audit_heads; delete from audit_tiles",
    );
  }
  store = await openStore({ file: directory.at("store.sqlite") });
  await expect(open()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
});

function fact(action: string) {
  return {
    class: "system",
    action,
    actor: { id: "server", kind: "system", method: "none" },
    stage: "fact",
  } as const;
}

it("says of a call whose server died that nobody knows what came of it", async () => {
  const dead = await open();
  await dead.add({
    ...fact("putPolicy"),
    stage: "intent",
    call: "c-1",
    subject: { kind: "policy", id: "p" },
  });
  // It is not ended: it died.
  const log = await open();
  const [last] = (await store.audit.entries.search({ limit: 1 })).items;
  expect(parseEntry(last?.bytes ?? Buffer.alloc(0))).toMatchObject({
    action: "call.unfinished",
    stage: "outcome",
    call: "c-1",
    outcome: "failure",
    subject: { kind: "policy", id: "p" },
    data: { intent: 1, action: "putPolicy", actor: "server" },
  });
  expect(await store.audit.entries.openCalls(10)).toEqual([]);
  await log[Symbol.asyncDispose]();
  await dead[Symbol.asyncDispose]();
});

it("leaves alone what another server that lives has begun", async () => {
  const other = await open({ alone: false });
  await other.add({ ...fact("putPolicy"), stage: "intent", call: "c-1" });
  const log = await open({ alone: false });
  expect(await store.audit.entries.openCalls(10)).toHaveLength(1);
  await other[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
});

it("tells how far the chain of a host has come, and catches up with what it could not tell", async () => {
  await using log = await open();
  const records = chainOf(Array.from({ length: 5 }, (_, at) => ({ at })));
  const put = async (from: number, to: number) =>
    await store.records.append({
      logId: "log-1",
      host: "web-1",
      records: records.slice(from, to),
      project: () => undefined,
    });
  const chain = { logId: "log-1", host: "web-1" };
  await log.hosts.received(chain, await put(0, 2));
  await put(2, 3);
  // The server dies before it could tell.
  const moved = await put(3, 5);
  await Promise.all([log.hosts.received(chain, moved), log.hosts.received(chain, moved)]);
  const { items } = await store.audit.entries.search({ limit: 9, action: "records.received" });
  const told = items.map(({ bytes }) => parseEntry(bytes).data?.hostRecords).toReversed();
  expect(told).toEqual([
    { log: "log-1", from: 1, to: 2, previousHash: "0".repeat(64), hash: records[1]?.hash },
    { log: "log-1", from: 3, to: 5, previousHash: records[1]?.hash, hash: records[4]?.hash },
  ]);
});

it("says that the clock went back, and lets no time go back", async () => {
  let now = clock.now();
  await using log = await open({ now: () => now });
  now -= 3_600_000;
  await log.add(fact("after"));
  const { items } = await store.audit.entries.search({ limit: 2 });
  const told = items.map(({ bytes }) => parseEntry(bytes));
  expect(told.map(({ action, time }) => [action, time])).toEqual([
    ["after", "2026-11-24T12:30:00.000Z"],
    ["clock.went-back", "2026-11-24T12:30:00.000Z"],
  ]);
});

it("refuses what cannot be stored, and says why", async () => {
  await using log = await open();
  Object.assign(log.storage, {
    extend: async () => {
      throw new AuditError("DISK_FULL", "no space");
    },
  });
  await expect(log.add(fact("x"))).rejects.toMatchObject({ code: "STORE_FULL" });
});

it.each(["http", "https"])(
  "is cosigned by a witness over %s, and knows how each of them is",
  async (scheme) => {
    const signer = openNoteKey(directory.at("witness.pem"), "witness.example/1", signatureTypes.cosignature);
    const silent = openNoteKey(directory.at("silent.pem"), "witness.example/2", signatureTypes.cosignature);
    const first = await open();
    using witness = new Witness({
      signer,
      logs: [first.signer.key],
      stateFile: directory.at("witness.json"),
      now: () => new Date(clock.now()),
    });
    const tls = { directory: directory.at("tls"), names: ["127.0.0.1"], now: Date.now };
    const identity = await ensureCertificate(tls);
    const handler = witnessHandler(witness, () => undefined);
    const server = scheme === "https" ? createTlsServer(identity, handler) : createServer(handler);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await first[Symbol.asyncDispose]();
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const places = [
      { url: `${scheme}://127.0.0.1:${port}`, key: signer.key.vkey },
      { url: "http://127.0.0.1:1", key: silent.key.vkey },
    ];
    const log = await open({ witnesses: places, witnessCertificates: [String(identity.cert)] });
    const note = await log.checkpoint();
    expect(note).toContain("— witness.example/1 ");
    expect(log.witnesses.list(note)).toMatchObject([
      { name: "witness.example/1", state: "agrees", size: 3, seenAt: "2026-11-24T12:30:00.000Z" },
      { name: "witness.example/2", state: "silent", size: null, seenAt: null },
    ]);
    await log[Symbol.asyncDispose]();
    server.close();
  },
);

describe("names and addresses", () => {
  /** A part of a name and of an address that is in no other table. */
  const NAME = "kestrel58213mango";
  const ADDRESS = "2001:db8:4d7a:91c3:77e2:b05f:6a18:3c9d";
  const actor = { id: "acc-9", kind: "user", method: "oidc", name: NAME, address: ADDRESS } as const;

  async function newest(log: ServerLog) {
    const [item] = (await store.audit.entries.search({ limit: 1, actor: "acc-9" })).items;
    if (item === undefined) throw new Error("the entry is missing");
    return await entryView(item, log.openings);
  }

  /** As a server before openings were sealed stored them. */
  function unseal(index: number, openings: readonly Opening[]): void {
    using database = new DatabaseSync(directory.at("store.sqlite"));
    database.prepare("delete from audit_sealed_openings where place = ?").run(index);
    const insert = database.prepare("insert into audit_openings values (?, ?, ?, ?)");
    for (const { field, salt, value } of openings) insert.run(index, field, salt, value);
  }

  async function closeAll(log: ServerLog): Promise<void> {
    await log[Symbol.asyncDispose]();
    await store.close();
  }

  /** The files of the database, of which nothing else is open. */
  function inTheDatabase(text: string) {
    return findCanary([directory.at("store.sqlite")], text);
  }

  it("are read by who has the keys, and by nobody who has the database", async () => {
    const log = await open();
    await log.add({ ...fact("signIn"), actor });
    expect((await newest(log)).actor).toMatchObject({ name: NAME, address: ADDRESS, erased: [] });
    await closeAll(log);
    expect(inTheDatabase("server.started")).not.toEqual([]);
    expect([inTheDatabase(NAME), inTheDatabase(ADDRESS)]).toEqual([[], []]);
    store = await openStore({ file: directory.at("store.sqlite") });
  });

  it("are sealed where an earlier server left them unsealed, and are gone from the file", async () => {
    const first = await open();
    const index = await first.add({ ...fact("signIn"), actor });
    const openings = await first.storage.openings(index);
    await closeAll(first);
    unseal(index, openings);
    expect(inTheDatabase(NAME)).not.toEqual([]);
    store = await openStore({ file: directory.at("store.sqlite") });
    sealing[Symbol.dispose]();
    sealing = await openKeys();
    const log = await open();
    await vi.waitFor(async () => expect(await store.audit.openings.unsealed(1)).toEqual([]));
    expect((await newest(log)).actor).toMatchObject({ name: NAME, address: ADDRESS, erased: [] });
    await closeAll(log);
    expect([inTheDatabase(NAME), inTheDatabase(ADDRESS)]).toEqual([[], []]);
    store = await openStore({ file: directory.at("store.sqlite") });
  });

  it("are neither told nor called erased where they were tampered with", async () => {
    await using log = await open();
    await log.add({ ...fact("signIn"), actor });
    using database = new DatabaseSync(directory.at("store.sqlite"));
    database.exec(
      `update audit_sealed_openings set sealed_opening =
        (select sealed_opening from audit_sealed_openings where id like '%.actor.address')
        where id like '%.actor.name'`,
    );
    expect((await newest(log)).actor).toMatchObject({ name: null, address: ADDRESS, erased: [] });
  });

  it("move to the newest key with all else that is sealed", async () => {
    await using log = await open();
    await log.add({ ...fact("signIn"), actor });
    const rotated = await rotateDataKeys({ store, sealing });
    expect(rotated.find(({ purpose }) => purpose === "audit")?.report).toMatchObject({
      resealed: 2,
      failed: 0,
    });
    expect((await newest(log)).actor).toMatchObject({ name: NAME, address: ADDRESS, erased: [] });
    expect(await log.openings.erase({ address: ADDRESS.toUpperCase() })).toBe(1);
    expect((await newest(log)).actor).toMatchObject({ name: NAME, address: null, erased: ["address"] });
  });
});
