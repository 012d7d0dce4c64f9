import type { PackageFacts } from "@pratique/core";
import type { OwnerLookup } from "./cataloger.ts";
import type { FailureLog } from "./failure-log.ts";
import { RunnableFiles } from "./runnable-files.ts";

/** The owners of files, by path. */
export type Owners = ReadonlyMap<string, PackageFacts>;

interface Asked {
  readonly lookup: OwnerLookup;
  readonly owners: Map<string, PackageFacts>;
  /** Lists are long: what of their files may run is gathered when they are gone through first. */
  hasToldFiles: boolean;
}

/** Asks package managers which files they installed, of each file once. */
export class OwnerSearch {
  readonly #log: FailureLog;
  readonly #asked: Asked[] = [];
  readonly #runnable = new RunnableFiles();
  readonly #known = new Set<string>();
  /** What has failed; it does so again when more is asked. */
  readonly #failed = new Set<string>();

  constructor(log: FailureLog) {
    this.#log = log;
  }

  /** Adds package managers, which are asked in this order; to be called before anything is sought. */
  add(lookups: readonly OwnerLookup[]): void {
    for (const lookup of lookups) this.#asked.push({ lookup, owners: new Map(), hasToldFiles: false });
  }

  /** What each package manager owns of the files that are sought, and of those that were before. */
  async find(paths: readonly string[]): Promise<readonly Owners[]> {
    const sought = [...new Set(paths)].filter((path) => !this.#known.has(path));
    if (sought.length > 0) {
      for (const path of sought) this.#known.add(path);
      for (const asked of this.#asked) await this.#ask(asked, sought);
    }
    return this.#asked.map(({ owners }) => owners);
  }

  /** Which files of packages may run, of all whose package managers list them. */
  async findRunnable(): Promise<RunnableFiles> {
    for (const asked of this.#asked) if (!asked.hasToldFiles) await this.#ask(asked, []);
    return this.#runnable;
  }

  async #ask(asked: Asked, sought: readonly string[]): Promise<void> {
    const found = await asked.lookup(sought, asked.hasToldFiles ? undefined : this.#runnable);
    asked.hasToldFiles = true;
    for (const [path, owner] of found.owners) asked.owners.set(path, owner);
    for (const { code, message, path } of found.failures) {
      const key = JSON.stringify([code, message, path]);
      if (!this.#failed.has(key)) this.#log.add(code, message, path);
      this.#failed.add(key);
    }
  }
}
