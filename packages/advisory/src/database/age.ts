import type { AdvisorySource } from "@pratique/core";
import type { SourceRecord } from "./source-record.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** From this age on a source is called stale, unless the user says else. */
const DEFAULT_STALE_AFTER_MS = 5 * DAY_MS;

/** When something is stale, in milliseconds: for all sources, or by the name of the provider. */
export interface StaleLimits {
  readonly staleAfterMs?: number | undefined;
  readonly staleAfterMsByProvider?: Readonly<Record<string, number>> | undefined;
}

/** How old a source's data are, in milliseconds; one from the future, as after a clock was set back, is not old. */
export function ageOf({ builtAt }: Pick<SourceRecord, "builtAt">, now: Date): number {
  const age = now.getTime() - Date.parse(builtAt);
  // An unreadable date counts as infinitely old.
  return Number.isNaN(age) ? Number.POSITIVE_INFINITY : Math.max(0, age);
}

/** Clocks differ, and whoever serves a source may be in another day. */
const AHEAD_MS = DAY_MS;

/**
 * Whether a source is older than the limit that holds for it. One from the future is as well: how old it is cannot be known,
 * and it would be fresh for as long as whoever serves it likes.
 */
export function isStale(
  source: Pick<SourceRecord, "provider" | "builtAt">,
  now: Date,
  { staleAfterMs = DEFAULT_STALE_AFTER_MS, staleAfterMsByProvider = {} }: StaleLimits,
): boolean {
  if (Date.parse(source.builtAt) - now.getTime() > AHEAD_MS) return true;
  return ageOf(source, now) > (staleAfterMsByProvider[source.provider] ?? staleAfterMs);
}

/** What reports say of the sources: one line for each provider, as old as the oldest of what it read. */
export function summarizeSources(
  records: readonly SourceRecord[],
  now: Date,
  limits: StaleLimits,
): readonly AdvisorySource[] {
  const oldest = new Map<string, SourceRecord>();
  for (const record of records) {
    const known = oldest.get(record.provider);
    if (known === undefined || record.builtAt < known.builtAt) oldest.set(record.provider, record);
  }
  return [...oldest.values()].map((record) => ({
    source: record.provider,
    builtAt: record.builtAt,
    stale: isStale(record, now, limits),
    coverage: "full",
  }));
}
