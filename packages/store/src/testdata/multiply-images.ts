import { sql } from "kysely";
import type { Store } from "../index.ts";
import { connectionOf } from "../store-connection.ts";
import { dropIndexes } from "./seed-reports.ts";

/** The digits of an id that tell copies apart; those of the originals are zero. */
const DIGITS = 6;
const COPIES_AT_ONCE = 10;

const columns = {
  images:
    "reference, digest, platform, distro, size_bytes, created, scanned_at, assessment, assessment_codes, critical, high, medium, low, negligible, unknown, fixable, known_exploited, suppressed, packages, weight, search, last_decision, last_decided_at, report, findings_stored, layers, origins_stored",
  image_packages: "advisories_at, due, packed",
  image_findings: "version, packed",
  findings:
    "id, package_name, package_version, package_type, severity, status, fixed_version, known_exploited, epss, source, first_seen, suppressed_by, affected_at, risk, open_since",
} as const;

/**
 * Multiplies the images of a seeded store in the tables themselves, where making so many from reports takes longer than
 * what is to be measured. The last digits of the originals' ids must be zero.
 */
export async function multiplyImages(store: Store, times: number): Promise<void> {
  const { database, dialect } = connectionOf(store);
  const indexes = await dropIndexes(database, dialect.bytes === "blob" ? "?" : "$");
  const zeros = "0".repeat(DIGITS);
  for (let from = 1; from < times; from += COPIES_AT_ONCE) {
    const copies = Array.from({ length: Math.min(COPIES_AT_ONCE, times - from) }, (_, index) =>
      sql`(${(from + index).toString(16).padStart(DIGITS, "0")})`,
    );
    await database.transaction().execute(async (transaction) => {
      for (const [table, names] of Object.entries(columns)) {
        await sql`
          with copies (digits) as (values ${sql.join(copies)})
          insert into ${sql.ref(table)} (image_id, ${sql.raw(names)})
          select substr(image_id, 1, length(image_id) - ${sql.lit(DIGITS)}) || digits, ${sql.raw(names)}
          from ${sql.ref(table)} cross join copies
          where substr(image_id, length(image_id) - ${sql.lit(DIGITS - 1)}) = ${sql.lit(zeros)}`.execute(transaction);
      }
    });
  }
  for (const index of indexes) await sql.raw(index).execute(database);
  const counted = ["images", "critical", "high", "medium", "low", "negligible", "unknown", "fixable", "known_exploited"];
  const factor = sql.lit(times);
  const set = counted.map((name) => sql`${sql.ref(name)} = ${sql.ref(name)} * ${factor}`);
  await sql`update vulnerabilities set ${sql.join(set)}`.execute(database);
  await sql`analyze`.execute(database);
}
