import type { ScanReport } from "@pratique/core";
import type { Transaction } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { reportIn } from "../image-row.ts";
import type { Schema } from "../schema.ts";
import { findingRowsOf } from "./finding-row.ts";
import { packImage } from "./image-findings.ts";
import { replaceFindings } from "./replace-findings.ts";

const IMAGES_AT_ONCE = 20;

/** The images whose reports were stored before there was a table of findings, or one of them packed. */
const STORED = 1;
/** Those whose report cannot be read: it says nothing until the next scan. */
const UNREADABLE = 2;

/** Fills in the findings of reports that came before their table, a few images at a time. */
export async function fillFindings(feed: ChangeFeed): Promise<void> {
  let filled: number;
  do {
    filled = await feed.write((transaction) => fillSome(transaction));
  } while (filled > 0);
}

async function fillSome(transaction: Transaction<Schema>): Promise<number> {
  const images = await transaction
    .selectFrom("images")
    .select(["image_id", "report"])
    .where("findings_stored", "=", 0)
    .orderBy("image_id")
    .limit(IMAGES_AT_ONCE)
    .execute();
  for (const { image_id: imageId, report } of images) {
    const read = await readable(report);
    if (read === undefined) await packImage(transaction, imageId);
    else await replaceFindings(transaction, imageId, findingRowsOf(read), { at: read.scannedAt });
    await transaction
      .updateTable("images")
      .set({ findings_stored: read === undefined ? UNREADABLE : STORED })
      .where("image_id", "=", imageId)
      .execute();
  }
  return images.length;
}

async function readable(bytes: Uint8Array): Promise<ScanReport | undefined> {
  try {
    return await reportIn(bytes);
  } catch {
    // The mark in its row says so, and whoever asks for the report itself hears the error.
    return undefined;
  }
}
