import { resolve } from "node:path";
import { IntelError } from "../errors.ts";
import { findFeed } from "../feeds/feeds.ts";
import { isUrl } from "./read-source.ts";
import { type SourceLocation, type SourceRecord, sourceName } from "./source-record.ts";
import type { UpdateOptions } from "./update-options.ts";

/** One source of the set to be, and what to do about it. */
export interface Planned {
  readonly source: SourceLocation;
  readonly record: SourceRecord | undefined;
  /** Taken over unread. */
  readonly isKept: boolean;
  readonly mustWork: boolean;
}

/** What a set holds before an update, as far as it can be told. */
export interface HeldSources {
  readonly records: readonly SourceRecord[];
  /** Where sources are of which no records could be read. */
  readonly remembered: readonly SourceLocation[];
}

const MAX_SOURCES = 256;

/** Says which sources are read and which are taken over, in the order of names: the same sources give the same set. */
export function planUpdate(
  { sources = [], strict = false, only = false, replace = false }: UpdateOptions,
  { records, remembered }: HeldSources,
): readonly Planned[] {
  const known = new Map(records.map((record) => [sourceName(record), record]));
  const named = new Map(sources.map(absolute).map((source) => [sourceName(source), source]));
  const all = new Map(named);
  for (const { feed, location } of replace ? [] : [...records, ...remembered]) {
    all.set(sourceName({ feed, location }), { feed, location });
  }
  if (all.size === 0) throw new IntelError("FEEDS_MISSING", "no feed to read");
  if (all.size > MAX_SOURCES) throw new IntelError("FEED_TOO_LARGE", `expected at most ${MAX_SOURCES} feeds`);
  for (const { feed } of all.values()) findFeed(feed);
  return [...all]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, source]) => {
      const record = known.get(name);
      const isKept = only && !named.has(name) && record !== undefined;
      return { source, record, isKept, mustWork: strict && named.has(name) };
    });
}

function absolute({ feed, location }: SourceLocation): SourceLocation {
  return { feed, location: isUrl(location) ? location : resolve(location) };
}
