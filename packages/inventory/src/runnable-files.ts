import { type PackageFacts, runnableKeyOf, scriptKeyOf, writeRunnableKeys } from "@pratique/core";

/** Of one package; programs of whole desktops have less. */
const MAX_FILES = 100_000;
/** Of all packages of an image. */
const MAX_FILES_IN_ALL = 500_000;

/** Gathers which files of packages a process may execute or load, while their lists are gone through for their owners. */
export class RunnableFiles {
  readonly #files = new Map<
    PackageFacts,
    { readonly programs: Set<number>; readonly scripts: Set<number> }
  >();
  readonly #exceeding = new Set<PackageFacts>();
  #count = 0;

  /** The files of a package are about to be told. */
  begin(owner: PackageFacts): void {
    if (!this.#files.has(owner)) this.#files.set(owner, { programs: new Set(), scripts: new Set() });
  }

  /** Takes a file of a package. */
  take(owner: PackageFacts, path: string): void {
    const files = this.#files.get(owner);
    if (files === undefined) return;
    const program = runnableKeyOf(path);
    const key = program ?? scriptKeyOf(path);
    const keys = program === undefined ? files.scripts : files.programs;
    if (key === undefined || keys.has(key)) return;
    const size = files.programs.size + files.scripts.size;
    if (size >= MAX_FILES || this.#count >= MAX_FILES_IN_ALL) this.#exceeding.add(owner);
    else keys.add(key);
    this.#count += 1;
  }

  /** What {@link Package.runnable} says of a package; undefined where nothing told its files, or there are too many. */
  of(owner: PackageFacts): string | undefined {
    const files = this.#files.get(owner);
    if (files === undefined || this.#exceeding.has(owner)) return undefined;
    return writeRunnableKeys(files.programs, files.scripts);
  }
}
