import type { Visibility } from "@pratique/access";
import { type Kysely, sql, type Transaction } from "kysely";
import { type Sight, seesEverything } from "./fleet/sight.ts";
import { RowInserter } from "./insert-rows.ts";
import { type LaunchOutcome, outcomeOf } from "./launch-repository.ts";
import type { LaunchHourTable, LaunchTable, Schema } from "./schema.ts";

/** Launches of one hour that ended in one way. */
export interface LaunchCount {
  /** `2026-11-24T10`. */
  readonly hour: string;
  readonly outcome: LaunchOutcome;
  readonly launches: number;
}

/** What is counted together over all hosts. */
const ALL = { host: "", repository: "" };

/** Of an hour, as the beginning of an ISO 8601 time. */
export const HOUR_LENGTH = "2026-11-24T10".length;

/**
 * How many launches there were in each hour, by host and repository, and over all of them. The counts are kept with the
 * launches: what somebody sees of them costs the same whether there were a hundred or a million.
 */
export class LaunchHours {
  readonly #rows = new RowInserter("launch_hours", ["hour", "host", "repository", "outcome", "launches"], {
    key: ["host", "hour", "repository", "outcome"],
    add: ["launches"],
  });

  /** Counts launches, in the transaction that stores them. */
  async add(transaction: Transaction<Schema>, launches: readonly LaunchTable[]): Promise<void> {
    const counts = new Map<string, LaunchHourTable>();
    for (const { time, host, repository, outcome } of launches) {
      const hour = time.slice(0, HOUR_LENGTH);
      for (const place of [ALL, { host, repository: repository ?? "" }]) {
        const key = JSON.stringify([place, hour, outcome]);
        const count = counts.get(key) ?? { ...place, hour, outcome, launches: 0 };
        count.launches += 1;
        counts.set(key, count);
      }
    }
    await this.#rows.insert(transaction, [...counts.values()]);
  }
}

/** Launches by hour and outcome, from the hour of a moment on, in that order. */
export async function countLaunches(
  database: Kysely<Schema>,
  { since, seen, sight }: { readonly since: string; readonly seen: Visibility; readonly sight: Sight },
): Promise<readonly LaunchCount[]> {
  const hour = since.slice(0, HOUR_LENGTH);
  const counted = seesEverything(seen)
    ? sql`(select hour, outcome, launches from launch_hours where host = '' and hour >= ${hour})`
    : sql`(select hour, outcome, launches from (
        select hour, outcome, launches, host, nullif(repository, '') as repository from launch_hours
        where host <> '' and hour >= ${hour}) as launches
      where ${sight.placed(seen, "launches")})`;
  const { rows } = await sql<{ hour: string; outcome: string; launches: number | string }>`
    select hour, outcome, sum(launches) as launches from ${counted} as counted
    group by hour, outcome order by hour, outcome`.execute(database);
  return rows.map((row) => ({
    hour: row.hour,
    outcome: outcomeOf(row.outcome),
    launches: Number(row.launches),
  }));
}
