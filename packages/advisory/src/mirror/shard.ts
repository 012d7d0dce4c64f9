import type { DatabaseSync } from "node:sqlite";
import { type Row, textColumn } from "../database/row.ts";
import { AdvisoryError } from "../errors.ts";

/** A part of a database that is published, fetched and replaced as one. */
export type Shard =
  /** What is said of the packages of one ecosystem. */
  | { readonly kind: "advisories"; readonly ecosystem: string }
  /** What is said of vulnerabilities whose identifiers begin alike: few of them change, and mostly the newest. */
  | { readonly kind: "details"; readonly series: string }
  | { readonly kind: "enrichments" };

/** Series that have a shard of their own: `CVE-2024`, `GHSA`. The rest, and what are no identifiers, are `other`. */
const SERIES = /^(?:CVE-(?:19|20)\d{2}|GHSA)(?=-)/u;
const OTHER = "other";
const MAX_NAME_LENGTH = 200;

/** The name of a shard in a manifest: `advisories/Debian:12`, `details/CVE-2024`. */
export function shardName(shard: Shard): string {
  switch (shard.kind) {
    case "advisories":
      return `advisories/${shard.ecosystem}`;
    case "details":
      return `details/${shard.series}`;
    case "enrichments":
      return "enrichments";
  }
}

/** Reads the name of a shard. Throws `MIRROR_MALFORMED`. */
export function parseShardName(name: string): Shard {
  const [kind, rest = ""] = splitOnce(name, "/");
  if (name === "enrichments") return { kind: "enrichments" };
  if (name.length <= MAX_NAME_LENGTH && !/\p{C}/u.test(name) && rest.trim() !== "") {
    if (kind === "advisories") return { kind, ecosystem: rest };
    if (kind === "details" && (rest === OTHER || SERIES.test(`${rest}-`))) return { kind, series: rest };
  }
  throw new AdvisoryError(
    "MIRROR_MALFORMED",
    `expected the name of a shard, found ${JSON.stringify(name.slice(0, MAX_NAME_LENGTH))}`,
  );
}

/** In which series an identifier is. */
export function seriesOf(id: string): string {
  return SERIES.exec(id)?.[0] ?? OTHER;
}

/** All shards of a database that hold something, by their names in order. */
export function shardsIn(database: DatabaseSync): readonly Shard[] {
  const shards: Shard[] = [];
  const rows = (query: string): Iterable<Row> => database.prepare(query).iterate();
  for (const row of rows("SELECT name FROM ecosystem ORDER BY name")) {
    shards.push({ kind: "advisories", ecosystem: textColumn(row, "name") });
  }
  const series = new Set<string>();
  for (const row of rows("SELECT DISTINCT id FROM detail")) series.add(seriesOf(textColumn(row, "id")));
  for (const name of [...series].sort()) shards.push({ kind: "details", series: name });
  if (database.prepare("SELECT 1 FROM enrichment LIMIT 1").get() !== undefined) {
    shards.push({ kind: "enrichments" });
  }
  return shards;
}

/** Where the identifiers of a series lie in the order of the database; undefined for those that lie everywhere. */
export function rangeOf(series: string): { readonly from: string; readonly to: string } | undefined {
  // The full stop follows the hyphen in ASCII.
  return series === OTHER ? undefined : { from: `${series}-`, to: `${series}.` };
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
