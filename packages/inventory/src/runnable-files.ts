import { type PackageFacts, runnableKeyOf, writeRunnableKeys } from "@pratique/core";

/** Of one package; programs of whole desktops have less. */
const MAX_FILES = 100_000;
/** Of all packages of an image. */
const MAX_FILES_IN_ALL = 500_000;

/** Gathers which files of packages a process may execute or load, while their lists are gone through for their owners. */
export class RunnableFiles {
  readonly #keys = new Map<PackageFacts, Set<string>>();
  readonly #exceeding = new Set<PackageFacts>();
  #count = 0;

  /** The files of a package are about to be told. */
  begin(owner: PackageFacts): void {
    if (!this.#keys.has(owner)) this.#keys.set(owner, new Set());
  }

  /** Takes a file of a package. */
  take(owner: PackageFacts, path: string): void {
    const key = runnableKeyOf(path);
    const keys = key === undefined ? undefined : this.#keys.get(owner);
    if (key === undefined || keys === undefined || keys.has(key)) return;
    if (keys.size >= MAX_FILES || this.#count >= MAX_FILES_IN_ALL) this.#exceeding.add(owner);
    else keys.add(key);
    this.#count += 1;
  }

  /** What {@link Package.runnable} says of a package; undefined where nothing told its files, or there are too many. */
  of(owner: PackageFacts): string | undefined {
    const keys = this.#keys.get(owner);
    return keys === undefined || this.#exceeding.has(owner) ? undefined : writeRunnableKeys(keys);
  }
}
