import type { StateChanges } from "./image-states.ts";

/**
 * The version of what is counted and how. `docs/reference/statistics.md` says it in words; whoever changes a number of
 * an unchanged fleet raises it, and says there what has changed.
 */
export const STATISTICS_VERSION = 1;

/** One image, as far as statistics look at it: all their numbers rest on a list of these. */
export interface ImageFacts {
  readonly imageId: string;
  readonly reference: string;
  /** The repositories that it is from, with their registries, sorted. */
  readonly repositories: readonly string[];
  /** ISO 8601, UTC: when it says that it was made; null where it does not, or what it says cannot be. */
  readonly created: string | null;
  /** What it is built on; null where that is not known. */
  readonly base: string | null;
  /** Whether its layers prove that; false where it merely says so, or nothing is known. */
  readonly baseProved: boolean;
  /** The label `team` of the hosts on which it lies, sorted, each once. */
  readonly teams: readonly string[];
  /** `complete`, `partial`, `none`. */
  readonly assessment: string;
  /** Of findings that count. */
  readonly critical: number;
  readonly high: number;
  readonly medium: number;
}

/** Counts of images. */
export interface Tally {
  readonly images: number;
  /** Those that could be assessed, in part at least: all shares are of these. */
  readonly judged: number;
  /** Of those, with a finding that is critical or high. */
  readonly high: number;
  /** Of those, with a finding that is critical, high or medium. */
  readonly mediumOrHigh: number;
}

/** A tally of the images that have something in common. */
export interface TallyGroup extends Tally {
  readonly key: string;
}

/** How the images of a day stand. */
export interface TallyDay extends Tally {
  /** `2026-11-24`: how it was at its end, or at the moment that was asked for. */
  readonly day: string;
}

/** By what images are told apart. */
const dimensions = ["registry", "official", "age", "base", "team"] as const;

export type Dimension = (typeof dimensions)[number];

/** All tallies of a list of images. */
export interface ImageTallies {
  readonly all: Tally;
  readonly by: Readonly<Record<Dimension, readonly TallyGroup[]>>;
}

/** What a key is where there is none. */
const UNKNOWN_KEY = "unknown";

const OFFICIAL = "docker.io/library/";
const DAY_MS = 86_400_000;
/** Days from which on a band begins, and its name. */
const AGE_BANDS = [
  [365, "365 and more"],
  [180, "180 to 364"],
  [90, "90 to 179"],
  [30, "30 to 89"],
  [0, "0 to 29"],
] as const;

/** The keys under which an image counts in a dimension: it counts once for each of them. */
function keysOf(image: ImageFacts, dimension: Dimension, asOfMs: number): readonly string[] {
  switch (dimension) {
    case "registry":
      return orUnknown([...new Set(image.repositories.map((name) => name.split("/", 1)[0] ?? ""))]);
    case "official":
      return [image.repositories.some((name) => name.startsWith(OFFICIAL)) ? "official" : "other"];
    case "age":
      return [ageBandOf(image.created, asOfMs)];
    case "base":
      return orUnknown(image.base === null ? [] : [image.base]);
    case "team":
      return orUnknown(image.teams);
  }
}

/** Adds images up, one after the other. */
export class ImageTallying {
  readonly #asOfMs: number;
  readonly #all = new Counter();
  readonly #groups = new Map<Dimension, Map<string, Counter>>(dimensions.map((name) => [name, new Map()]));

  constructor(asOfMs: number) {
    this.#asOfMs = asOfMs;
  }

  add(image: ImageFacts): void {
    this.#all.add(image);
    for (const [dimension, groups] of this.#groups) {
      for (const key of keysOf(image, dimension, this.#asOfMs)) {
        const counter = groups.get(key) ?? new Counter();
        groups.set(key, counter);
        counter.add(image);
      }
    }
  }

  /** The groups of each dimension: those with most images first, then by key. */
  result(): ImageTallies {
    const groupsOf = (dimension: Dimension) =>
      [...(this.#groups.get(dimension) ?? [])]
        .map(([key, counter]) => ({ key, ...counter.tally() }))
        .sort((left, right) => right.images - left.images || compareText(left.key, right.key));
    return {
      all: this.#all.tally(),
      by: {
        registry: groupsOf("registry"),
        official: groupsOf("official"),
        age: groupsOf("age"),
        base: groupsOf("base"),
        team: groupsOf("team"),
      },
    };
  }
}

/**
 * How the images stood at the end of each of the last days, from what became of them. Images that the store has
 * forgotten since are in none of the days.
 */
export function tallyDays(
  changes: readonly StateChanges[],
  asOfMs: number,
  days: number,
): readonly TallyDay[] {
  const counter = new Counter();
  const result: TallyDay[] = [];
  let next = 0;
  for (let back = days - 1; back >= 0; back -= 1) {
    const day = new Date(asOfMs - back * DAY_MS).toISOString().slice(0, 10);
    for (let change = changes[next]; change !== undefined && change.day <= day; change = changes[next]) {
      counter.change(change);
      next += 1;
    }
    result.push({ day, ...counter.tally() });
  }
  return result;
}

function orUnknown(keys: readonly string[]): readonly string[] {
  return keys.length === 0 ? [UNKNOWN_KEY] : keys;
}

function ageBandOf(created: string | null, asOfMs: number): string {
  if (created === null) return UNKNOWN_KEY;
  // Clocks differ; what was made a moment from now was made today.
  const days = Math.max(0, Math.floor((asOfMs - Date.parse(created)) / DAY_MS));
  return AGE_BANDS.find(([from]) => days >= from)?.[1] ?? UNKNOWN_KEY;
}

/** By code units, as other languages order the same text by bytes or code points where it is of the usual planes. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const MEDIUM = 3;
const HIGH = 4;

class Counter {
  #images = 0;
  #judged = 0;
  #high = 0;
  #mediumOrHigh = 0;

  add({ assessment, critical, high, medium }: ImageFacts): void {
    const worst = critical + high > 0 ? HIGH : medium > 0 ? MEDIUM : -1;
    this.#count({ worst, assessment }, 1);
  }

  change({ worst, assessment, previous, images }: StateChanges): void {
    this.#count({ worst, assessment }, images);
    if (previous !== null) this.#count(previous, -images);
  }

  tally(): Tally {
    return {
      images: this.#images,
      judged: this.#judged,
      high: this.#high,
      mediumOrHigh: this.#mediumOrHigh,
    };
  }

  /** What could not be assessed has no findings that could be counted for or against it. */
  #count(
    { worst, assessment }: { readonly worst: number; readonly assessment: string },
    images: number,
  ): void {
    this.#images += images;
    if (assessment === "none") return;
    this.#judged += images;
    if (worst >= HIGH) this.#high += images;
    if (worst >= MEDIUM) this.#mediumOrHigh += images;
  }
}
