import { readers } from "../readers.ts";
import { type BuildOptions, type BuildResult, type PlannedSource, withBuildDirectory } from "./build.ts";
import { readPointerOrNothing } from "./previous.ts";
import type { SourceLocation } from "./source-record.ts";

export interface UpdateOptions extends Omit<BuildOptions, "from" | "replace"> {
  /** Only these providers and enrichers; the others stay as they are. */
  readonly only?: readonly string[];
}

/** The live feeds of all providers and enrichers, which an update without any database begins with. */
export const defaultSources: readonly SourceLocation[] = readers.flatMap(({ name, feeds }) =>
  feeds.map((location) => ({ provider: name, location })),
);

/**
 * Reads the sources of the current database again, from where they were read before, or the default feeds where there is
 * no database. Feeds that have not changed since are not fetched.
 *
 * A source that cannot be read keeps the data that are held, with their age, and is told in `failures`; the update
 * throws only where nothing at all could be read or kept.
 */
export async function updateDatabase(options: UpdateOptions): Promise<BuildResult> {
  const { only } = options;
  const isWanted = ({ provider }: SourceLocation): boolean => only === undefined || only.includes(provider);
  return withBuildDirectory(options, (previous) => {
    if (previous !== undefined) {
      return previous.sources.map(({ record, id }): PlannedSource => {
        const kept = { source: record, kept: { record, id } };
        return isWanted(record) ? { ...kept, mayFail: true } : kept;
      });
    }
    // Of a damaged database at least the sources are known, if its pointer can be read.
    const remembered = readPointerOrNothing(options.directory)?.sources ?? [];
    const sources = remembered.length > 0 ? remembered : defaultSources;
    return sources.filter(isWanted).map((source) => ({ source, mayFail: true }));
  });
}
