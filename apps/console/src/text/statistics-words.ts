import type { FleetStatistics } from "@pratique/api";

/** What is counted by, in the order of the page. */
export const dimensions = [
  "registry",
  "official",
  "age",
  "base",
  "team",
] as const satisfies readonly (keyof FleetStatistics["by"])[];

export type Dimension = (typeof dimensions)[number];

interface Words {
  readonly title: string;
  /** The head of the column of its keys. */
  readonly head: string;
  /** The definition, version 1, as docs/reference/statistics.md has it. */
  readonly definition: string;
}

export const dimensionWords: Readonly<Record<Dimension, Words>> = {
  registry: {
    title: "By registry",
    head: "Registry",
    definition:
      "The host of each repository that hosts say the image is from. An image in two registries counts once in each.",
  },
  official: {
    title: "Official or not",
    head: "Kind",
    definition: "Official: one of its repositories is below docker.io/library.",
  },
  age: {
    title: "By age",
    head: "Age in days",
    definition:
      "Whole days since the image says that it was created. Unknown where it does not say, where it is no time, before March 2013, or more than a day ahead.",
  },
  base: {
    title: "By base image",
    head: "Base image",
    definition:
      "The image you may see all of whose layers are the lowest of the image, and of several the one with most layers. Where there is none, what the image says of itself.",
  },
  team: {
    title: "By team",
    head: "Team",
    definition:
      "The label team of the hosts on which the image lies. An image on hosts of two teams counts once for each.",
  },
};

/** What all charts have in common. */
export const COMMON_DEFINITION =
  "High: at least one finding that is critical or high. Medium or high: at least one that is critical, high or medium. Findings that an exception by VEX or an ignore file took out do not count. Shares are of the images that could be assessed, in part at least.";

/** How the days are counted. */
export const DAYS_DEFINITION =
  "Each day as it was at its end in UTC: for each image the state that its last scan until then had found. Images that were forgotten since are in none of the days.";

/** `31.3 %`; a dash where there is nothing to be a share of. */
export function percentOf(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)} %`;
}

const AGES = ["0 to 29", "30 to 89", "90 to 179", "180 to 364", "365 and more", "unknown"];

/** Groups as they are shown: ages one after the other, all else with most images first, as it came. */
export function inOrder<Group extends { readonly key: string }>(
  dimension: Dimension,
  groups: readonly Group[],
): readonly Group[] {
  if (dimension !== "age") return groups;
  return groups.toSorted((left, right) => AGES.indexOf(left.key) - AGES.indexOf(right.key));
}

/** How many of the images with medium or high findings have no high ones: what stands on those in a chart. */
export function onlyMedium({ high, mediumOrHigh }: { high: number; mediumOrHigh: number }): number {
  return mediumOrHigh - high;
}
