import type { FileTree } from "@pratique/core";

const MAX_RESOLVED = 200_000;

/**
 * Files whose owner is sought, made ready for being compared with very many lines of file lists. The lists
 * are decoded as Latin-1; the paths sought are not.
 */
export class PathIndex {
  readonly #tree: FileTree;
  readonly #paths: ReadonlySet<string>;
  readonly #basenames: ReadonlySet<string>;
  /** By the codes of the last two characters: whether the name of a path sought ends with them. */
  readonly #lastCodes = new Uint8Array(1 << 16);
  #resolved = 0;

  constructor(tree: FileTree, paths: readonly string[]) {
    this.#tree = tree;
    this.#paths = new Set(paths);
    this.#basenames = new Set(paths.map(basenameOf));
    for (const name of this.#basenames) this.#enter(Buffer.from(name));
  }

  #enter(name: Buffer): void {
    const last = name.at(-1) ?? 0;
    const before = name.at(-2);
    if (before !== undefined) this.#lastCodes[(before << 8) | last] = 1;
    // Anything may stand before a name of one character.
    else for (let code = 0; code < 256; code += 1) this.#lastCodes[(code << 8) | last] = 1;
  }

  /** More paths had to be resolved than a real image asks for; the rest is taken as not sought. */
  get exhausted(): boolean {
    return this.#resolved > MAX_RESOLVED;
  }

  /** Whether a path that ends before `end` is worth cutting out of `text`: most are not. */
  mayEnd(text: string, end: number): boolean {
    if (end === 0) return false;
    const before = end > 1 ? text.charCodeAt(end - 2) & 0xff : 0;
    return this.#lastCodes[(before << 8) | (text.charCodeAt(end - 1) & 0xff)] === 1;
  }

  /**
   * The path sought that a line names, or undefined. A package may have been built for `/lib/x` and lie in
   * `/usr/lib/x`, so what is not found as written is looked up in the tree, which follows every symlink.
   */
  find(line: string): string | undefined {
    const path = asUtf8(line);
    if (!this.#basenames.has(basenameOf(path))) return undefined;
    if (this.#paths.has(path)) return path;
    this.#resolved += 1;
    if (this.exhausted) return undefined;
    const real = this.#tree.stat(path)?.path;
    return real !== undefined && this.#paths.has(real) ? real : undefined;
  }
}

function basenameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function asUtf8(latin1: string): string {
  return /^[\0-\x7f]*$/u.test(latin1) ? latin1 : Buffer.from(latin1, "latin1").toString("utf8");
}
