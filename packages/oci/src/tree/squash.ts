import type { Digest } from "@pratique/core";
import { OciError } from "../errors.ts";
import { FailureList } from "../failure-list.ts";
import type { FileContent, LayerEntry, LayerIndex } from "../layer-index/layer-index.ts";
import { combine, type HashState, type PathHasher, type PathHashes } from "../layer-index/path-hashes.ts";
import { DirectoryNode, findPlace, type Place, StepBudget, type SymlinkNode } from "./tree-node.ts";

const MAX_MADE_DIRECTORIES = 1_000_000;

/** One layer as it goes into the squash. */
export interface SquashLayer {
  readonly index: LayerIndex;
  /** Absent where the source has no layers. */
  readonly layer: Digest | undefined;
}

export interface SquashOptions {
  /** The one with which the layers were indexed. */
  readonly hasher: PathHasher;
  /** See {@link ReadLimits}. */
  readonly maxSteps: number;
}

/** One state of a file. */
export interface StoredVersion {
  /** The number of the layer, counted from 0 for the lowest. */
  readonly position: number;
  readonly layer: Digest | undefined;
  readonly content: FileContent;
}

/** All layers laid over each other. */
export interface Squashed {
  readonly root: DirectoryNode;
  /** By real path, lowest first; most files have one version, which is in no list. */
  readonly history: ReadonlyMap<string, StoredVersion | readonly StoredVersion[]>;
  readonly failures: FailureList;
  /** What is left of the steps that look-ups may take. */
  readonly budget: StepBudget;
}

/**
 * Lays layers over each other, lowest first (OCI image-spec, layer.md, "Applying Changesets").
 *
 * Whiteouts and opaque marks take away from lower layers at the very path that they name, never through a
 * symlink. Nor do entries go through symlinks of lower layers: overlayfs unpacks each layer by itself, where parents that it
 * does not list become directories, which hide what is below them. Through those of their own layer they do go. Throws
 * `LIMIT_REACHED`.
 */
export function squash(layers: readonly SquashLayer[], options: SquashOptions): Squashed {
  const merge = new Merge(options);
  for (const layer of layers) merge.add(layer);
  return merge;
}

/** The directory of the last entry, to which its path leads through directories alone. */
interface Beside {
  /** Its path with the slash behind it; the root is the empty string. */
  readonly prefix: string;
  readonly parent: DirectoryNode;
}

class Merge implements Squashed {
  readonly root = new DirectoryNode();
  readonly history = new Map<string, StoredVersion | readonly StoredVersion[]>();
  readonly failures = new FailureList();
  readonly budget: StepBudget;
  readonly #hasher: PathHasher;
  #position = -1;
  #made = 0;
  #beside: Beside | undefined;
  /** Those of the layer that is being laid over the others. */
  #ownLinks = new Set<SymlinkNode>();

  constructor({ hasher, maxSteps }: SquashOptions) {
    this.#hasher = hasher;
    this.budget = new StepBudget(maxSteps);
  }

  add({ index, layer }: SquashLayer): void {
    this.#position += 1;
    this.#ownLinks = new Set();
    if (this.#position > 0) {
      this.#findReplaced(index);
      this.#applyWhiteouts(index);
      for (const path of index.opaques) this.#empty(path, layer);
      if (index.unwanted.size > 0) this.#hide(this.root, this.#hasher.start, index.unwanted);
      this.#beside = undefined;
    }
    for (const entry of index.entries) this.#insert(entry, layer);
  }

  /**
   * A directory that comes where its own layer had something else before: whatever unpacked the layer has forgotten what
   * was to be hidden there, and overlayfs shows the lower directory. Docker takes no layer with two entries of one name.
   */
  #findReplaced({ entries, unwanted }: LayerIndex): void {
    const others = new Set<string>();
    for (const { kind, path } of entries) {
      if (kind !== "directory") others.add(path);
      else if (others.has(path) || unwanted.has(path)) {
        const at = this.#lexical(path);
        if (at?.parent.get(at.name)?.kind !== "directory") continue;
        const message =
          "a directory comes again where its layer took it away, with what lower layers have there";
        this.failures.add("PATH_UNSAFE", message, path);
      }
    }
  }

  /** Where the layer has a directory besides, that takes the place of the whiteout, and overlayfs shows the lower one in it. */
  #applyWhiteouts({ entries, whiteouts }: LayerIndex): void {
    if (whiteouts.length === 0) return;
    const kept = new Set(whiteouts);
    for (const { kind, path } of entries) if (kind === "directory") kept.delete(path);
    for (const path of kept) this.#remove(path);
  }

  /** Takes away what lies at exactly this path. */
  #remove(path: string): void {
    const at = this.#lexical(path);
    at?.parent.delete(at.name);
  }

  /** Leaves nothing of a directory but itself. What is no directory becomes one. Of roots, overlayfs does not ask. */
  #empty(path: string, layer: Digest | undefined): void {
    if (path === "") return;
    const at = this.#lexical(path);
    const node = at?.parent.get(at.name);
    if (node?.kind === "directory") node.clear();
    else if (node !== undefined) at?.parent.set(at.name, new DirectoryNode(0o755, layer));
  }

  /** Finds the directory of a path without following any symlink. */
  #lexical(path: string): { readonly parent: DirectoryNode; readonly name: string } | undefined {
    const names = path.split("/");
    const name = names.pop() ?? "";
    let parent = this.root;
    for (const part of names) {
      const child = parent.get(part);
      if (child?.kind !== "directory") return undefined;
      parent = child;
    }
    return { parent, name };
  }

  /** Takes away everything that lies at, or below, a file of the layer that nobody wants. */
  #hide(directory: DirectoryNode, state: HashState, unwanted: PathHashes): void {
    for (const [name, node] of directory.entries()) {
      this.budget.take();
      const child = this.#hasher.child(state, name);
      if (unwanted.hasHash(combine(child))) directory.delete(name);
      else if (node.kind === "directory") this.#hide(node, child, unwanted);
    }
  }

  #insert(entry: LayerEntry, layer: Digest | undefined): void {
    const place = this.#placeBeside(entry.path) ?? this.#place(entry.path, layer);
    if (place === undefined || place.name === "") {
      this.failures.add("PATH_UNSAFE", "the parents of a file lead nowhere", entry.path);
      return;
    }
    switch (entry.kind) {
      case "directory": {
        if (place.node?.kind === "directory") {
          place.node.mode = entry.mode;
          place.node.layer = layer;
        } else {
          place.parent.set(place.name, new DirectoryNode(entry.mode, layer));
        }
        return;
      }
      case "symlink":
        this.#insertSymlink(place, { kind: "symlink", target: entry.target, mode: entry.mode, layer });
        return;
      case "file":
        this.#insertFile(place, entry, layer);
        return;
      case "hardlink":
        this.#insertLink(place, entry, layer);
        return;
      case "other":
        place.parent.delete(place.name);
    }
  }

  #place(path: string, layer: Digest | undefined): Place | undefined {
    const place = findPlace(this.root, path, {
      followLast: false,
      budget: this.budget,
      makeDirectory: () => this.#makeDirectory(layer),
      givesPlace: (link) => !this.#ownLinks.has(link),
    });
    this.#beside =
      place?.path === path ? { prefix: path.slice(0, -place.name.length), parent: place.parent } : undefined;
    return place;
  }

  /**
   * Entries come directory by directory: what lies beside the last one has the same parent. Nothing that goes there can take
   * that parent away, and whatever goes elsewhere sets another one.
   */
  #placeBeside(path: string): Place | undefined {
    if (this.#beside === undefined) return undefined;
    const { prefix, parent } = this.#beside;
    if (!path.startsWith(prefix) || path.includes("/", prefix.length)) return undefined;
    const name = path.slice(prefix.length);
    if (name === "" || name === "." || name === "..") return undefined;
    this.budget.take();
    return { path, node: parent.get(name), parent, name };
  }

  /** A parent that no layer lists; symlinks could ask for any number of them. */
  #makeDirectory(layer: Digest | undefined): DirectoryNode {
    this.#made += 1;
    if (this.#made > MAX_MADE_DIRECTORIES) {
      throw new OciError(
        "LIMIT_REACHED",
        `more than ${MAX_MADE_DIRECTORIES} directories that no layer lists`,
      );
    }
    return new DirectoryNode(0o755, layer);
  }

  #insertSymlink(place: Place, link: SymlinkNode): void {
    place.parent.set(place.name, link);
    this.#ownLinks.add(link);
  }

  #insertFile(
    place: Place,
    { mode, size, content, excerpts, waiting }: Extract<LayerEntry, { kind: "file" }>,
    layer: Digest | undefined,
  ): void {
    const kept = {
      ...(content !== undefined && { content }),
      ...(excerpts !== undefined && { excerpts }),
      ...(waiting !== undefined && { waiting }),
    };
    place.parent.set(place.name, { kind: "file", mode, size, layer, ...kept });
    if (content === undefined) return;
    const { path } = place;
    const version = { position: this.#position, layer, content };
    const before = [this.history.get(path) ?? []].flat();
    // A layer may list a path twice; the last one is its version.
    const lower = before.filter(({ position }) => position !== this.#position);
    this.history.set(path, lower.length === 0 ? version : [...lower, version]);
  }

  #insertLink(
    place: Place,
    { path, target }: Extract<LayerEntry, { kind: "hardlink" }>,
    layer: Digest | undefined,
  ): void {
    const found = findPlace(this.root, target, { followLast: false, budget: this.budget })?.node;
    place.parent.delete(place.name);
    if (found?.kind === "file") {
      this.#insertFile(place, { ...found, path }, layer);
    } else if (found?.kind === "symlink") {
      this.#insertSymlink(place, { ...found, layer });
    } else {
      const message = `a hard link points at ${JSON.stringify(target)}, which is not there or was not kept`;
      this.failures.add("FILE_UNREADABLE", message, path);
    }
  }
}
