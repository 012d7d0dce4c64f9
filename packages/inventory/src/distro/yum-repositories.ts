import type { FileTree } from "@pratique/core";
import { decodeUtf8 } from "../decode-text.ts";
import { readFile } from "../read-file.ts";
import { filesOfBuild, REPOSITORY_DIRECTORY, type ReadBuildOptions } from "./build-files.ts";
import { isRepository } from "./content-sets.ts";

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_REPOSITORIES = 1000;

/** The repositories that dnf would ask, which is what a root without manifests was built from. Sorted. */
export async function readYumRepositories(
  tree: FileTree,
  options: ReadBuildOptions,
): Promise<readonly string[]> {
  const isWanted = (path: string) => path.startsWith(`${REPOSITORY_DIRECTORY}/`) && path.endsWith(".repo");
  const found = new Set<string>();
  for (const path of filesOfBuild(tree, isWanted, { ...options, what: "lists of repositories" })) {
    const content = await readFile(tree, path, {
      ...options,
      limitBytes: MAX_BYTES,
      code: "FILE_UNREADABLE",
    });
    for (const name of content === undefined ? [] : enabledIn(decodeUtf8(content))) found.add(name);
  }
  return [...found].sort().slice(0, MAX_REPOSITORIES);
}

/** Sections of dnf.conf(5), "Repo Options": each is enabled unless it says otherwise. */
function enabledIn(text: string): readonly string[] {
  const enabled = new Map<string, boolean>();
  let name: string | undefined;
  for (const line of text.split("\n")) {
    const { section } = /^\[(?<section>[^\]]*)\]/u.exec(line)?.groups ?? {};
    if (section !== undefined) {
      name = section === "main" || !isRepository(section) ? undefined : section;
      if (name !== undefined) enabled.set(name, true);
    }
    const { value } = /^enabled[ \t]*[=:][ \t]*(?<value>\w+)/iu.exec(line)?.groups ?? {};
    if (value !== undefined && name !== undefined) enabled.set(name, /^(?:1|yes|true|on)$/iu.test(value));
  }
  return [...enabled].filter(([, isEnabled]) => isEnabled).map(([repository]) => repository);
}
