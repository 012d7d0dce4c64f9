import type { Digest, FilePattern, FileTree } from "@pratique/core";

/** A name that some pattern wants, and what it leads to. */
export interface MatchedFile {
  readonly path: string;
  readonly layer?: Digest;
  /** A symlink that leads to nothing that the tree can give. */
  readonly dangling: boolean;
}

/**
 * The files that any of the patterns wants, each once and by its real path. A symlink counts only where it leads
 * to a file that is not wanted by itself; otherwise one package would be found twice.
 */
export function matchedFiles(tree: FileTree, patterns: readonly FilePattern[]): readonly MatchedFile[] {
  const files = new Map<string, MatchedFile>();
  const links: string[] = [];
  for (const pattern of patterns) {
    for (const { path, kind, layer } of tree.match(pattern)) {
      if (kind === "symlink") links.push(path);
      if (kind !== "file") continue;
      const real = tree.stat(path)?.path ?? path;
      files.set(real, { path: real, dangling: false, ...(layer !== undefined && { layer }) });
    }
  }
  for (const path of links) {
    const target = tree.stat(path);
    if (target?.kind === "directory" || (target !== undefined && files.has(target.path))) continue;
    const layer = target?.layer;
    files.set(path, { path, dangling: target?.kind !== "file", ...(layer !== undefined && { layer }) });
  }
  return [...files.values()];
}
