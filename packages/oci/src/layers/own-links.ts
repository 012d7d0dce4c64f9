import type { LayerEntry } from "../layer-index/layer-index.ts";

/** As many as Linux follows in one look-up (path_resolution(7)). */
const MAX_SYMLINKS = 40;
/** Names that one layer may have looked up for its links: with them, a short path can take very many. */
const MAX_STEPS = 1_000_000;

export type Symlink = Extract<LayerEntry, { kind: "symlink" }>;

/**
 * The symlinks of a layer as far as it has been read. What unpacks it follows them: a file below one goes where it leads.
 */
export class OwnLinks {
  readonly #links = new Map<string, Symlink>();
  #stepsLeft = MAX_STEPS;
  /** Files come directory by directory. */
  #last: { readonly directory: string; readonly real: string | undefined } | undefined;

  get(path: string): Symlink | undefined {
    return this.#links.get(path);
  }

  add(link: Symlink): void {
    this.#links.set(link.path, link);
    this.#last = undefined;
  }

  delete(path: string): void {
    if (this.#links.delete(path)) this.#last = undefined;
  }

  /** The path without symlinks on the way to its last name. Undefined where there are too many of them. */
  realPath(path: string): string | undefined {
    const slash = path.lastIndexOf("/");
    if (slash < 0 || this.#links.size === 0) return path;
    const directory = path.slice(0, slash);
    if (this.#last?.directory !== directory) this.#last = { directory, real: this.#follow(directory) };
    const { real } = this.#last;
    if (real === undefined || real === directory) return real && path;
    return real === "" ? path.slice(slash + 1) : real + path.slice(slash);
  }

  #follow(directory: string): string | undefined {
    if (!this.#isOnTheWay(directory)) return directory;
    const names: string[] = [];
    const rest = directory.split("/").toReversed();
    for (let links = 0; rest.length > 0; ) {
      this.#stepsLeft -= 1;
      if (this.#stepsLeft < 0) return undefined;
      const name = rest.pop();
      if (name === undefined || name === "" || name === ".") continue;
      if (name === "..") {
        names.pop();
        continue;
      }
      names.push(name);
      const target = this.#links.get(names.join("/"))?.target;
      if (target === undefined) continue;
      links += 1;
      if (links > MAX_SYMLINKS) return undefined;
      if (target.startsWith("/")) names.length = 0;
      else names.pop();
      rest.push(...target.split("/").toReversed());
    }
    return names.join("/");
  }

  #isOnTheWay(directory: string): boolean {
    for (let slash = directory.indexOf("/"); slash >= 0; slash = directory.indexOf("/", slash + 1)) {
      if (this.#links.has(directory.slice(0, slash))) return true;
    }
    return this.#links.has(directory);
  }
}
