import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { packRecords } from "./record-codec.ts";
import { numberColumn, type Row, textColumn } from "./row.ts";
import { createTables } from "./schema.ts";
import type { SourceRecord } from "./source-record.ts";
import type { Stage } from "./stage.ts";

/** A source of the new database: read just now into the stage, or taken over from the database before. */
export interface AssembledSource {
  readonly record: SourceRecord;
  /** Its number in the previous database; absent for one that was read just now. */
  readonly previousId?: number;
}

export interface AssembleOptions {
  /** Source numbers count from 1 in this order, in the stage too. */
  readonly sources: readonly AssembledSource[];
  readonly stage: Stage;
  /** The path of the stage's file. */
  readonly stagePath: string;
  /** The database before, which must have been verified; needed where a source is taken over. */
  readonly previousPath?: string | undefined;
}

/** How many rows went in, to be counted again when the file is checked. */
export interface RowCounts {
  readonly advisory: number;
  readonly detail: number;
  readonly enrichment: number;
}

/** Writes a new database file at `path`, which must not exist. */
export function assembleDatabase(path: string, options: AssembleOptions): RowCounts {
  const database = new DatabaseSync(path);
  try {
    createTables(database);
    database.prepare("ATTACH ? AS stage").run(options.stagePath);
    if (options.previousPath !== undefined)
      database.prepare("ATTACH ? AS previous").run(options.previousPath);
    database.exec("BEGIN");
    insertSources(database, options.sources);
    insertEcosystems(database, options);
    insertStaged(database, options.stage);
    if (options.previousPath !== undefined) copyKept(database, options.sources);
    database.exec("COMMIT");
    return countRows(database);
  } finally {
    database.close();
  }
}

/** Counts the rows of a database. */
export function countRows(database: DatabaseSync): RowCounts {
  const count = (table: string): number =>
    numberColumn(database.prepare(`SELECT count(*) AS n FROM main.${table}`).get() ?? {}, "n");
  return { advisory: count("advisory"), detail: count("detail"), enrichment: count("enrichment") };
}

/** The check sum of a row of `advisory`. */
export function checksumOf(packageName: string, records: Uint8Array): number {
  return crc32(records, crc32(packageName));
}

function insertSources(database: DatabaseSync, sources: readonly AssembledSource[]): void {
  const insert = database.prepare("INSERT INTO main.source VALUES (?, ?, ?, ?)");
  for (const [index, { record }] of sources.entries()) {
    insert.run(index + 1, record.provider, record.location, JSON.stringify(record));
  }
}

/** Numbers follow the names, so that the order of rows is the same however a database came about. */
function insertEcosystems(database: DatabaseSync, { sources, previousPath }: AssembleOptions): void {
  const names = new Set<string>();
  for (const row of database.prepare("SELECT DISTINCT ecosystem AS name FROM stage.chunk").iterate()) {
    names.add(textColumn(row, "name"));
  }
  if (previousPath !== undefined) {
    const kept = sources.flatMap(({ previousId }) => (previousId === undefined ? [] : [previousId]));
    const inPrevious = database.prepare(`
      SELECT DISTINCT e.name AS name FROM previous.advisory a JOIN previous.ecosystem e ON e.id = a.ecosystem
      WHERE a.source = ?
    `);
    for (const id of kept) for (const row of inPrevious.iterate(id)) names.add(textColumn(row, "name"));
  }
  const insert = database.prepare("INSERT INTO main.ecosystem (name) VALUES (?)");
  for (const name of [...names].sort()) insert.run(name);
}

function insertStaged(database: DatabaseSync, stage: Stage): void {
  const ids = new Map<string, number>();
  for (const row of database.prepare("SELECT id, name FROM main.ecosystem").all()) {
    ids.set(textColumn(row, "name"), numberColumn(row, "id"));
  }
  const insert = database.prepare("INSERT INTO main.advisory VALUES (?, ?, ?, ?, ?)");
  for (const { ecosystem, name, source, records } of groupedChunks(stage)) {
    const packed = packRecords(records);
    insert.run(ids.get(ecosystem) ?? 0, name, source, checksumOf(name, packed), packed);
  }
  database.exec(`
    INSERT INTO main.detail SELECT * FROM stage.detail;
    INSERT INTO main.enrichment SELECT * FROM stage.enrichment;
  `);
}

interface PackageRecords {
  readonly ecosystem: string;
  readonly name: string;
  readonly source: number;
  readonly records: string[];
}

/** The chunks of one package lie side by side; they become one list. */
function* groupedChunks(stage: Stage): Generator<PackageRecords> {
  let group: PackageRecords | undefined;
  const rows: Iterable<Row> = stage.database
    .prepare(
      "SELECT ecosystem, package, source, records FROM chunk ORDER BY ecosystem, package, source, sequence",
    )
    .iterate();
  for (const row of rows) {
    const ecosystem = textColumn(row, "ecosystem");
    const name = textColumn(row, "package");
    const source = numberColumn(row, "source");
    const records = textColumn(row, "records").split("\n");
    if (group?.name === name && group.source === source && group.ecosystem === ecosystem) {
      for (const record of records) group.records.push(record);
    } else {
      if (group !== undefined) yield group;
      group = { ecosystem, name, source, records };
    }
  }
  if (group !== undefined) yield group;
}

function copyKept(database: DatabaseSync, sources: readonly AssembledSource[]): void {
  const advisories = database.prepare(`
    INSERT INTO main.advisory
    SELECT e.id, a.package, ?, a.checksum, a.records
    FROM previous.advisory a
    JOIN previous.ecosystem p ON p.id = a.ecosystem
    JOIN main.ecosystem e ON e.name = p.name
    WHERE a.source = ?
  `);
  const details = database.prepare(
    "INSERT INTO main.detail SELECT id, ?, body FROM previous.detail WHERE source = ?",
  );
  const enrichments = database.prepare(
    "INSERT INTO main.enrichment SELECT id, ?, known_exploited, epss FROM previous.enrichment WHERE source = ?",
  );
  for (const [index, { previousId }] of sources.entries()) {
    if (previousId === undefined) continue;
    for (const copy of [advisories, details, enrichments]) copy.run(index + 1, previousId);
  }
}
