const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time in the largest unit that fits: `3 days`, `5 hours`, `1 minute`. */
export function formatAge(ms: number): string {
  const [count, unit] = inUnit(ms);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function inUnit(ms: number): readonly [number, string] {
  if (ms >= 2 * DAY_MS) return [Math.floor(ms / DAY_MS), "day"];
  if (ms >= 2 * HOUR_MS) return [Math.floor(ms / HOUR_MS), "hour"];
  return [Math.max(0, Math.floor(ms / MINUTE_MS)), "minute"];
}
