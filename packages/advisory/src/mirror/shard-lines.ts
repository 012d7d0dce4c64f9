import type { DatabaseSync } from "node:sqlite";
import { unpackText } from "../database/record-codec.ts";
import { bytesColumn, numberColumn, type Row, textColumn } from "../database/row.ts";
import { AdvisoryError } from "../errors.ts";
import { listOf } from "../location/fields.ts";
import { rangeOf, type Shard, seriesOf } from "./shard.ts";

/** Keys of the sources by their numbers in a database. Rows of other sources are not published. */
export type SourceKeys = ReadonlyMap<number, string>;

/**
 * A shard as text: one line for each record, `KEY <tab> SOURCE <tab> JSON`, in the order of their bytes, each once. The key is
 * a package or an identifier, so that what is said of one thing lies together. Equal content gives equal lines, whichever
 * database it is read from: that is what lets a mirror's reader take its own copy for the base of a change.
 */
export function* linesOf(database: DatabaseSync, shard: Shard, keys: SourceKeys): Generator<Buffer> {
  let key: string | undefined;
  let group: Buffer[] = [];
  for (const row of rowsOf(database, shard)) {
    const source = keys.get(numberColumn(row, "source"));
    if (source === undefined) continue;
    const next = textColumn(row, "key");
    if (next !== key) {
      yield* group.sort(Buffer.compare);
      group = [];
      key = next;
    }
    for (const value of valuesOf(row, shard)) group.push(Buffer.from(`${next}\t${source}\t${value}`));
  }
  yield* group.sort(Buffer.compare);
}

function rowsOf(database: DatabaseSync, shard: Shard): Iterable<Row> {
  switch (shard.kind) {
    case "advisories":
      return database
        .prepare(
          `SELECT a.package AS key, a.source, a.records FROM advisory a JOIN ecosystem e ON e.id = a.ecosystem
           WHERE e.name = ? ORDER BY a.package`,
        )
        .iterate(shard.ecosystem);
    case "details":
      return detailsOf(database, shard.series);
    case "enrichments":
      return database
        .prepare("SELECT id AS key, source, known_exploited, epss FROM enrichment ORDER BY id")
        .iterate();
  }
}

function* detailsOf(database: DatabaseSync, series: string): Generator<Row> {
  const range = rangeOf(series);
  const columns = "SELECT id AS key, source, body FROM detail";
  if (range !== undefined) {
    yield* database.prepare(`${columns} WHERE id >= ? AND id < ? ORDER BY id`).iterate(range.from, range.to);
    return;
  }
  const rows: Iterable<Row> = database.prepare(`${columns} ORDER BY id`).iterate();
  for (const row of rows) if (seriesOf(textColumn(row, "key")) === series) yield row;
}

function valuesOf(row: Row, { kind }: Shard): readonly string[] {
  switch (kind) {
    case "advisories":
      return recordsOf(bytesColumn(row, "records"));
    case "details":
      return [textColumn(row, "body")];
    case "enrichments": {
      const known = numberColumn(row, "known_exploited");
      return [JSON.stringify(typeof row.epss === "number" ? [known, row.epss] : [known])];
    }
  }
}

function recordsOf(packed: Uint8Array): readonly string[] {
  try {
    return listOf(JSON.parse(unpackText(packed))).map((record) => JSON.stringify(record));
  } catch (cause) {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError("DATABASE_CORRUPT", "the records of a package are damaged", { cause });
  }
}
