import { type LocatedFile, type LocationLimits, type VisitOptions, visitLocation } from "@pratique/archive";
import { GiB } from "@pratique/core";
import { feedFailure } from "./feed-failure.ts";
import { MAX_DOCUMENT_BYTES } from "./read-json.ts";

const defaultLimits: LocationLimits = { files: 200_000, bytes: 2 * GiB, memberBytes: MAX_DOCUMENT_BYTES };

export interface VisitFeedOptions extends Omit<VisitOptions, "limits" | "failure"> {
  readonly limits?: Partial<LocationLimits> | undefined;
}

/**
 * Gives all files of a feed or of warning lists, one after the other, as {@link visitLocation} does.
 *
 * Throws `FEED_UNREADABLE`, `FEED_DAMAGED`, `FEED_TOO_LARGE` or `UPDATE_ABORTED`, and what `file` throws.
 */
export async function visitFeed(
  path: string,
  { limits, ...options }: VisitFeedOptions,
  file: (file: LocatedFile) => Promise<void>,
): Promise<void> {
  await visitLocation(
    path,
    {
      ...options,
      limits: { ...defaultLimits, ...limits },
      failure: (thrown) => feedFailure(thrown, options.name ?? path),
    },
    file,
  );
}
