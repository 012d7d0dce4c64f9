import type { FleetStatistics, StatisticsGroup, StatisticsTally } from "@pratique/api";
import { printable } from "@pratique/report";

/** So many groups of one kind are shown. */
const MAX_SHOWN = 10;

const titles: Readonly<Record<keyof FleetStatistics["by"], string>> = {
  registry: "registry",
  official: "official or not",
  age: "age in days",
  base: "base image",
  team: "team",
};

/** The statistics as people read them. */
export function statisticsText({ version, asOf, all, by, days }: FleetStatistics): string {
  const [first, last] = [days[0], days.at(-1)];
  const lines = [
    `${all.images} images on ${asOf.slice(0, 10)}, ${all.judged} of them assessed (definitions, version ${version})`,
    "",
    row("", ["images", "assessed", "high", "medium or high"]),
    tallyRow("all", all),
  ];
  for (const kind of ["registry", "official", "age", "base", "team"] as const) {
    const { groups, leftOut } = by[kind];
    lines.push("", titles[kind], ...groups.slice(0, MAX_SHOWN).map(groupRow));
    const more = groups.length - Math.min(groups.length, MAX_SHOWN) + leftOut;
    if (more > 0) lines.push(`  and ${more} more (see --json)`);
  }
  if (first !== undefined && last !== undefined && first !== last) {
    lines.push("", "over time", tallyRow(first.day, first), tallyRow(last.day, last));
  }
  return `${lines.join("\n")}\n`;
}

function groupRow({ key, ...tally }: StatisticsGroup): string {
  return tallyRow(printable(key), tally);
}

function tallyRow(name: string, tally: StatisticsTally): string {
  const { images, judged, high, highShare, mediumOrHigh, mediumOrHighShare } = tally;
  return row(name, [
    String(images),
    String(judged),
    `${high} ${percent(highShare)}`,
    `${mediumOrHigh} ${percent(mediumOrHighShare)}`,
  ]);
}

function percent(share: number | null): string {
  return `(${share === null ? "-" : `${(share * 100).toFixed(1)} %`})`;
}

function row(name: string, [images = "", judged = "", high = "", medium = ""]: readonly string[]): string {
  const shown = name.length > 38 ? `${name.slice(0, 37).toWellFormed()}…` : name;
  return `  ${shown.padEnd(38)} ${images.padStart(7)} ${judged.padStart(9)} ${high.padStart(16)} ${medium.padStart(16)}`;
}
