import type { ScanReport } from "@pratique/core";
import type { Transaction } from "kysely";
import type { ChangeFeed } from "./change-feed.ts";
import { reportIn } from "./image-row.ts";
import type { Schema } from "./schema.ts";

const IMAGES_AT_ONCE = 20;

/** The images that were filled. */
const STORED = 1;
/** Those whose report cannot be read: it says nothing until the next scan. */
const UNREADABLE = 2;

export interface Filling {
  /** Says of each image whether it was filled: 0 where it was not. */
  readonly mark: "findings_stored" | "origins_stored";
  /** Fills in what the report of an image says; undefined where it cannot be read. */
  readonly fill: (
    transaction: Transaction<Schema>,
    imageId: string,
    report: ScanReport | undefined,
  ) => Promise<void>;
}

/** Fills in what reports say that were stored before it was kept, a few images at a time. */
export async function fillImages(feed: ChangeFeed, filling: Filling): Promise<void> {
  let filled: number;
  do {
    filled = await feed.write((transaction) => fillSome(transaction, filling));
  } while (filled > 0);
}

async function fillSome(transaction: Transaction<Schema>, { mark, fill }: Filling): Promise<number> {
  const images = await transaction
    .selectFrom("images")
    .select(["image_id", "report"])
    .where(mark, "=", 0)
    .orderBy("image_id")
    .limit(IMAGES_AT_ONCE)
    .execute();
  for (const { image_id: imageId, report: bytes } of images) {
    const report = await readable(bytes);
    await fill(transaction, imageId, report);
    await transaction
      .updateTable("images")
      .set({ [mark]: report === undefined ? UNREADABLE : STORED })
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
