import { type Priority, priorities } from "@pratique/core";

const HOUR_MS = 3_600_000;

type PriorityCounts = Readonly<Record<Priority, number>>;

/** What was counted, hour by hour; hours without any are left out. */
interface Timeline {
  readonly since: string;
  readonly hours: readonly { readonly hour: string; readonly counts: PriorityCounts }[];
}

/** Some hours that a chart shows as one bar. */
export interface Bucket {
  readonly from: string;
  readonly to: string;
  readonly counts: PriorityCounts;
}

interface BucketOptions {
  /** As many hours as were asked for. */
  readonly span: number;
  /** Divides the span. */
  readonly each: number;
}

/** Adds hours up to bars of the same width. The last of them holds this hour, and those that were empty are there too. */
export function bucketsOf({ since, hours }: Timeline, { span, each }: BucketOptions): readonly Bucket[] {
  const thisHour = Math.floor(Date.parse(since) / HOUR_MS + span) * HOUR_MS;
  const start = thisHour + HOUR_MS - span * HOUR_MS;
  return Array.from({ length: span / each }, (_, index) => {
    const from = start + index * each * HOUR_MS;
    const to = from + each * HOUR_MS;
    const within = hours.filter(({ hour }) => Date.parse(hour) >= from && Date.parse(hour) < to);
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      counts: sumOf(within.map(({ counts }) => counts)),
    };
  });
}

/** Adds up counts by priority. */
export function sumOf(all: readonly PriorityCounts[]): PriorityCounts {
  const sum = {
    emergency: 0,
    alert: 0,
    critical: 0,
    error: 0,
    warning: 0,
    notice: 0,
    informational: 0,
    debug: 0,
  } satisfies Record<Priority, number>;
  for (const counts of all) for (const priority of priorities) sum[priority] += counts[priority];
  return sum;
}
