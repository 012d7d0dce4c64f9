import type { ChangeFeed } from "../change-feed.ts";
import { fillImages } from "../fill-images.ts";
import { findingRowsOf } from "./finding-row.ts";
import { packImage } from "./image-findings.ts";
import { replaceFindings } from "./replace-findings.ts";

/** Fills in the findings of reports that came before their table, a few images at a time. */
export async function fillFindings(feed: ChangeFeed): Promise<void> {
  await fillImages(feed, {
    mark: "findings_stored",
    fill: async (transaction, imageId, report) => {
      if (report === undefined) await packImage(transaction, imageId);
      else await replaceFindings(transaction, imageId, findingRowsOf(report), { at: report.scannedAt });
    },
  });
}
