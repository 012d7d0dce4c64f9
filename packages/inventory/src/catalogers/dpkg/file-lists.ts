import type { FileTree, PackageFacts } from "@pratique/core";

/** A file that lists the files of one package. */
export interface FileList {
  readonly path: string;
  readonly owner: PackageFacts;
}

const DIRECTORY = "var/lib/dpkg/info";

/** A longer list is read by nobody. */
export const MAX_LIST_BYTES = 16 * 1024 * 1024;

/** What a line of a `.list` (`/usr/bin/x`) or `.md5sums` (`<hash>  usr/bin/x`) file names, relative to the root. */
export function pathIn(line: string): string {
  return line.replace(/^(?:[0-9a-f]{32} [ *])?\/?/u, "");
}

/** The lists of those packages that have one. A package without a list owns nothing that can be proved. */
export function fileListsOf(tree: FileTree, packages: readonly PackageFacts[]): readonly FileList[] {
  return packages.flatMap((owner) => {
    const path = namesOf(owner).find((name) => tree.stat(name)?.kind === "file");
    return path === undefined ? [] : [{ path, owner }];
  });
}

function namesOf({ name, architecture, paths: [record = ""] }: PackageFacts): readonly string[] {
  return [
    // dpkg names the list of a package that may be installed for several architectures like this.
    `${DIRECTORY}/${name}:${architecture}.list`,
    `${DIRECTORY}/${name}.list`,
    // Distroless images have no lists, but some have checksums of every file beside the record.
    `${record}.md5sums`,
  ];
}
