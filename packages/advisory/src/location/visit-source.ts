import { type LocatedFile, type LocationLimits, type VisitOptions, visitLocation } from "@pratique/archive";
import { GiB } from "@pratique/core";
import { MAX_DOCUMENT_BYTES } from "./read-text.ts";
import { sourceFailure } from "./source-failure.ts";

const defaultLimits: LocationLimits = { files: 2_000_000, bytes: 16 * GiB, memberBytes: MAX_DOCUMENT_BYTES };

export interface VisitSourceOptions extends Omit<VisitOptions, "limits" | "failure"> {
  readonly limits?: Partial<LocationLimits> | undefined;
}

/**
 * Gives all files of a source, one after the other, as {@link visitLocation} does.
 *
 * Throws `SOURCE_UNREADABLE`, `SOURCE_DAMAGED`, `SOURCE_TOO_LARGE` or `BUILD_ABORTED`, and what `file` throws.
 */
export async function visitSource(
  path: string,
  { limits, ...options }: VisitSourceOptions,
  file: (file: LocatedFile) => Promise<void>,
): Promise<void> {
  await visitLocation(
    path,
    { ...options, limits: { ...defaultLimits, ...limits }, failure: sourceFailure },
    file,
  );
}
