import { createHash } from "node:crypto";
import {
  type Digest,
  type Failure,
  type FileEntry,
  type FilePattern,
  type FileTree,
  type FileVersion,
  mayBeProgram,
  type ProgramExcerpt,
  type ProgramInspector,
  ProgramReading,
  parseDigest,
  type TextExcerpt,
  type TextInspector,
} from "@pratique/core";
import { matchesPattern } from "./matches-pattern.ts";

/** What lies at a path: text, bytes, a symlink, or a file with its permission bits; `null` takes it away. */
export type TreeItem =
  | string
  | Uint8Array
  | { readonly symlink: string }
  | { readonly content: string | Uint8Array; readonly mode: number }
  | null;

/** Paths relative to the root, without a leading slash. Directories come by themselves. */
export type TreeItems = Readonly<Record<string, TreeItem>>;

export interface FileTreeOptions {
  /** What `files()` gives; everything where absent. */
  readonly patterns?: readonly FilePattern[];
  readonly failures?: readonly Failure[];
}

/** A tree in memory without layers. */
export function fileTreeOf(items: TreeItems, options: FileTreeOptions = {}): FileTree {
  return new MemoryTree([{ items, layer: undefined }], options);
}

/** A tree in memory of several layers, lowest first; {@link layerDigest} tells their digests. */
export function fileTreeOfLayers(layers: readonly TreeItems[], options: FileTreeOptions = {}): FileTree {
  return new MemoryTree(
    layers.map((items, index) => ({ items, layer: layerDigest(index) })),
    options,
  );
}

/** The made-up digest of the layer with this number, counted from 0 for the lowest. */
export function layerDigest(index: number): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(`layer ${index}`).digest("hex")}`);
}

interface Layer {
  readonly items: TreeItems;
  readonly layer: Digest | undefined;
}

interface Stored {
  readonly entry: FileEntry;
  readonly bytes: Uint8Array;
}

const MAX_LINKS = 40;

class MemoryTree implements FileTree {
  readonly failures: readonly Failure[];
  readonly #patterns: readonly FilePattern[] | undefined;
  readonly #now = new Map<string, Stored>();
  readonly #history = new Map<string, Stored[]>();
  readonly #all: { readonly position: number; readonly stored: Stored }[] = [];
  readonly #directories = new Set<string>([""]);

  constructor(layers: readonly Layer[], { patterns, failures = [] }: FileTreeOptions) {
    this.#patterns = patterns;
    this.failures = failures;
    for (const [position, layer] of layers.entries()) this.#add(layer, position);
    for (const path of this.#now.keys()) {
      for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
        this.#directories.add(parent);
      }
    }
  }

  files(): Iterable<FileEntry> {
    return this.#select(this.#patterns);
  }

  *match(pattern: FilePattern): Iterable<FileEntry> {
    for (const entry of this.#select(this.#patterns ?? [pattern])) {
      if (matchesPattern(pattern, entry.path)) yield entry;
    }
  }

  stat(path: string): FileEntry | undefined {
    const real = this.#resolve(path);
    if (real === undefined) return undefined;
    if (this.#directories.has(real)) return { path: real, kind: "directory", size: 0, mode: 0o755 };
    return this.#now.get(real)?.entry;
  }

  async read(path: string, limitBytes = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
    const stored = this.#now.get(this.#resolve(path) ?? "");
    if (stored === undefined) throw new Error(`no file ${JSON.stringify(path)} in the tree`);
    return bounded(stored, limitBytes);
  }

  history(path: string): readonly FileVersion[] {
    const versions = this.#history.get(this.#resolve(path) ?? "") ?? [];
    return versions.map((stored) => ({
      ...(stored.entry.layer !== undefined && { layer: stored.entry.layer }),
      read: async (limitBytes = Number.POSITIVE_INFINITY) => bounded(stored, limitBytes),
    }));
  }

  *excerpts(
    inspector: ProgramInspector,
    accepts: (path: string) => boolean = () => true,
  ): Iterable<ProgramExcerpt> {
    for (const { entry, bytes } of this.#programs()) {
      const { path, size } = entry;
      if (inspector.mayWait === true && !accepts(path)) continue;
      const reading = new ProgramReading({ path, size }, [inspector]);
      reading.write(bytes);
      const excerpt = reading.finish().get(inspector);
      if (excerpt !== undefined) yield { path, excerpt };
    }
  }

  /** All of them wait for an inspector that may. */
  *waiting({ mayWait }: ProgramInspector): Iterable<FileEntry> {
    if (mayWait === true) for (const { entry } of this.#programs()) yield entry;
  }

  #programs(): readonly Stored[] {
    return [...this.#now.values()]
      .filter(({ entry }) => {
        const name = entry.path.slice(entry.path.lastIndexOf("/") + 1);
        return entry.kind === "file" && mayBeProgram(name, entry);
      })
      .sort(({ entry: left }, { entry: right }) =>
        Buffer.compare(Buffer.from(left.path), Buffer.from(right.path)),
      );
  }

  *textExcerpts(inspector: TextInspector): Iterable<TextExcerpt> {
    for (const { position, stored } of this.#all) {
      const { path, kind, size } = stored.entry;
      const isAsked = kind === "file" && size > 0 && size <= inspector.maxBytes;
      if (!isAsked || !inspector.wantsName(path.slice(path.lastIndexOf("/") + 1))) continue;
      const inspection = inspector.inspect({ path, size });
      inspection.write(stored.bytes);
      const excerpt = inspection.finish();
      if (excerpt !== undefined) yield { path, position, isLeft: this.#now.get(path) === stored, excerpt };
    }
  }

  /** Entries that patterns name, and those that they name by a path through a symlinked directory. */
  #select(patterns: readonly FilePattern[] | undefined): readonly FileEntry[] {
    const found = new Map<string, FileEntry>();
    for (const [path, { entry }] of this.#now) {
      if (patterns?.some((pattern) => matchesPattern(pattern, path)) ?? true) found.set(path, entry);
    }
    for (const path of patterns?.flatMap(({ paths = [] }) => paths) ?? []) {
      const entry = found.has(path) ? undefined : this.stat(path);
      if (entry?.kind === "file") found.set(path, { ...entry, path });
    }
    for (const directory of patterns?.flatMap(({ under = [] }) => under) ?? []) {
      const real = this.#resolve(directory);
      if (real === undefined || real === directory) continue;
      for (const [path, { entry }] of this.#now) {
        const alias = `${directory}${path.slice(real.length)}`;
        if (path.startsWith(`${real}/`) && !found.has(alias)) found.set(alias, { ...entry, path: alias });
      }
    }
    return [...found.values()].sort((left, right) =>
      Buffer.compare(Buffer.from(left.path), Buffer.from(right.path)),
    );
  }

  #add({ items, layer }: Layer, position: number): void {
    for (const [path, item] of Object.entries(items)) {
      for (const known of this.#now.keys()) {
        if (known === path || known.startsWith(`${path}/`)) this.#now.delete(known);
      }
      if (item === null) continue;
      const stored = store(path, item, layer);
      this.#now.set(path, stored);
      this.#all.push({ position, stored });
      if (stored.entry.kind === "file") {
        this.#history.set(path, [...(this.#history.get(path) ?? []), stored]);
      }
    }
  }

  /** Follows symlinks the way a process does whose root is the tree; undefined where it goes nowhere. */
  #resolve(path: string): string | undefined {
    const rest = path.split("/").toReversed();
    let at: string[] = [];
    for (let links = 0; rest.length > 0; ) {
      const name = rest.pop();
      if (name === undefined || name === "" || name === ".") continue;
      if (name === "..") {
        at.pop();
        continue;
      }
      const next = [...at, name].join("/");
      const target = this.#now.get(next)?.entry.linkTarget;
      if (target === undefined) {
        if (!this.#now.has(next) && !this.#directories.has(next)) return undefined;
        if (rest.length > 0 && !this.#directories.has(next)) return undefined;
        at.push(name);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) return undefined;
      if (target.startsWith("/")) at = [];
      rest.push(...target.split("/").toReversed());
    }
    return at.join("/");
  }
}

function store(path: string, item: Exclude<TreeItem, null>, layer: Digest | undefined): Stored {
  const from = layer === undefined ? {} : { layer };
  if (typeof item === "object" && "symlink" in item) {
    const entry = { path, kind: "symlink", size: 0, mode: 0o777, linkTarget: item.symlink, ...from } as const;
    return { entry, bytes: new Uint8Array() };
  }
  const withMode = typeof item === "object" && "content" in item;
  const bytes = Buffer.from(withMode ? item.content : item);
  const mode = withMode ? item.mode : 0o644;
  return { entry: { path, kind: "file", size: bytes.length, mode, ...from }, bytes };
}

function bounded({ entry, bytes }: Stored, limitBytes: number): Uint8Array {
  if (entry.kind !== "file") throw new Error(`${JSON.stringify(entry.path)} is not a file`);
  if (bytes.length > limitBytes)
    throw new Error(`${JSON.stringify(entry.path)} is longer than ${limitBytes}`);
  return bytes;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
