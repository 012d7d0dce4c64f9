import type { Digest, ScanReport } from "@pratique/core";
import { type Kysely, sql } from "kysely";
import { reportWithListsIn } from "./image-row.ts";
import { knowsAll } from "./keep-lists.ts";
import type { Schema } from "./schema.ts";

/** The report that is held of an image, where it may know of secrets or licences what another one does not. */
export interface HeldLists {
  /** Another one where another report is held. */
  readonly version: string | undefined;
  /** Undefined where none is held, or nobody has ever looked for either. */
  readonly report: ScanReport | undefined;
}

/** Undefined where a new report knows as much of both as can be known. */
export async function heldLists(
  database: Kysely<Schema>,
  imageId: Digest,
  report: ScanReport,
): Promise<HeldLists | undefined> {
  if (knowsAll(report)) return undefined;
  const row = await database
    .selectFrom("images")
    .select(["scanned_at", "report"])
    .where("image_id", "=", imageId)
    .executeTakeFirst();
  if (row === undefined) return { version: undefined, report: undefined };
  const version = versionIn(row.scanned_at, row.report.length);
  // One that cannot be read is replaced like any other.
  return { version, report: await reportWithListsIn(row.report).catch(() => undefined) };
}

/** Which report is held of an image; undefined where none is. */
export async function versionOf(database: Kysely<Schema>, imageId: Digest): Promise<string | undefined> {
  const row = await database
    .selectFrom("images")
    .select(["scanned_at", sql<number>`length(report)`.as("bytes")])
    .where("image_id", "=", imageId)
    .executeTakeFirst();
  return row && versionIn(row.scanned_at, Number(row.bytes));
}

function versionIn(scannedAt: string, bytes: number): string {
  return `${scannedAt} ${bytes}`;
}
