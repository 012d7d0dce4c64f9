import {
  type Failure,
  type FileEntry,
  type FilePattern,
  type FileVersion,
  messageOf,
  type ProgramExcerpt,
  type ProgramInspector,
  type TextExcerpt,
  type TextInspector,
} from "@pratique/core";
import { OciError } from "../errors.ts";
import type { LayerIndex } from "../layer-index/layer-index.ts";
import { compileMatcher, type Matcher } from "../layer-index/matcher.ts";
import type { ImageFacts, ImageTree, TreeFacts } from "../source.ts";
import type { Squashed, StoredVersion } from "./squash.ts";
import { type DirectoryNode, type FileNode, findPlace, type Place, type TreeNode } from "./tree-node.ts";

/** Entries that may be shown under a second path because a directory on the way to it is a symlink. */
const MAX_ALIASES = 100_000;

interface SquashedTreeOptions {
  readonly squashed: Squashed;
  readonly indexes: readonly LayerIndex[];
  /** What the tree was asked for. */
  readonly matcher: Matcher;
  /** Those of the layers. */
  readonly failures: readonly Failure[];
  readonly facts: TreeFacts;
  readonly sizeBytes: number;
}

/** The squashed layers as the tree that readers of images see. */
class SquashedTree implements ImageTree {
  readonly failures: Failure[];
  readonly facts: TreeFacts;
  readonly sizeBytes: number;
  readonly #squashed: Squashed;
  readonly #indexes: readonly LayerIndex[];
  readonly #entries: readonly FileEntry[];
  readonly #inspected: readonly InspectedLeaf[];

  constructor({ squashed, indexes, matcher, failures, facts, sizeBytes }: SquashedTreeOptions) {
    this.#squashed = squashed;
    this.#indexes = indexes;
    const { entries, inspected } = listWanted(squashed.root, matcher);
    this.#entries = entries;
    this.#inspected = inspected;
    this.failures = [...failures, ...squashed.failures.all()];
    this.facts = facts;
    this.sizeBytes = sizeBytes;
  }

  files(): Iterable<FileEntry> {
    return this.#entries.values();
  }

  *match(pattern: FilePattern): Iterable<FileEntry> {
    const matcher = compileMatcher([pattern]);
    for (const entry of this.#entries) {
      if (matcher.matches(entry.path)) yield entry;
    }
  }

  stat(path: string): FileEntry | undefined {
    const place = this.#find(path);
    return place?.node && entryOf(place.path, place.node);
  }

  async read(path: string, limitBytes?: number): Promise<Uint8Array> {
    const node = this.#find(path)?.node;
    if (node?.kind !== "file") {
      throw new OciError("FILE_NOT_FOUND", `no file ${JSON.stringify(path)} in the image`);
    }
    if (node.content === undefined) {
      throw new OciError("FILE_NOT_FOUND", `only excerpts of ${JSON.stringify(path)} were kept`);
    }
    return node.content.read(limitBytes);
  }

  excerpts(
    inspector: ProgramInspector,
    accepts: (path: string) => boolean = () => true,
  ): Iterable<ProgramExcerpt> {
    const found: ProgramExcerpt[] = [];
    for (const { path, node } of this.#inspected) {
      const isAsked = inspector.mayWait === true && node.waiting !== undefined && accepts(path);
      const excerpt = isAsked ? this.#lookInto(path, node, inspector) : node.excerpts?.get(inspector);
      if (excerpt !== undefined) found.push({ path, excerpt });
    }
    return found.sort(byPath(found));
  }

  *waiting({ mayWait }: ProgramInspector): Iterable<FileEntry> {
    if (mayWait !== true) return;
    for (const { path, node } of this.#inspected) {
      if (node.waiting !== undefined) yield entryOf(path, node);
    }
  }

  #lookInto(path: string, { waiting }: FileNode, inspector: ProgramInspector): Uint8Array | undefined {
    try {
      return waiting?.inspect(inspector);
    } catch (thrown) {
      this.failures.push({ code: "FILE_UNREADABLE", message: messageOf(thrown), path });
      return undefined;
    }
  }

  *textExcerpts(inspector: TextInspector): Iterable<TextExcerpt> {
    for (const [position, { entries }] of this.#indexes.entries()) {
      for (const entry of entries) {
        const excerpt = entry.kind === "file" ? entry.excerpts?.get(inspector) : undefined;
        if (excerpt === undefined) continue;
        const { path } = entry;
        const node = findPlace(this.#squashed.root, path, { followLast: false })?.node;
        const isLeft = node?.kind === "file" && node.excerpts?.get(inspector) === excerpt;
        yield { path, position, isLeft, excerpt };
      }
    }
  }

  history(path: string): readonly FileVersion[] {
    const place = this.#find(path);
    const versions = place === undefined ? [] : (this.#squashed.history.get(place.path) ?? []);
    return [versions].flat().map(versionOf);
  }

  #find(path: string): Place | undefined {
    return findPlace(this.#squashed.root, path, { followLast: true });
  }
}

export interface TreeOfOptions {
  readonly squashed: Squashed;
  /** Lowest first. */
  readonly indexes: readonly LayerIndex[];
  /** What the tree was asked for. */
  readonly matcher: Matcher;
  readonly facts: ImageFacts;
}

/** The tree of squashed layers, with what reading them has told. */
export function treeOf({ squashed, indexes, matcher, facts }: TreeOfOptions): ImageTree {
  const failures = indexes.flatMap((index) => index.failures);
  const sizeBytes = indexes.reduce((sum, index) => sum + index.sizeBytes, 0);
  const layers = facts.layers.map((layer, position) => {
    const diffId = indexes[position]?.diffId ?? layer.diffId;
    return { ...layer, ...(diffId !== undefined && { diffId }) };
  });
  const layersVerified = indexes.every(({ verified }) => verified);
  return new SquashedTree({
    squashed,
    indexes,
    matcher,
    failures,
    facts: { ...facts, layers, layersVerified },
    sizeBytes,
  });
}

function versionOf({ layer, content }: StoredVersion): FileVersion {
  return { ...(layer !== undefined && { layer }), read: (limitBytes) => content.read(limitBytes) };
}

function entryOf(path: string, node: TreeNode): FileEntry {
  return {
    path,
    kind: node.kind,
    size: node.kind === "file" ? node.size : 0,
    mode: node.mode,
    ...(node.kind === "symlink" && { linkTarget: node.target }),
    ...(node.layer !== undefined && { layer: node.layer }),
  };
}

/** A file of which inspectors have kept something, or for which they wait, by its real path. */
interface InspectedLeaf {
  readonly path: string;
  readonly node: FileNode;
}

interface Listed {
  /** All wanted files and symlinks, by their real paths and by the paths that patterns name, in byte order. */
  readonly entries: readonly FileEntry[];
  /** In no order. */
  readonly inspected: readonly InspectedLeaf[];
}

/** Lists both in one go: the tree may be much larger than they are. */
function listWanted(root: DirectoryNode, matcher: Matcher): Listed {
  const found = new Map<string, FileEntry>();
  const inspected: InspectedLeaf[] = [];
  forEachLeaf(root, "", (node, path) => {
    if (matcher.matches(path)) found.set(path, entryOf(path, node));
    if (node.kind === "file" && (node.excerpts ?? node.waiting) !== undefined) inspected.push({ path, node });
  });
  addAliases(found, root, matcher);
  const entries = [...found.values()];
  return { entries: entries.sort(byPath(entries)), inspected };
}

function addAliases(found: Map<string, FileEntry>, root: DirectoryNode, matcher: Matcher): void {
  let left = MAX_ALIASES;
  for (const { paths = [], under = [] } of matcher.patterns) {
    for (const path of paths) {
      const place = found.has(path) ? undefined : findPlace(root, path, { followLast: true });
      if (place?.node?.kind === "file") found.set(path, entryOf(path, place.node));
    }
    for (const path of under) {
      const place = findPlace(root, path, { followLast: true });
      if (place?.node?.kind !== "directory" || place.path === path) continue;
      forEachLeaf(place.node, path, (node, alias) => {
        left -= 1;
        if (left >= 0 && !found.has(alias)) found.set(alias, entryOf(alias, node));
      });
      if (left <= 0) return;
    }
  }
}

/** Visits all files and symlinks at any depth, with their paths. */
function forEachLeaf(
  directory: DirectoryNode,
  at: string,
  visit: (node: Exclude<TreeNode, DirectoryNode>, path: string) => void,
): void {
  const waiting: { readonly path: string; readonly node: DirectoryNode }[] = [{ path: at, node: directory }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const prefix = next.path === "" ? "" : `${next.path}/`;
    next.node.forEach((node, name) => {
      if (node.kind === "directory") waiting.push({ path: prefix + name, node });
      else visit(node, prefix + name);
    });
  }
}

interface Located {
  readonly path: string;
}

/** Orders these by path as UTF-8 bytes are ordered. Code units are ordered alike but for those beyond 16 bits. */
function byPath(located: readonly Located[]): (left: Located, right: Located) => number {
  return located.some(({ path }) => SURROGATE.test(path)) ? compareBytes : compareUnits;
}

const SURROGATE = /[\ud800-\udfff]/;

function compareUnits({ path: left }: Located, { path: right }: Located): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function compareBytes({ path: left }: Located, { path: right }: Located): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rankOf(left.charCodeAt(index)) - rankOf(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Surrogates stand for characters beyond all others. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
