import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DetectionProjection, exportStore, importStore, openStore, type Store } from "../index.ts";
import { migrations } from "../migrations/migrations.ts";
import { connectionOf } from "../store-connection.ts";
import { savedTables, tables } from "../tables.ts";
import { databasesTogether, describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "../testdata/samples.ts";

const LOOKED_AT = "2026-11-24T11:00:00.000Z";

function detectionOf(sequence: number): DetectionProjection {
  return {
    kind: "detection",
    detection: `d-${sequence}`,
    rule: "Drifted program executed",
    priority: "critical",
    tags: ["T1105"],
    outcome: "prevented",
    image: "äöü:✓",
    imageId: digestOf(sequence),
    containerId: "c1",
    words: ["a program that was not in the image"],
    document: { n: sequence },
  };
}

/** Puts something into every table. */
async function fill(store: Store): Promise<void> {
  for (let index = 0; index < 45; index += 1) {
    await store.images.put(digestOf(index), reportOf(`app-${index}:1`, ["high", "low"]));
  }
  await store.records.append({
    logId: "log",
    host: "web-1",
    records: recordsOf(1, 1_100),
    project: ({ sequence }) => deniedLaunch("äöü:✓", digestOf(sequence % 50)),
  });
  await store.hosts.put({
    name: "web-1",
    logId: "log",
    heardAt: "2026-11-24T10:00:00.000Z",
    status: { n: 1 },
  });
  await store.records.append({
    logId: "runtime",
    host: "web-1",
    records: recordsOf(1, 600, { class: "detection" }),
    project: () => undefined,
    projectRuntime: ({ sequence }) =>
      sequence % 2 === 0
        ? { kind: "response", detection: `d-${sequence - 1}`, image: "äöü:✓", document: { n: sequence } }
        : detectionOf(sequence),
  });
  const { detections } = store.runtime;
  if ((await detections.find("runtime.1")) !== undefined)
    await detections.noteLook("runtime.1", { at: LOOKED_AT, seen: everything });
  const file = { text: "[]", scope: {}, enabled: true, rules: [], changedAt: LOOKED_AT, changedBy: "ann" };
  await store.fleet.ruleFiles.put({ name: "shells", ...file }, "new");
  await store.people.signInTokens.add({ token: "secret", account: "operator", expiresAtMs: 9e12 }, 0);
  await store.jobs.enqueue("work", 1);
}

async function exported(store: Store): Promise<string> {
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  await exportStore(store, sink);
  return Buffer.concat(chunks).toString("utf8");
}

/** The lines with a hash that is right for them. */
function sealed(lines: readonly string[]): string {
  const body = lines.map((line) => `${line}\n`).join("");
  return `${body}${JSON.stringify({ sha256: createHash("sha256").update(body).digest("hex") })}\n`;
}

/** Columns of the first tables that were not there yet in the first version. */
const laterColumns = new Set([
  "findings_stored",
  "origins_stored",
  "repository",
  "container_id",
  "joined_at",
  "serial",
  "previous_serial",
  "certificate_expires_at",
  "identity_state",
  "own_labels",
  "given_labels",
  "gate",
  "policy_revision",
  "rules_revision",
  "profiles_left_out",
  "search",
  "containers",
  "running",
  "policy_errors",
  "advisories_stale",
  "containers_at",
  "layers",
]);

function withoutLaterColumns(line: string): string {
  const { table, row } = JSON.parse(line);
  const kept = Object.entries(row).filter(
    ([column]) => !laterColumns.has(column) || (column === "search" && table !== "hosts"),
  );
  return JSON.stringify({ table, row: Object.fromEntries(kept) });
}

describe("a backup", () => {
  const available = databasesTogether.filter(({ skipped }) => skipped === "");
  const texts = new Map<string, string>();

  beforeAll(async () => {
    for (const { name, make } of available) {
      await using database = await make();
      const store = await openStore(database.options);
      await fill(store);
      texts.set(name, await exported(store));
      await store.close();
    }
  });

  it.each(available.flatMap((from) => available.map((to) => [from.name, to.name, to] as const)))(
    "from %s is read into %s whole",
    async (from, _, { make }) => {
      await using database = await make();
      const store = await openStore(database.options);
      const text = texts.get(from) ?? "";
      await importStore(store, Readable.from([text]));
      expect(await exported(store)).toBe(text);
      expect((await store.images.find(digestOf(7)))?.report).toEqual(reportOf("app-7:1", ["high", "low"]));
      expect(await store.records.acknowledged("log")).toBe(1_100);
      expect((await store.launches.list({ seen: everything, limit: 1, text: "ÄÖÜ:✓" })).total).toBe(1_100);
      const { detections, responses } = store.runtime;
      const page = { seen: everything, limit: 1 };
      expect((await detections.list({ ...page, tag: "t1105", imageId: digestOf(7) })).items).toMatchObject([
        { id: "runtime.7", document: { n: 7 } },
      ]);
      expect((await responses.list(page)).total).toBe(300);
      // Looked at before the backup was made.
      const urgent = await detections.unlooked({ since: "2026-11-24T10:00:00Z", seen: everything });
      expect(urgent.count).toBe(299);
      expect(await store.fleet.ruleFiles.find("shells")).toMatchObject({ text: "[]", enabled: true });
      expect(await store.people.signInTokens.redeem("secret", 0)).toBeUndefined();
      const last = await store.changes.last();
      await store.images.put(digestOf(0), reportOf("new:1", [], { scannedAt: "2026-11-25T10:00:00Z" }));
      expect(await store.changes.last()).toBe(last + 1);
      await store.close();
    },
  );

  it("is the same from all databases", () => {
    expect(new Set(texts.values()).size).toBe(1);
  });
});

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;
  let lines: string[];

  beforeAll(async () => {
    database = await make();
    store = await openStore(database.options);
    await using other = await make();
    const source = await openStore(other.options);
    await fill(source);
    lines = (await exported(source)).trimEnd().split("\n").slice(0, -1);
    await source.close();
  });

  afterAll(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it.each<[string, (lines: readonly string[]) => string | undefined, string]>([
    ["is empty", () => "", "BACKUP_MALFORMED"],
    ["is cut", (all) => sealed(all).slice(0, -500), "BACKUP_MALFORMED"],
    ["is cut after a line", (all) => `${all.join("\n")}\n`, "BACKUP_MALFORMED"],
    ["has another hash", (all) => sealed(all).replace("app-7:1", "app-8:1"), "BACKUP_MALFORMED"],
    ["has something behind its end", (all) => `${sealed(all)}{}\n`, "BACKUP_MALFORMED"],
    ["has a row less", (all) => sealed(all.slice(0, -1)), "BACKUP_MALFORMED"],
    ["has a row twice", (all) => sealed([...all, all.at(-1) ?? ""]), "STORE_UNAVAILABLE"],
    [
      "fills a table that is not saved",
      (all) =>
        sealed([
          ...all,
          '{"table":"sign_in_tokens","row":{"token_hash":"x","account":"y","expires_at_ms":9}}',
        ]),
      "BACKUP_MALFORMED",
    ],
    [
      "fills a table that is not ours",
      (all) => sealed([...all, '{"table":"pg_authid","row":{"rolname":"x"}}']),
      "BACKUP_MALFORMED",
    ],
    [
      "names a column with SQL",
      (all) => sealed([...all, '{"table":"hosts","row":{"name) values (1); --":"x"}}']),
      "BACKUP_MALFORMED",
    ],
    [
      "is of a later version",
      (all) => sealed(all).replace(migrations.at(-1)?.name ?? "", "9999-later"),
      "STORE_TOO_NEW",
    ],
    ["is no JSON", () => "hello\n", "BACKUP_MALFORMED"],
    ["is other JSON", () => '{"format":"something else"}\n', "BACKUP_MALFORMED"],
  ])("refuses one that %s, and stores nothing of it", async (_, forge, code) => {
    await expect(importStore(store, Readable.from([forge(lines)]))).rejects.toMatchObject({ code });
    expect(await store.changes.last()).toBe(0);
    expect(
      (await store.images.list({ seen: everything, sort: "severity", order: "desc", limit: 1 })).total,
    ).toBe(0);
  });

  it("refuses to be read into a store that is in use", async () => {
    await using other = await make();
    const used = await openStore(other.options);
    await used.hosts.put({ name: "a", logId: "l", heardAt: "2026-11-24T10:00:00.000Z", status: {} });
    await expect(importStore(used, Readable.from([sealed(lines)]))).rejects.toMatchObject({
      code: "STORE_NOT_EMPTY",
    });
    await used.close();
  });

  it("is read from chunks that end anywhere", async () => {
    await using other = await make();
    const target = await openStore(other.options);
    const bytes = Buffer.from(sealed(lines));
    const chunks = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, n) =>
      bytes.subarray(n * 777, (n + 1) * 777),
    );
    await importStore(target, Readable.from(chunks));
    expect(await exported(target)).toBe(bytes.toString("utf8"));
    await target.close();
  });

  it("shows one moment, whatever is written meanwhile", async () => {
    await using other = await make();
    const source = await openStore(other.options);
    await fill(source);
    const expected = await exported(source);
    const slow = new PassThrough({ highWaterMark: 1 });
    const exporting = exportStore(source, slow);
    const chunks: Buffer[] = [];
    for await (const chunk of slow) {
      if (chunks.length === 1) await source.images.put(digestOf(999), reportOf("late:1", ["critical"]));
      chunks.push(chunk);
    }
    await exporting;
    expect(Buffer.concat(chunks).toString("utf8")).toBe(expected);
    expect((await source.images.find(digestOf(999)))?.image.reference).toBe("late:1");
    await source.close();
  });

  it("of an earlier version is read, and brought to the newest form", async () => {
    await using earlier = await make("bare");
    await earlier.run(
      readFileSync(path.join(import.meta.dirname, "../testdata", `0001-${earlier.kind}.sql`), "utf8"),
    );
    const upgraded = await openStore(earlier.options);
    const inTables = new Set(["images", "logs", "records", "launches", "hosts", "changes"]);
    const all = (await exported(upgraded)).trimEnd().split("\n").slice(1, -1);
    await upgraded.close();
    const rows = all.filter((line) => inTables.has(JSON.parse(line).table)).map(withoutLaterColumns);
    const counts: Record<string, number> = {};
    for (const line of rows) counts[JSON.parse(line).table] = (counts[JSON.parse(line).table] ?? 0) + 1;
    const header = { format: "pratique-store", version: 1, migration: "0001-first-page", rows: counts };
    await using other = await make();
    const target = await openStore(other.options);
    await importStore(target, Readable.from([sealed([JSON.stringify(header), ...rows])]));
    expect((await target.launches.list({ seen: everything, limit: 9 })).total).toBe(3);
    expect((await exported(target)).trimEnd().split("\n").slice(1, -1)).toEqual(all);
    await target.close();
  });

  it("knows of every table that there is", async () => {
    const { database: kysely } = connectionOf(store);
    const found = await kysely.introspection.getTables();
    const ours = found.filter(
      ({ name, schema }) => !name.startsWith("kysely_") && schema !== "graphile_worker",
    );
    expect(ours.map(({ name }) => name).sort()).toEqual(tables.map(({ name }) => name).sort());
    expect(savedTables.length).toBeGreaterThan(5);
  });
});
