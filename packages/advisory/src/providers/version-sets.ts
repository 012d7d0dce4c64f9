import type { VersionRange } from "@pratique/core";
import type { VersionScheme } from "@pratique/versioning";

/**
 * A place between versions: right before one or right after it. Sets of versions are stretches between two of them;
 * without a place, a stretch has no beginning or no end.
 */
export interface Cut {
  readonly version: string;
  readonly isAfter: boolean;
}

export interface Stretch {
  readonly from?: Cut | undefined;
  readonly to?: Cut | undefined;
}

/** Where a comparison holds, in the words that all languages write alike; undefined for other operators. */
export function stretchOf(operator: string, version: string): Stretch | undefined {
  const before = { version, isAfter: false };
  const after = { version, isAfter: true };
  switch (operator) {
    case ">=":
      return { from: before };
    case ">":
      return { from: after };
    case "<":
      return { to: before };
    case "<=":
      return { to: after };
    case "=":
      return { from: before, to: after };
    default:
      return undefined;
  }
}

/** From a version up to where its branch ends. */
export function branchOf(version: string, end: string): Stretch {
  return { from: { version, isAfter: false }, to: { version: end, isAfter: false } };
}

export interface VersionSetsOptions {
  /** The lowest version above one that could be: ranges of advisories begin with a version. */
  readonly barelyAbove: (version: string) => string;
}

/** Reckons with stretches of versions, for feeds that tell which versions are safe instead of which are not. */
export class VersionSets {
  readonly #scheme: VersionScheme;
  readonly #barelyAbove: (version: string) => string;

  constructor(scheme: VersionScheme, { barelyAbove }: VersionSetsOptions) {
    this.#scheme = scheme;
    this.#barelyAbove = barelyAbove;
  }

  /**
   * What is left when the versions are taken away that satisfy any of the requirements, each a list of comparisons, parted
   * by commas, that hold together. Undefined where a comparison cannot be read.
   */
  outsideOf(
    requirements: readonly string[],
    readComparison: (text: string) => Stretch | undefined,
  ): readonly VersionRange[] | undefined {
    const safe: Stretch[] = [];
    for (const requirement of requirements) {
      const comparisons = requirement.split(",").map((part) => readComparison(part.trim()));
      const known = comparisons.filter((one) => one !== undefined);
      if (known.length < comparisons.length) return undefined;
      safe.push(this.intersect(known));
    }
    return this.outside(safe);
  }

  /** What lies in all of the stretches. */
  intersect(stretches: readonly Stretch[]): Stretch {
    let all: Stretch = {};
    for (const one of stretches) {
      all = {
        from: this.#compareBeginnings(one.from, all.from) > 0 ? one.from : all.from,
        to: this.#compareEnds(one.to, all.to) < 0 ? one.to : all.to,
      };
    }
    return all;
  }

  /** What lies in none of the stretches. */
  outside(stretches: readonly Stretch[]): readonly VersionRange[] {
    const safe = stretches
      .filter((one) => !this.#isEmpty(one))
      .sort((left, right) => this.#compareBeginnings(left.from, right.from));
    const ranges: VersionRange[] = [];
    let from: Cut | undefined;
    for (const { from: begin, to } of safe) {
      if (begin !== undefined && this.#compareBeginnings(from, begin) < 0)
        ranges.push(this.#toRange(from, begin));
      if (to === undefined) return ranges;
      if (this.#compareBeginnings(from, to) < 0) from = to;
    }
    return [...ranges, this.#toRange(from, undefined)];
  }

  #toRange(from: Cut | undefined, to: Cut | undefined): VersionRange {
    return {
      ...(from !== undefined && {
        introduced: from.isAfter ? this.#barelyAbove(from.version) : from.version,
      }),
      ...(to !== undefined && (to.isAfter ? { lastAffected: to.version } : { fixed: to.version })),
    };
  }

  #isEmpty({ from, to }: Stretch): boolean {
    return from !== undefined && to !== undefined && this.#compareCuts(from, to) >= 0;
  }

  #compareBeginnings(left: Cut | undefined, right: Cut | undefined): number {
    if (left === undefined || right === undefined)
      return Number(left !== undefined) - Number(right !== undefined);
    return this.#compareCuts(left, right);
  }

  #compareEnds(left: Cut | undefined, right: Cut | undefined): number {
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined);
    return this.#compareCuts(left, right);
  }

  #compareCuts(left: Cut, right: Cut): number {
    return this.#scheme.compare(left.version, right.version) || Number(left.isAfter) - Number(right.isAfter);
  }
}
