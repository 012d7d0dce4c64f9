import type { Visibility } from "@pratique/access";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Sight } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";

/** How bad an image is: what of it counts over time. */
export interface ImageState {
  /** ISO 8601: the scan that found it so. */
  readonly since: string;
  /** The worst severity that it has, 5 for critical down to 0 for unknown; -1 where nothing was found. */
  readonly worst: number;
  readonly assessment: string;
}

/** So many images went from one state to another on one day; `previous` is null where they were not there before. */
export interface StateChanges {
  /** `2026-11-24`. */
  readonly day: string;
  readonly worst: number;
  readonly assessment: string;
  readonly previous: { readonly worst: number; readonly assessment: string } | null;
  readonly images: number;
}

/** Remembers how bad an image is from a moment on, where it was otherwise before. */
export async function noteState(
  transaction: Transaction<Schema>,
  imageId: string,
  { since, worst, assessment }: ImageState,
): Promise<void> {
  const last = await transaction
    .selectFrom("image_states")
    .selectAll()
    .where("image_id", "=", imageId)
    .orderBy("since", "desc")
    .limit(1)
    .executeTakeFirst();
  if (last?.worst === worst && last.assessment === assessment) return;
  // A report may take the place of a later one, where it is worse: then it was so since that one.
  const from = last !== undefined && last.since > since ? last.since : since;
  await transaction
    .insertInto("image_states")
    .values({ image_id: imageId, since: from, worst, assessment })
    .onConflict((conflict) => conflict.columns(["image_id", "since"]).doUpdateSet({ worst, assessment }))
    .execute();
}

/** What became of the images that may be seen, day by day. */
export async function stateChanges(
  database: Kysely<Schema>,
  { seen, sight, until }: { readonly seen: Visibility; readonly sight: Sight; readonly until: string },
): Promise<readonly StateChanges[]> {
  const { rows } = await sql<ChangeRow>`
    select day, worst, assessment, previous_worst, previous_assessment, count(*) as images from (
      select substr(since, 1, 10) as day, worst, assessment,
        lag(worst) over (partition by image_id order by since) as previous_worst,
        lag(assessment) over (partition by image_id order by since) as previous_assessment
      from image_states where since <= ${until} and ${sight.images(seen, "image_states.image_id")}
    ) as steps
    group by day, worst, assessment, previous_worst, previous_assessment
    order by day`.execute(database);
  return rows.map(({ day, worst, assessment, previous_worst, previous_assessment, images }) => ({
    day,
    worst: Number(worst),
    assessment,
    previous:
      previous_assessment === null
        ? null
        : { worst: Number(previous_worst), assessment: previous_assessment },
    images: Number(images),
  }));
}

interface ChangeRow {
  readonly day: string;
  readonly worst: number;
  readonly assessment: string;
  readonly previous_worst: number | null;
  readonly previous_assessment: string | null;
  readonly images: number | string;
}
