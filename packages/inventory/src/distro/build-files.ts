import type { FilePattern, FileTree } from "@pratique/core";
import type { FailureLog } from "../failure-log.ts";

/** Where Red Hat's build systems note what an image was built from and how it is labelled; each build adds its files. */
export const BUILD_DIRECTORIES = { old: "root/buildinfo", new: "usr/share/buildinfo" } as const;

/** Where dnf and yum are told of repositories. */
export const REPOSITORY_DIRECTORY = "etc/yum.repos.d";

/** All files that may tell where packages of Red Hat are from. */
export const buildPattern: FilePattern = {
  under: [...Object.values(BUILD_DIRECTORIES), REPOSITORY_DIRECTORY],
};

const MAX_FILES = 64;

export interface ReadBuildOptions {
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/** The paths of wanted files, sorted; a failure where there are more than anybody has. */
export function filesOfBuild(
  tree: FileTree,
  isWanted: (path: string) => boolean,
  { log, what }: ReadBuildOptions & { readonly what: string },
): readonly string[] {
  const files = [...tree.match(buildPattern)]
    .filter(({ path, kind }) => kind === "file" && isWanted(path))
    .map(({ path }) => path)
    .sort();
  if (files.length > MAX_FILES) {
    log.add("LIMIT_REACHED", `${files.length} ${what}, of which ${MAX_FILES} were read`);
  }
  return files.slice(0, MAX_FILES);
}
