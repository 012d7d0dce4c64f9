import { findReader, readers } from "../readers.ts";
import { type BuildOptions, type BuildResult, type PlannedSource, withBuildDirectory } from "./build.ts";
import { readPointerOrNothing } from "./previous.ts";
import type { SourceLocation } from "./source-record.ts";

export interface UpdateOptions extends Omit<BuildOptions, "from" | "replace"> {
  /** Only these providers and enrichers, from their default feeds where they are new; the others stay as they are. */
  readonly only?: readonly string[];
}

/** The live feeds of all providers and enrichers, which an update without any database begins with. */
export const defaultSources: readonly SourceLocation[] = readers.flatMap(({ name, feeds }) =>
  feeds.map((location) => ({ provider: name, location })),
);

/**
 * Reads the sources of the current database again, from where they were read before, or the default feeds where there is
 * no database. Feeds that have not changed since are not fetched. What came from a mirror stays as it is: `updateFromMirror`
 * is for that.
 *
 * A source that cannot be read keeps the data that are held, with their age, and is told in `failures`; the update
 * throws only where nothing at all could be read or kept.
 */
export async function updateDatabase(options: UpdateOptions): Promise<BuildResult> {
  const { only } = options;
  for (const name of only ?? []) findReader(name);
  const isWanted = ({ provider }: SourceLocation): boolean => only === undefined || only.includes(provider);
  return withBuildDirectory(options, (previous) => {
    if (previous === undefined) return planAnew(options.directory).filter(({ source }) => isWanted(source));
    const isAsked = (provider: string): boolean => only?.includes(provider) === true;
    const own = new Set(defaultSources.map(({ provider }) => provider));
    const plan = previous.sources.flatMap(({ record, id }): readonly PlannedSource[] => {
      const kept = { source: record, kept: { record, id } };
      if (record.mirrorKey === undefined) return [isWanted(record) ? { ...kept, mayFail: true } : kept];
      // What came from a mirror is the mirror's to update, unless its feed is asked for by name.
      return isAsked(record.provider) && own.has(record.provider) ? [] : [kept];
    });
    const held = new Set(plan.map(({ source }) => source.provider));
    const added = defaultSources.filter(({ provider }) => isAsked(provider) && !held.has(provider));
    return [...plan, ...added.map((source) => ({ source, mayFail: true }))];
  });
}

/** Of a damaged database at least the sources are known, if its pointer can be read. */
function planAnew(directory: string): readonly PlannedSource[] {
  const remembered = readPointerOrNothing(directory)?.sources ?? [];
  const sources = remembered.length > 0 ? remembered : defaultSources;
  return sources.map((source) => ({ source, mayFail: true }));
}
