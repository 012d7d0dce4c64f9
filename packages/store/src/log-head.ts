import type { AuditRecord } from "@pratique/core";
import type { Kysely, Transaction } from "kysely";
import type { Schema } from "./schema.ts";

/** The last record of a log: its sequence and its hash, and the host that writes the log. */
export interface LogHead {
  readonly acknowledged: number;
  readonly lastHash: string;
  readonly host: string;
}

/** The head of a log of which nothing is held. */
export const EMPTY: LogHead = { acknowledged: 0, lastHash: "0".repeat(64), host: "" };
/** Logs of one query: below what either database takes as parameters. */
const LOGS_AT_ONCE = 512;

/** What is held of a log; one of which nothing is held is empty. */
export async function headOf(database: Kysely<Schema>, logId: string): Promise<LogHead> {
  return (await headsOf(database, [logId])).get(logId) ?? EMPTY;
}

/** What is held of each log; those of which nothing is held are left out. */
export async function headsOf(
  database: Kysely<Schema>,
  logIds: readonly string[],
): Promise<ReadonlyMap<string, LogHead>> {
  const heads = new Map<string, LogHead>();
  for (let from = 0; from < logIds.length; from += LOGS_AT_ONCE) {
    const rows = await database
      .selectFrom("logs")
      .select(["log_id", "acknowledged", "last_hash", "host"])
      .where("log_id", "in", padded(logIds.slice(from, from + LOGS_AT_ONCE)))
      .execute();
    for (const { log_id, acknowledged, last_hash, host } of rows) {
      heads.set(log_id, { acknowledged: Number(acknowledged), lastHash: last_hash, host });
    }
  }
  return heads;
}

/** Brought to a power of two by saying the first again: so there are few different texts of the query. */
function padded(ids: readonly string[]): readonly string[] {
  const [first = ""] = ids;
  const size = 2 ** Math.ceil(Math.log2(ids.length));
  return [...ids, ...Array.from({ length: size - ids.length }, () => first)];
}

/** Why records cannot follow what is held of their log; undefined where they can, or are held already. */
export async function faultIn(
  transaction: Transaction<Schema>,
  head: LogHead,
  { logId, records }: { readonly logId: string; readonly records: readonly AuditRecord[] },
): Promise<"gap" | "forked" | undefined> {
  let before: AuditRecord | undefined;
  for (const record of records) {
    if (before !== undefined && record.sequence !== before.sequence + 1) return "gap";
    if (before !== undefined && record.previousHash !== before.hash) return "forked";
    before = record;
  }
  const [first] = records;
  if (first === undefined) return undefined;
  if (first.sequence > head.acknowledged + 1) return "gap";
  if (first.sequence === head.acknowledged + 1) {
    return first.previousHash === head.lastHash ? undefined : "forked";
  }
  const held = await heldHashes(transaction, logId, records);
  // One that is not held any more was deleted for its age: it cannot be compared, and is not stored again.
  const differs = records.some(({ sequence, hash }) => (held.get(sequence) ?? hash) !== hash);
  return differs ? "forked" : undefined;
}

async function heldHashes(
  transaction: Transaction<Schema>,
  logId: string,
  records: readonly AuditRecord[],
): Promise<ReadonlyMap<number, string>> {
  const rows = await transaction
    .selectFrom("records")
    .select(["sequence", "hash"])
    .where("log_id", "=", logId)
    .where("sequence", ">=", records.at(0)?.sequence ?? 0)
    .where("sequence", "<=", records.at(-1)?.sequence ?? 0)
    .execute();
  return new Map(rows.map(({ sequence, hash }) => [Number(sequence), hash]));
}
