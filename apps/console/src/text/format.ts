const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** Bytes in decimal units, as container engines write them: `187 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value >= 10 || unit === 0 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const STEPS = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago, or how soon: `3 hours ago`. Less than a minute is `just now`. */
export function formatRelative(timeMs: number, nowMs: number): string {
  const seconds = (timeMs - nowMs) / 1000;
  for (const step of STEPS) {
    if (Math.abs(seconds) >= step.seconds)
      return relative.format(Math.trunc(seconds / step.seconds), step.unit);
  }
  return "just now";
}

/** A moment by the clock of the reader, or of the time zone, with how far that is from UTC: `2026-11-24 13:00:05 UTC+1`. */
export function formatTime(time: string, timeZone?: string): string {
  return clockOf(timeZone)
    .format(new Date(time))
    .replace(/GMT(?:\+0$)?/u, "UTC")
    .replace("\u2212", "-");
}

/** How far the clock of the reader, or of the time zone, is from UTC at a moment: `UTC+1`. */
export function zoneAt(time: string, timeZone?: string): string {
  return formatTime(time, timeZone).split(" ").at(-1) ?? "";
}

/** Swedes write dates as ISO 8601 does. */
function clockOf(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("sv", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "shortOffset",
    timeZone,
  });
}

/** `1 image`, `2 images`. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? singular : plural}`;
}

/** The first characters of a digest, as engines show them. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/u, "").slice(0, 12);
}

/** Milliseconds as people say them: `12.5 ms`, `3.2 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${ms.toLocaleString("en", { maximumFractionDigits: 1 })} ms`;
  return `${(ms / 1000).toLocaleString("en", { maximumFractionDigits: 1 })} s`;
}
