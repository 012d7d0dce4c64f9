import { DatabaseSync } from "node:sqlite";
import { countRows, type RowCounts } from "../database/assemble.ts";
import type { PreviousDatabase } from "../database/previous.ts";
import { textColumn } from "../database/row.ts";
import { createTables } from "../database/schema.ts";
import type { SourceRecord } from "../database/source-record.ts";
import type { Lines } from "./line-delta.ts";
import { parseShardName, type Shard, seriesOf, shardName } from "./shard.ts";
import { ShardLoader } from "./shard-loader.ts";

/** Where a shard of the new database comes from. */
export type ShardOrigin =
  /** The database before holds it as it is to be. */
  | { readonly kind: "held"; readonly name: string }
  | { readonly kind: "fetched"; readonly name: string; readonly lines: () => Lines };

export interface AssembleShardsOptions {
  /** In the order of their numbers. Those without a key are taken over from the database before. */
  readonly sources: readonly SourceRecord[];
  readonly shards: readonly ShardOrigin[];
  /** The database before, which has been verified. */
  readonly previous?: PreviousDatabase | undefined;
}

/** Writes a new database file at `path`, which must not exist. Throws `MIRROR_DAMAGED` and `MIRROR_MALFORMED`. */
export async function assembleShards(path: string, options: AssembleShardsOptions): Promise<RowCounts> {
  const database = new DatabaseSync(path);
  try {
    createTables(database);
    if (options.previous !== undefined) database.prepare("ATTACH ? AS previous").run(options.previous.path);
    database.exec("BEGIN");
    insertSources(database, options.sources);
    const ecosystems = insertEcosystems(database, options);
    if (options.previous !== undefined) copyHeld(database, options);
    const keys = options.sources.flatMap(({ mirrorKey }, index) =>
      mirrorKey === undefined ? [] : [[mirrorKey, index + 1] as const],
    );
    const loader = new ShardLoader(database, new Map(keys), ecosystems);
    for (const shard of options.shards) {
      if (shard.kind === "fetched") await loader.load(parseShardName(shard.name), shard.lines());
    }
    database.exec("COMMIT");
    return countRows(database);
  } finally {
    database.close();
  }
}

function insertSources(database: DatabaseSync, sources: readonly SourceRecord[]): void {
  const insert = database.prepare("INSERT INTO main.source VALUES (?, ?, ?, ?)");
  for (const [index, record] of sources.entries()) {
    insert.run(index + 1, record.provider, record.location, JSON.stringify(record));
  }
}

/** Numbers follow the names, as in a database that was built. */
function insertEcosystems(
  database: DatabaseSync,
  { sources, shards, previous }: AssembleShardsOptions,
): ReadonlyMap<string, number> {
  const names = new Set<string>();
  for (const { name } of shards) {
    const shard = parseShardName(name);
    if (shard.kind === "advisories") names.add(shard.ecosystem);
  }
  for (const id of previous === undefined ? [] : [...ownSources(sources, previous).keys()]) {
    const rows = database
      .prepare(
        `SELECT DISTINCT e.name AS name FROM previous.advisory a JOIN previous.ecosystem e ON e.id = a.ecosystem
         WHERE a.source = ?`,
      )
      .iterate(id);
    for (const row of rows) names.add(textColumn(row, "name"));
  }
  const insert = database.prepare("INSERT INTO main.ecosystem VALUES (?, ?)");
  const sorted = [...names].sort();
  for (const [index, name] of sorted.entries()) insert.run(index + 1, name);
  return new Map(sorted.map((name, index) => [name, index + 1]));
}

/** Takes over the rows of what the mirror has not changed, and of sources that are not the mirror's. */
function copyHeld(database: DatabaseSync, { sources, shards, previous }: AssembleShardsOptions): void {
  if (previous === undefined) return;
  const held = new Set(shards.flatMap(({ kind, name }) => (kind === "held" ? [name] : [])));
  const own = ownSources(sources, previous);
  const ofMirror = mirrorSources(sources, previous);
  database.exec(
    "CREATE TEMP TABLE moved (old INTEGER PRIMARY KEY, new INTEGER NOT NULL, own INTEGER NOT NULL) STRICT",
  );
  const insert = database.prepare("INSERT INTO temp.moved VALUES (?, ?, ?)");
  for (const [old, fresh] of own) insert.run(old, fresh, 1);
  for (const [old, fresh] of ofMirror) insert.run(old, fresh, 0);
  const isHeld = (shard: Shard): number => (held.has(shardName(shard)) ? 1 : 0);
  database.function("holds_ecosystem", { deterministic: true }, (name) =>
    isHeld({ kind: "advisories", ecosystem: String(name) }),
  );
  database.function("holds_detail", { deterministic: true }, (id) =>
    isHeld({ kind: "details", series: seriesOf(String(id)) }),
  );
  database.exec(`
    INSERT INTO main.advisory
    SELECT e.id, a.package, m.new, a.checksum, a.records
    FROM previous.ecosystem p
    JOIN main.ecosystem e ON e.name = p.name
    JOIN previous.advisory a ON a.ecosystem = p.id
    JOIN temp.moved m ON m.old = a.source
    WHERE m.own OR holds_ecosystem(p.name);
    INSERT INTO main.detail
    SELECT d.id, m.new, d.body FROM previous.detail d JOIN temp.moved m ON m.old = d.source
    WHERE m.own OR holds_detail(d.id);
    INSERT INTO main.enrichment
    SELECT n.id, m.new, n.known_exploited, n.epss
    FROM previous.enrichment n JOIN temp.moved m ON m.old = n.source
    WHERE m.own OR ${isHeld({ kind: "enrichments" })};
  `);
}

/** New numbers by old ones, of sources that are not the mirror's. */
function ownSources(
  sources: readonly SourceRecord[],
  previous: PreviousDatabase,
): ReadonlyMap<number, number> {
  return moved(sources, previous, ({ mirrorKey, provider, location }) =>
    mirrorKey === undefined ? `${provider} ${location}` : undefined,
  );
}

function mirrorSources(
  sources: readonly SourceRecord[],
  previous: PreviousDatabase,
): ReadonlyMap<number, number> {
  return moved(sources, previous, ({ mirrorKey }) => mirrorKey);
}

function moved(
  sources: readonly SourceRecord[],
  previous: PreviousDatabase,
  keyOf: (record: SourceRecord) => string | undefined,
): ReadonlyMap<number, number> {
  const numbers = new Map(sources.map((record, index) => [keyOf(record), index + 1]));
  numbers.delete(undefined);
  return new Map(
    previous.sources.flatMap(({ id, record }) => {
      const number = numbers.get(keyOf(record));
      return number === undefined ? [] : [[id, number] as const];
    }),
  );
}
