import type { Severity } from "@pratique/core";
import { type Kysely, sql } from "kysely";
import { type LaunchOutcome, outcomeOf } from "./launch-repository.ts";
import type { Schema } from "./schema.ts";

/** Sums over all images. */
export interface ImageStatistics {
  readonly total: number;
  /** Images by the worst severity among their findings. */
  readonly worst: Readonly<Record<Severity, number>>;
  /** Assessed completely, and without findings. */
  readonly clean: number;
  readonly notAssessed: number;
  readonly findings: Readonly<Record<Severity, number>>;
}

/** Launches of one hour that ended in one way. */
export interface LaunchCount {
  /** `2026-11-24T10`. */
  readonly hour: string;
  readonly outcome: LaunchOutcome;
  readonly launches: number;
}

/** What the overview counts. */
export class Statistics {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async images(): Promise<ImageStatistics> {
    const row = await this.#database
      .selectFrom("images")
      .select(({ fn }) => [
        fn.countAll().as("total"),
        fn.sum("critical").as("critical"),
        fn.sum("high").as("high"),
        fn.sum("medium").as("medium"),
        fn.sum("low").as("low"),
        fn.sum("negligible").as("negligible"),
        fn.sum("unknown").as("unknown"),
        countWhere("assessment <> 'complete'").as("notAssessed"),
        countWhere("assessment = 'complete' and weight = 0 and unknown = 0").as("clean"),
        countWhere("critical > 0").as("worstCritical"),
        countWhere("critical = 0 and high > 0").as("worstHigh"),
        countWhere("critical + high = 0 and medium > 0").as("worstMedium"),
        countWhere("critical + high + medium = 0 and low > 0").as("worstLow"),
        countWhere("critical + high + medium + low = 0 and negligible > 0").as("worstNegligible"),
        countWhere("weight = 0 and unknown > 0").as("worstUnknown"),
      ])
      .executeTakeFirstOrThrow();
    return {
      total: Number(row.total),
      notAssessed: Number(row.notAssessed),
      clean: Number(row.clean),
      worst: {
        critical: Number(row.worstCritical),
        high: Number(row.worstHigh),
        medium: Number(row.worstMedium),
        low: Number(row.worstLow),
        negligible: Number(row.worstNegligible),
        unknown: Number(row.worstUnknown),
      },
      findings: {
        critical: Number(row.critical),
        high: Number(row.high),
        medium: Number(row.medium),
        low: Number(row.low),
        negligible: Number(row.negligible),
        unknown: Number(row.unknown),
      },
    };
  }

  /** Launches by hour and outcome, from a moment on, in that order. */
  async launchesSince(time: string): Promise<readonly LaunchCount[]> {
    const hour = sql<string>`substr(time, 1, 13)`;
    const rows = await this.#database
      .selectFrom("launches")
      .select(({ fn }) => [hour.as("hour"), "outcome", fn.countAll().as("launches")])
      .where("time", ">=", time)
      .groupBy([hour, "outcome"])
      .orderBy(hour)
      .orderBy("outcome")
      .execute();
    return rows.map((row) => ({
      hour: row.hour,
      outcome: outcomeOf(row.outcome),
      launches: Number(row.launches),
    }));
  }
}

/** The condition is one of the constants above, never text from outside. */
function countWhere(condition: string) {
  return sql<number>`coalesce(sum(case when ${sql.raw(condition)} then 1 else 0 end), 0)`;
}
