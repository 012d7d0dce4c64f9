import type { FilePattern, FileTree } from "@pratique/core";
import { decodeUtf8 } from "../decode-text.ts";
import type { FailureLog } from "../failure-log.ts";
import { readFile } from "../read-file.ts";

const MAX_FILES = 64;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SETS = 1000;
const DIRECTORIES = ["root/buildinfo/content_manifests", "usr/share/buildinfo"];

/** Where Red Hat's build systems note which repositories an image was built from: each layer's build adds a file. */
export const contentManifestPattern: FilePattern = { under: DIRECTORIES };

export interface ReadContentSetsOptions {
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The repositories that an image was built from, by all manifests in it: the lowest layer has none, and what was built on
 * another image has the manifests of both. Sorted; none where there are no manifests.
 */
export async function readContentSets(
  tree: FileTree,
  { log, signal }: ReadContentSetsOptions,
): Promise<readonly string[]> {
  const files = [...tree.match(contentManifestPattern)].filter(
    ({ path, kind }) => kind === "file" && path.endsWith(".json"),
  );
  if (files.length > MAX_FILES) {
    log.add("LIMIT_REACHED", `${files.length} manifests of content sets, of which ${MAX_FILES} were read`);
  }
  const sets = new Set<string>();
  for (const { path } of files.slice(0, MAX_FILES)) {
    const content = await readFile(tree, path, {
      limitBytes: MAX_BYTES,
      code: "FILE_UNREADABLE",
      log,
      signal,
    });
    for (const set of content === undefined ? [] : contentSetsIn(decodeUtf8(content))) sets.add(set);
  }
  return [...sets].sort().slice(0, MAX_SETS);
}

/** Files beside the manifests, such as the labels of the image, have no content sets. */
function contentSetsIn(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
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
