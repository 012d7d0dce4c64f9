import { statSync } from "node:fs";
import { join } from "node:path";
import { openStarter } from "../starter/starter.ts";
import { openDatabase } from "./advisory-database.ts";
import { ageOf, isStale, type StaleLimits } from "./age.ts";
import type { MirrorState } from "./mirror-state.ts";
import { fileNameOf, readPointer } from "./pointer.ts";
import type { SourceRecord } from "./source-record.ts";

/** One source and how old it is. */
export interface SourceStatus extends SourceRecord {
  readonly ageMs: number;
  readonly stale: boolean;
}

/** What a directory holds. */
export interface DatabaseStatus {
  /** Absent where there is no database, and the starter set alone answers. */
  readonly revision?: string;
  readonly path?: string;
  readonly bytes?: number;
  readonly sources: readonly SourceStatus[];
  /** The mirror that it came from, if it did: what the pointer says, and whether its manifest has expired since. */
  readonly mirror?: MirrorState & { readonly expired: boolean };
  /** The embedded set that answers where no source does. */
  readonly starter: { readonly builtAt: string; readonly advisories: number };
}

/** Tells what a directory holds, and how old each source is. Throws `DATABASE_CORRUPT`. */
export function readStatus(
  directory: string,
  options: StaleLimits & { readonly clock: () => Date },
): DatabaseStatus {
  const { builtAt, size } = openStarter();
  const starter = { builtAt, advisories: size };
  const pointer = readPointer(directory);
  if (pointer === undefined) return { sources: [], starter };
  using database = openDatabase(directory, options);
  const now = options.clock();
  const sources = database.records.map((record) => ({
    ...record,
    ageMs: ageOf(record, now),
    stale: isStale(record, now, options),
  }));
  const path = join(directory, fileNameOf(pointer));
  const { revision, mirror } = pointer;
  return {
    revision,
    path,
    bytes: statSync(path).size,
    sources,
    ...(mirror === undefined
      ? {}
      : { mirror: { ...mirror, expired: now.getTime() >= Date.parse(mirror.expiresAt) } }),
    starter,
  };
}
