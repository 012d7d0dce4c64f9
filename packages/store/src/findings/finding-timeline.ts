import type { Severity } from "@pratique/core";
import { type Kysely, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { FindingDayTable, Schema } from "../schema.ts";

/** How many findings were open on one day, over all images. */
export interface FindingDay {
  /** `2026-11-24`. */
  readonly day: string;
  readonly images: number;
  readonly severities: Readonly<Record<Severity, number>>;
  readonly fixable: number;
  readonly knownExploited: number;
}

const summed = [
  "critical",
  "high",
  "medium",
  "low",
  "negligible",
  "unknown",
  "fixable",
  "known_exploited",
] as const;

/** A point a day, for charts. The past cannot be counted any more, so it has to be recorded. */
export class FindingTimeline {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** Records how it is now as the point of the day of `nowMs`, in place of what was recorded that day before. */
  async record(nowMs: number): Promise<void> {
    const day = new Date(nowMs).toISOString().slice(0, 10);
    await this.#feed.write(async (transaction) => {
      const row = await transaction
        .selectFrom("images")
        .select(({ fn }) => fn.countAll<number>().as("images"))
        .select(summed.map((column) => sql<number>`coalesce(sum(${sql.ref(column)}), 0)`.as(column)))
        .executeTakeFirstOrThrow();
      await transaction
        .insertInto("finding_days")
        .values({ ...row, day })
        .onConflict((conflict) => conflict.column("day").doUpdateSet(row))
        .execute();
    });
  }

  /** The points from one day to another, both included, in their order. Days without a point are left out. */
  async between(from: string, to: string): Promise<readonly FindingDay[]> {
    const rows = await this.#database
      .selectFrom("finding_days")
      .selectAll()
      .where("day", ">=", from)
      .where("day", "<=", to)
      .orderBy("day")
      .execute();
    return rows.map(findingDayOf);
  }
}

function findingDayOf(row: FindingDayTable): FindingDay {
  const { day, images, fixable, known_exploited: knownExploited } = row;
  const { critical, high, medium, low, negligible, unknown } = row;
  return {
    day,
    images,
    severities: { critical, high, medium, low, negligible, unknown },
    fixable,
    knownExploited,
  };
}
