import { type FileTree, parseJson } from "@pratique/core";
import { decodeUtf8 } from "../decode-text.ts";
import { readFile } from "../read-file.ts";
import { BUILD_DIRECTORIES, filesOfBuild, type ReadBuildOptions } from "./build-files.ts";

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SETS = 1000;
const DIRECTORIES = [`${BUILD_DIRECTORIES.old}/content_manifests/`, `${BUILD_DIRECTORIES.new}/`];

/**
 * The repositories that an image was built from, by all manifests in it: the lowest layer has none, and what was built on
 * another image has the manifests of both. Sorted; none where there are no manifests.
 */
export async function readContentSets(tree: FileTree, options: ReadBuildOptions): Promise<readonly string[]> {
  const isWanted = (path: string) =>
    path.endsWith(".json") && DIRECTORIES.some((directory) => path.startsWith(directory));
  const sets = new Set<string>();
  for (const path of filesOfBuild(tree, isWanted, { ...options, what: "manifests of content sets" })) {
    const content = await readFile(tree, path, {
      ...options,
      limitBytes: MAX_BYTES,
      code: "FILE_UNREADABLE",
    });
    for (const set of content === undefined ? [] : contentSetsIn(decodeUtf8(content))) sets.add(set);
  }
  return [...sets].sort().slice(0, MAX_SETS);
}

/** Files beside the manifests, such as the labels of the image, have no content sets. */
function contentSetsIn(text: string): readonly string[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return [];
  }
  if (typeof value !== "object" || value === null || !("content_sets" in value)) return [];
  const { content_sets: sets } = value;
  if (!Array.isArray(sets)) return [];
  return sets.filter((set): set is string => typeof set === "string" && isRepository(set));
}

/** Whether a text may be the name of a repository. */
export function isRepository(text: string): boolean {
  return /^[\w.:+@-]{1,256}$/u.test(text);
}
