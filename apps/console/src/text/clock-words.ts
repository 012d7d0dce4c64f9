import { formatCount } from "./format.ts";

const MINUTE_MS = 60_000;
const STEPS = [
  { unit: "day", ms: 1440 * MINUTE_MS },
  { unit: "hour", ms: 60 * MINUTE_MS },
  { unit: "minute", ms: MINUTE_MS },
] as const;

/**
 * How the clock of a host stands to the server's, as `2 hours ahead of`, by the time at which the host says that it reported
 * and that at which the server heard it. Undefined where they differ by less than a minute, which reports may take.
 */
export function clockWords(reportedAt: string, heardAt: string): string | undefined {
  const aheadMs = Date.parse(reportedAt) - Date.parse(heardAt);
  for (const { unit, ms } of STEPS) {
    const count = Math.floor(Math.abs(aheadMs) / ms);
    if (count > 0) return `${formatCount(count, unit)} ${aheadMs > 0 ? "ahead of" : "behind"}`;
  }
  return undefined;
}
