import { parseDigest, type ScanReport } from "@pratique/core";
import type { Transaction } from "kysely";
import type { ChangeFeed } from "./change-feed.ts";
import { fillImages } from "./fill-images.ts";
import { findingRowsOf } from "./findings/finding-row.ts";
import { noteOrigins } from "./image-origin.ts";
import { reportColumnsOf, worstOf } from "./image-row.ts";
import { noteState } from "./image-statistics/image-states.ts";
import type { Schema } from "./schema.ts";

/** Fills in the layers, the states and the risk of what was stored before they were kept, a few images at a time. */
export async function fillOrigins(feed: ChangeFeed): Promise<void> {
  await fillImages(feed, {
    mark: "origins_stored",
    fill: async (transaction, imageId, report) => {
      if (report !== undefined) await fill(transaction, imageId, report);
    },
  });
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
