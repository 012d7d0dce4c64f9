import { createHash, type Hash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { bytesColumn, numberColumn, type Row, textColumn } from "./row.ts";

/**
 * The SHA-256 of everything that a database answers with, in a fixed order, without the times at which it was read:
 * its revision. Two databases of one revision give the same answers.
 */
export function contentHash(database: DatabaseSync): string {
  const hash = createHash("sha256");
  const rows = (query: string): Iterable<Row> => database.prepare(query).iterate();
  for (const row of rows(`
    SELECT e.name AS ecosystem, a.package, s.provider, a.records
    FROM advisory a JOIN ecosystem e ON e.id = a.ecosystem JOIN source s ON s.id = a.source
    ORDER BY a.ecosystem, a.package, a.source
  `)) {
    field(hash, textColumn(row, "ecosystem"));
    field(hash, textColumn(row, "package"));
    field(hash, textColumn(row, "provider"));
    field(hash, bytesColumn(row, "records"));
  }
  for (const row of rows(
    "SELECT d.id, s.provider, d.body FROM detail d JOIN source s ON s.id = d.source ORDER BY d.id, d.source",
  )) {
    for (const column of ["id", "provider", "body"]) field(hash, textColumn(row, column));
  }
  for (const row of rows(
    "SELECT id, source, known_exploited, coalesce(epss, -1) AS epss FROM enrichment ORDER BY id, source",
  )) {
    field(hash, textColumn(row, "id"));
    field(hash, `${numberColumn(row, "known_exploited")} ${numberColumn(row, "epss")}`);
  }
  return hash.digest("hex");
}

/** With its length in front, so that no two lists of fields give the same bytes. */
function field(hash: Hash, value: string | Uint8Array): void {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  hash.update(`${bytes.length}:`);
  hash.update(bytes);
}
