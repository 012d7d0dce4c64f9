import { parseDigest, type ScanReport } from "@pratique/core";
import type { Transaction } from "kysely";
import type { ChangeFeed } from "./change-feed.ts";
import { findingRowsOf } from "./findings/finding-row.ts";
import { noteOrigins } from "./image-origin.ts";
import { reportColumnsOf, reportIn, worstOf } from "./image-row.ts";
import { noteState } from "./image-statistics/image-states.ts";
import type { Schema } from "./schema.ts";

const IMAGES_AT_ONCE = 20;

/** The images whose reports were stored before their origins were, or whose reports cannot be read. */
const STORED = 1;
const UNREADABLE = 2;

/** Fills in the layers, the states and the risk of what was stored before they were kept, a few images at a time. */
export async function fillOrigins(feed: ChangeFeed): Promise<void> {
  let filled: number;
  do {
    filled = await feed.write((transaction) => fillSome(transaction));
  } while (filled > 0);
}

async function fillSome(transaction: Transaction<Schema>): Promise<number> {
  const images = await transaction
    .selectFrom("images")
    .select(["image_id", "report"])
    .where("origins_stored", "=", 0)
    .orderBy("image_id")
    .limit(IMAGES_AT_ONCE)
    .execute();
  for (const { image_id: imageId, report: bytes } of images) {
    const report = await readable(bytes);
    if (report !== undefined) await fill(transaction, imageId, report);
    await transaction
      .updateTable("images")
      .set({ origins_stored: report === undefined ? UNREADABLE : STORED })
      .where("image_id", "=", imageId)
      .execute();
  }
  return images.length;
}

async function fill(transaction: Transaction<Schema>, imageId: string, report: ScanReport): Promise<void> {
  const columns = await reportColumnsOf(parseDigest(imageId), report);
  await noteOrigins(transaction, imageId, report);
  await noteState(transaction, imageId, {
    since: columns.scanned_at,
    worst: worstOf(columns),
    assessment: columns.assessment,
  });
  for (const { id, package_name, package_version, package_type, risk } of findingRowsOf(report)) {
    await transaction
      .updateTable("findings")
      .set({ risk })
      .where("image_id", "=", imageId)
      .where("id", "=", id)
      .where("package_name", "=", package_name)
      .where("package_version", "=", package_version)
      .where("package_type", "=", package_type)
      .execute();
  }
}

async function readable(bytes: Uint8Array): Promise<ScanReport | undefined> {
  try {
    return await reportIn(bytes);
  } catch {
    // The mark in its row says so, and whoever asks for the report itself hears the error.
    return undefined;
  }
}
