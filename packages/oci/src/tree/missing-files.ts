import type { LayerIndex } from "../layer-index/layer-index.ts";
import type { Matcher } from "../layer-index/matcher.ts";
import type { Squashed } from "./squash.ts";
import { type DirectoryNode, findPlace, type Place, type StepBudget } from "./tree-node.ts";

/** What a second reading has to keep, and of which layers, counted from 0 for the lowest. */
export interface MissingFiles {
  readonly paths: readonly string[];
  readonly under: readonly string[];
  readonly positions: ReadonlySet<number>;
}

/** Links that are looked into; a hostile image could bring millions. */
const MAX_MISSING = 10_000;

/**
 * Finds what is wanted under one name but lies, behind a symlink, under another name that nobody asked for:
 * such files exist in the layers but were not kept.
 */
export function findMissing(
  squashed: Squashed,
  indexes: readonly LayerIndex[],
  { asked, wanted }: { readonly asked: Matcher; readonly wanted: Matcher },
): MissingFiles {
  const missing = new Missing(squashed, indexes, wanted);
  for (const { paths = [], under = [] } of asked.patterns) {
    for (const path of paths) missing.addFile(path);
    for (const path of under) missing.addDirectory(path);
  }
  for (const { entries } of indexes) {
    for (const entry of entries) {
      if (entry.kind === "symlink" && asked.matches(entry.path)) missing.addFile(entry.path);
    }
  }
  return missing;
}

/** Of a program there may be no more than excerpts. */
function isKept({ node }: Place): boolean {
  return node !== undefined && (node.kind !== "file" || node.content !== undefined);
}

class Missing implements MissingFiles {
  readonly paths: string[] = [];
  readonly under: string[] = [];
  readonly positions = new Set<number>();
  readonly #root: DirectoryNode;
  readonly #budget: StepBudget;
  readonly #indexes: readonly LayerIndex[];
  readonly #wanted: Matcher;

  constructor({ root, budget }: Squashed, indexes: readonly LayerIndex[], wanted: Matcher) {
    this.#root = root;
    this.#budget = budget;
    this.#indexes = indexes;
    this.#wanted = wanted;
  }

  addFile(path: string): void {
    const place = findPlace(this.#root, path, {
      followLast: true,
      assumeDirectories: true,
      budget: this.#budget,
    });
    if (place === undefined || isKept(place) || this.#wanted.matches(place.path)) return;
    if (this.paths.length >= MAX_MISSING) return;
    for (const [position, { unwanted }] of this.#indexes.entries()) {
      if (!unwanted.has(place.path)) continue;
      this.paths.push(place.path);
      this.positions.add(position);
    }
  }

  addDirectory(path: string): void {
    const place = findPlace(this.#root, path, { followLast: true, budget: this.#budget });
    if (place?.node?.kind !== "directory" || place.path === path) return;
    if (this.#wanted.wantsAllBelow(place.path)) return;
    this.under.push(place.path);
    for (const position of this.#indexes.keys()) this.positions.add(position);
  }
}
