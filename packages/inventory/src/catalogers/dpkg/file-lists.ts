import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";

/** A file that lists the files of one package. */
export interface FileList {
  readonly path: string;
  readonly owner: PackageFacts;
}

const DIRECTORY = "var/lib/dpkg/info";

/** The lists of those packages that have one. A package without a list owns nothing that can be proved. */
export function fileListsOf(
  tree: FileTree,
  pattern: FilePattern,
  packages: readonly PackageFacts[],
): readonly FileList[] {
  const lists = new Set<string>();
  for (const { path } of tree.match(pattern)) lists.add(path);
  return packages.flatMap((owner) => {
    const path = usualList(lists, owner) ?? checksumList(tree, owner);
    return path === undefined ? [] : [{ path, owner }];
  });
}

/** dpkg names the list of a package that may be installed for several architectures `name:arch.list`. */
function usualList(lists: ReadonlySet<string>, { name, architecture }: PackageFacts): string | undefined {
  const names = [`${DIRECTORY}/${name}:${architecture}.list`, `${DIRECTORY}/${name}.list`];
  return names.find((path) => lists.has(path));
}

/** Distroless images have no lists, but some have checksums of every file beside the record. */
function checksumList(tree: FileTree, { paths: [record = ""] }: PackageFacts): string | undefined {
  const path = `${record}.md5sums`;
  return tree.stat(path)?.kind === "file" ? path : undefined;
}
