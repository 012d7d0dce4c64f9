import type { PackageFacts } from "@pratique/core";
import type { OwnerLookup } from "./cataloger.ts";
import type { FailureLog } from "./failure-log.ts";

/** The owners of files, by path. */
export type Owners = ReadonlyMap<string, PackageFacts>;

/** Asks package managers which files they installed, of each file once. */
export class OwnerSearch {
  readonly #log: FailureLog;
  readonly #asked: { readonly lookup: OwnerLookup; readonly owners: Map<string, PackageFacts> }[] = [];
  readonly #known = new Set<string>();
  /** What has failed; it does so again when more is asked. */
  readonly #failed = new Set<string>();

  constructor(log: FailureLog) {
    this.#log = log;
  }

  /** Adds package managers, which are asked in this order; to be called before anything is sought. */
  add(lookups: readonly OwnerLookup[]): void {
    for (const lookup of lookups) this.#asked.push({ lookup, owners: new Map() });
  }

  /** What each package manager owns of the files that are sought, and of those that were before. */
  async find(paths: readonly string[]): Promise<readonly Owners[]> {
    const sought = [...new Set(paths)].filter((path) => !this.#known.has(path));
    if (sought.length > 0) {
      for (const path of sought) this.#known.add(path);
      for (const { lookup, owners } of this.#asked) {
        const found = await lookup(sought);
        for (const [path, owner] of found.owners) owners.set(path, owner);
        for (const { code, message, path } of found.failures) {
          const key = JSON.stringify([code, message, path]);
          if (!this.#failed.has(key)) this.#log.add(code, message, path);
          this.#failed.add(key);
        }
      }
    }
    return this.#asked.map(({ owners }) => owners);
  }
}
