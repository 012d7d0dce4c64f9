import type { Digest } from "@pratique/core";
import { OciError } from "../errors.ts";
import type { Excerpts, FileContent, WaitingProgram } from "../layer-index/layer-index.ts";

interface NodeFacts {
  readonly mode: number;
  /** Absent where the source has no layers. */
  readonly layer: Digest | undefined;
}

/** A directory. Most of an image hold nothing that was kept, or one thing: those have no map. */
export class DirectoryNode implements NodeFacts {
  readonly kind = "directory";
  mode: number;
  layer: Digest | undefined;
  #children: Map<string, TreeNode> | undefined;
  /** The child of a directory that has one, and no map. */
  #onlyName: string | undefined;
  #only: TreeNode | undefined;

  constructor(mode = 0o755, layer?: Digest) {
    this.mode = mode;
    this.layer = layer;
  }

  get(name: string): TreeNode | undefined {
    if (this.#children !== undefined) return this.#children.get(name);
    return name === this.#onlyName ? this.#only : undefined;
  }

  set(name: string, node: TreeNode): void {
    if (this.#children !== undefined) {
      this.#children.set(name, node);
    } else if (this.#only === undefined || this.#onlyName === undefined || this.#onlyName === name) {
      this.#onlyName = name;
      this.#only = node;
    } else {
      this.#children = new Map([
        [this.#onlyName, this.#only],
        [name, node],
      ]);
      this.#forgetOnly();
    }
  }

  delete(name: string): void {
    this.#children?.delete(name);
    if (name === this.#onlyName) this.#forgetOnly();
  }

  clear(): void {
    this.#children = undefined;
    this.#forgetOnly();
  }

  entries(): Iterable<readonly [string, TreeNode]> {
    if (this.#only !== undefined && this.#onlyName !== undefined) return [[this.#onlyName, this.#only]];
    return this.#children ?? NOTHING;
  }

  /** As {@link entries}, without a pair for each of them. */
  forEach(visit: (node: TreeNode, name: string) => void): void {
    if (this.#only !== undefined && this.#onlyName !== undefined) visit(this.#only, this.#onlyName);
    else this.#children?.forEach(visit);
  }

  #forgetOnly(): void {
    this.#onlyName = undefined;
    this.#only = undefined;
  }
}

const NOTHING: Iterable<readonly [string, TreeNode]> = [];

export interface FileNode extends NodeFacts {
  readonly kind: "file";
  readonly size: number;
  /** Absent where only excerpts were kept. */
  readonly content?: FileContent;
  readonly excerpts?: Excerpts;
  readonly waiting?: WaitingProgram;
}

export interface SymlinkNode extends NodeFacts {
  readonly kind: "symlink";
  readonly target: string;
}

export type TreeNode = DirectoryNode | FileNode | SymlinkNode;

/** As many as Linux follows in one look-up (path_resolution(7)). */
const MAX_SYMLINKS = 40;

/** Where a path leads. */
export interface Place {
  /** The real path: no part of it is a symlink. */
  readonly path: string;
  /** What is there; undefined where there is nothing that was kept. */
  readonly node: TreeNode | undefined;
  /** The directory that it lies, or would lie, in. */
  readonly parent: DirectoryNode;
  /** The last name of the real path; empty for the root. */
  readonly name: string;
}

/** Counts steps from name to name: with symlinks, a short path can take very many. */
export class StepBudget {
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Throws `LIMIT_REACHED` when there are none left. */
  take(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0)
      throw new OciError("LIMIT_REACHED", "the links of the image take too many steps to follow");
  }
}

export interface FindOptions {
  /** What a symlink at the last name means: go on to its target, or stay. */
  readonly followLast: boolean;
  /** Makes a directory that is missing on the way, to be put into the tree; files in the way give place. */
  readonly makeDirectory?: () => DirectoryNode;
  /** Whether a symlink on the way gives place to such a directory, and is not followed. */
  readonly givesPlace?: (link: SymlinkNode) => boolean;
  /** Goes on through directories that are missing, as if they were there. */
  readonly assumeDirectories?: boolean;
  /** What the look-ups of one image may cost together; not counted where absent. */
  readonly budget?: StepBudget;
}

interface Step {
  readonly name: string;
  readonly node: DirectoryNode;
}

/**
 * Walks a path the way a process does whose root is the tree: absolute targets begin at the root, and `..`
 * at the root stays there. Undefined where the path goes through what is no directory, through what does not
 * exist, or through too many symlinks.
 */
export function findPlace(root: DirectoryNode, path: string, options: FindOptions): Place | undefined {
  return findAlongDirectories(root, path, options) ?? findAlongLinks(root, path, options);
}

/** Where most paths lead: through directories that are there, so that the path is the real one. Undefined for others. */
function findAlongDirectories(
  root: DirectoryNode,
  path: string,
  { followLast, budget }: FindOptions,
): Place | undefined {
  let parent = root;
  for (let start = 0, steps = 1; ; steps += 1) {
    const slash = path.indexOf("/", start);
    const name = slash < 0 ? path.slice(start) : path.slice(start, slash);
    if (name === "" || name === "." || name === "..") return undefined;
    const node = parent.get(name);
    if (slash < 0) {
      if (followLast && node?.kind === "symlink") return undefined;
      budget?.take(steps);
      return { path, node, parent, name };
    }
    if (node?.kind !== "directory") return undefined;
    parent = node;
    start = slash + 1;
  }
}

function findAlongLinks(root: DirectoryNode, path: string, options: FindOptions): Place | undefined {
  const { followLast, makeDirectory, givesPlace, assumeDirectories = false, budget } = options;
  const steps: Step[] = [{ name: "", node: root }];
  const rest = path.split("/").toReversed();
  let symlinks = 0;
  let last: { name: string; node: TreeNode | undefined } | undefined;
  while (rest.length > 0) {
    budget?.take();
    const name = rest.pop();
    if (name === undefined || name === "" || name === ".") continue;
    const parent = steps.at(-1);
    if (parent === undefined) return undefined;
    if (name === "..") {
      if (steps.length > 1) steps.pop();
      continue;
    }
    const isLast = rest.length === 0 || !rest.some((part) => part !== "" && part !== ".");
    const child = parent.node.get(name);
    if (child?.kind === "symlink" && (followLast || !isLast) && givesPlace?.(child) !== true) {
      symlinks += 1;
      if (symlinks > MAX_SYMLINKS) return undefined;
      if (child.target.startsWith("/")) steps.length = 1;
      rest.push(...child.target.split("/").toReversed());
      continue;
    }
    if (child?.kind === "directory") {
      steps.push({ name, node: child });
      continue;
    }
    if (isLast) {
      last = { name, node: child };
      break;
    }
    if (makeDirectory !== undefined) {
      const made = makeDirectory();
      parent.node.set(name, made);
      steps.push({ name, node: made });
    } else if (assumeDirectories && child === undefined) {
      steps.push({ name, node: new DirectoryNode() });
    } else {
      return undefined;
    }
  }
  return placeOf(steps, last, symlinks === 0 && isPlain(path) ? path : undefined);
}

/** Whether a path is the real one, but for links: nothing in it means something else than a name. */
function isPlain(path: string): boolean {
  return path !== "" && !/(?:^|\/)\.{0,2}(?:\/|$)/u.test(path);
}

function placeOf(
  steps: readonly Step[],
  last: { readonly name: string; readonly node: TreeNode | undefined } | undefined,
  real: string | undefined,
): Place | undefined {
  const here = steps.at(-1);
  if (here === undefined) return undefined;
  const end = last ?? here;
  const parent = last === undefined ? (steps.at(-2) ?? here) : here;
  return {
    // Few ask for it, and where it is known no second string is made.
    get path() {
      if (real !== undefined) return real;
      const names = steps.slice(1).map(({ name }) => name);
      return (last === undefined ? names : [...names, last.name]).join("/");
    },
    node: end.node,
    parent: parent.node,
    name: end.name,
  };
}
