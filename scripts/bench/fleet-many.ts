import { DatabaseSync } from "node:sqlite";

/** What else there is of a vulnerability than how often it was found. */
const NOT_COUNTED: readonly string[] = ["id", "worst", "epss"];

/**
 * Multiplies the images of a seeded database, with their findings, in the tables themselves: making a million findings
 * from reports takes longer than what is to be measured.
 */
export function multiplyImages(file: string, times: number): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(
      "pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -1000000; begin immediate",
    );
    for (let copy = 1; copy < times; copy += 1) copyImages(database, copy.toString(16).padStart(4, "0"));
    const counted = columnsOf(database, "vulnerabilities").filter((name) => !NOT_COUNTED.includes(name));
    for (const name of counted) database.exec(`update vulnerabilities set "${name}" = "${name}" * ${times}`);
    database.exec("commit");
    database.exec("pragma wal_checkpoint(truncate); analyze");
  } finally {
    database.close();
  }
}

/** Copies are named by the last four digits of their ids; those that were made before are not copied again. */
function copyImages(database: DatabaseSync, digits: string): void {
  database.exec("create temporary table if not exists originals as select image_id from images");
  for (const table of tablesOfImages(database)) {
    const columns = columnsOf(database, table).filter((name) => name !== "number");
    const values = columns.map((name) =>
      name === "image_id" ? `substr(image_id, 1, length(image_id) - 4) || '${digits}'` : `"${name}"`,
    );
    database.exec(
      `insert or ignore into ${table} (${columns.map((name) => `"${name}"`).join(", ")})
       select ${values.join(", ")} from ${table} where image_id in (select image_id from originals)`,
    );
  }
}

/** All that is kept by image, but for what runs: that is the hosts'. */
function tablesOfImages(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare(
      `select tables.name from sqlite_master as tables, pragma_table_info(tables.name) as columns
       where tables.type = 'table' and columns.name = 'image_id' and tables.name not in ('launches', 'containers')`,
    )
    .all();
  return rows.map(({ name }) => String(name));
}

function columnsOf(database: DatabaseSync, table: string): readonly string[] {
  return database
    .prepare(`select name from pragma_table_info('${table}')`)
    .all()
    .map(({ name }) => String(name));
}
