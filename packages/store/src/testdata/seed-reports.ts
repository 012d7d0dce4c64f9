import { CompiledQuery, type Kysely, sql, type Transaction } from "kysely";
import type { Digest, ScanReport } from "@pratique/core";
import { findingRowsOf, type NewFinding } from "../findings/finding-row.ts";
import { packImage } from "../findings/image-findings.ts";
import { builtAtOf } from "../image-dispute.ts";
import { reportColumnsOf } from "../image-row.ts";
import { hashInstances, notePackages } from "../packages/note-packages.ts";
import type { Store } from "../store.ts";
import type { Schema } from "../schema.ts";
import { connectionOf } from "../store-connection.ts";

const IMAGES_AT_ONCE = 50;
const ROWS_AT_ONCE = 500;

const columns = [
  "id",
  "package_name",
  "package_version",
  "package_type",
  "severity",
  "status",
  "fixed_version",
  "known_exploited",
  "epss",
  "source",
  "first_seen",
  "suppressed_by",
  "risk",
] as const satisfies readonly (keyof NewFinding)[];

/**
 * Stores reports of images that the store does not have as the front door would, but many in one transaction, and
 * counts the vulnerabilities once, when all are there.
 */
export async function seedReports(
  store: Store,
  count: number,
  reportAt: (index: number) => { readonly imageId: Digest; readonly report: ScanReport },
): Promise<void> {
  const { database, dialect } = connectionOf(store);
  const mark = dialect.bytes === "blob" ? "?" : "$";
  const indexes = await dropIndexes(database, mark);
  const imageIds: Digest[] = [];
  for (let from = 0; from < count; from += IMAGES_AT_ONCE) {
    const reports = Array.from({ length: Math.min(IMAGES_AT_ONCE, count - from) }, (_, index) =>
      reportAt(from + index),
    );
    await database.transaction().execute(async (transaction) => {
      const rows: unknown[][] = [];
      for (const { imageId, report } of reports) {
        imageIds.push(imageId);
        await transaction
          .insertInto("images")
          .values(await reportColumnsOf(imageId, report))
          .execute();
        await notePackages(transaction, {
          imageId,
          instances: hashInstances(report),
          advisoriesAt: builtAtOf(report, report.scannedAt).iso,
          due: "",
        });
        for (const row of findingRowsOf(report))
          rows.push([imageId, ...columns.map((column) => row[column])]);
      }
      await putFindings(transaction, rows, mark);
    });
  }
  for (const index of indexes) await sql.raw(index).execute(database);
  await database.transaction().execute(countAll);
  for (let from = 0; from < count; from += IMAGES_AT_ONCE) {
    await database.transaction().execute(async (transaction) => {
      for (const imageId of imageIds.slice(from, from + IMAGES_AT_ONCE))
        await packImage(transaction, imageId);
    });
  }
}

async function putFindings(
  transaction: Transaction<Schema>,
  rows: readonly (readonly unknown[])[],
  mark: "?" | "$",
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    await transaction.executeQuery(CompiledQuery.raw(insertOf(some.length, mark), some.flat()));
  }
}

/** Numbered parameters take SQLite a time that grows with the square of their number, and PostgreSQL has no others. */
function insertOf(rows: number, mark: "?" | "$"): string {
  const width = columns.length + 1;
  const tuples = Array.from({ length: rows }, (_, row) => {
    const places = Array.from({ length: width }, (_unused, column) =>
      mark === "?" ? mark : `${mark}${row * width + column + 1}`,
    );
    return `(${places.join(",")})`;
  });
  return `insert into findings (image_id, ${columns.join(", ")}) values ${tuples.join(",")}`;
}

/** An index is made faster of all rows at once than row by row. Gives the statements that make them again. */
export async function dropIndexes(database: Kysely<Schema>, mark: "?" | "$"): Promise<readonly string[]> {
  const { rows } = await (mark === "?"
    ? sql<IndexRow>`select name, sql from sqlite_master where type = 'index' and tbl_name = 'findings' and sql is not null`
    : sql<IndexRow>`
          select indexname as name, indexdef as sql from pg_indexes
          where schemaname = current_schema() and tablename = 'findings' and indexname not like '%_pkey'`
  ).execute(database);
  for (const { name } of rows) await sql`drop index ${sql.ref(name)}`.execute(database);
  return rows.map((row) => row.sql);
}

interface IndexRow {
  readonly name: string;
  readonly sql: string;
}

async function countAll(transaction: Transaction<Schema>): Promise<void> {
  const ranks = ["critical", "high", "medium", "low", "negligible", "unknown"].map(
    (name, index) => sql`sum(case when worst = ${sql.lit(5 - index)} then 1 else 0 end) as ${sql.ref(name)}`,
  );
  await sql`
    insert into vulnerabilities
      (id, images, worst, critical, high, medium, low, negligible, unknown, fixable, known_exploited, epss)
    select id, count(*), max(worst), ${sql.join(ranks)}, sum(fixable), sum(exploited), max(epss) from (
      select id, image_id, max(severity) as worst, max(known_exploited) as exploited, max(epss) as epss,
        max(case when fixed_version is null then 0 else 1 end) as fixable
      from findings group by id, image_id) as held
    group by id`.execute(transaction);
  await sql`insert into finding_packages (name) select distinct package_name from findings`.execute(
    transaction,
  );
}
