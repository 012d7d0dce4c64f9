import { compileGlob, isGlob, type TextTest } from "./glob.ts";

/** No path of Linux has as many components, so that a longer prefix is one of none. */
const MAX_COMPONENTS = 4096;

/** Prefixes of paths, matched by whole components: `/var/run` is one of `/var/run/x` and not of `/var/run_x`. */
export class PathPrefixes {
  readonly #root = new PathNode();

  constructor(paths: Iterable<string>) {
    for (const path of paths) {
      const components = componentsOf(path);
      if (components.length <= MAX_COMPONENTS) this.#root.add(components);
    }
  }

  matches(path: string): boolean {
    return this.#root.matches(componentsOf(path), 0);
  }
}

class PathNode {
  readonly #exact = new Map<string, PathNode>();
  readonly #globs = new Map<string, { readonly test: TextTest; readonly node: PathNode }>();
  #isEnd = false;

  add(components: readonly string[], at = 0): void {
    // A shorter prefix says all that a longer one could.
    if (this.#isEnd) return;
    const component = components[at];
    if (component !== undefined) {
      this.#child(component).add(components, at + 1);
      return;
    }
    this.#isEnd = true;
    this.#exact.clear();
    this.#globs.clear();
  }

  matches(components: readonly string[], at: number): boolean {
    if (this.#isEnd) return true;
    const component = components[at];
    if (component === undefined) return false;
    if (this.#exact.get(component)?.matches(components, at + 1) === true) return true;
    for (const { test, node } of this.#globs.values()) {
      if (test(component) && node.matches(components, at + 1)) return true;
    }
    return false;
  }

  #child(component: string): PathNode {
    if (!isGlob(component)) return childOf(this.#exact, component, new PathNode());
    const child = { test: compileGlob(component), node: new PathNode() };
    return childOf(this.#globs, component, child).node;
  }
}

function childOf<Child>(children: Map<string, Child>, name: string, fresh: Child): Child {
  const known = children.get(name);
  if (known !== undefined) return known;
  children.set(name, fresh);
  return fresh;
}

/** Slashes only part components: those at both ends, and repeated ones, mean nothing. */
function componentsOf(path: string): readonly string[] {
  return path.split("/").filter((component) => component !== "");
}
