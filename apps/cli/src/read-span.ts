import { CliError } from "./errors.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a span of time of a flag, `90s`, `10m`, `24h` or `7d`, in milliseconds. */
export function readSpan(flag: string, text: string): number {
  const found = /^(?<count>\d{1,6})(?<unit>[smhd])$/u.exec(text)?.groups;
  const unit = UNITS[found?.unit ?? ""];
  if (unit === undefined) {
    throw new CliError(
      "USAGE",
      `${flag}: expected a time such as 90s, 10m, 24h or 7d, found ${JSON.stringify(text)}`,
    );
  }
  return Number(found?.count) * unit;
}
