import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "./cursor.ts";
import type { Schema } from "./schema.ts";

/** Further is not counted: of a million it would take longer than to find the page. */
const MAX_COUNTED = 10_000;

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

/**
 * One page of rows that have a `time` and an `id`, newest first; `total` is exact below 10 000, and may be more there.
 * Throws `CURSOR_MALFORMED`.
 */
export async function newestFirst<Table extends "launches" | "detections" | "responses">(
  database: Kysely<Schema>,
  filtered: SelectQueryBuilder<Schema, Table, object>,
  { limit, cursor: text }: PageQuery,
): Promise<Page<Schema[Table]>> {
  const cursor = text === undefined ? undefined : parseCursor(text, "string");
  const counting = database
    .selectFrom(filtered.select(sql.ref("id").as("id")).limit(MAX_COUNTED).as("some"))
    .select(({ fn }) => fn.countAll().as("total"))
    .executeTakeFirst();
  const after =
    cursor === undefined
      ? sql<boolean>`1 = 1`
      : sql<boolean>`(time < ${String(cursor.key)} or time = ${String(cursor.key)} and id < ${cursor.id})`;
  const finding = filtered
    .selectAll()
    .where(after)
    .orderBy(sql`time desc`)
    .orderBy(sql`id desc`)
    .limit(limit + 1)
    .execute();
  const [counted, rows] = await Promise.all([counting, finding]);
  // Sound: all columns of one table were selected.
  const page = rows.slice(0, limit) as unknown as readonly Schema[Table][];
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    items: page,
    nextCursor: last === undefined ? null : formatCursor({ key: last.time, id: last.id }),
    total: Number(counted?.total ?? 0),
  };
}
