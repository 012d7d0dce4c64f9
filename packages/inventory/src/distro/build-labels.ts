import { type FileTree, parseJson } from "@pratique/core";
import { decodeUtf8 } from "../decode-text.ts";
import { readFile } from "../read-file.ts";
import { BUILD_DIRECTORIES, filesOfBuild, type ReadBuildOptions } from "./build-files.ts";

const MAX_BYTES = 1024 * 1024;
const MAX_CPES = 64;
const DOCKERFILE = new RegExp(`^${BUILD_DIRECTORIES.old}/Dockerfile-[^/]+$`, "u");
const LABELS = `${BUILD_DIRECTORIES.new}/labels.json`;

/**
 * Of which products of Red Hat an image is, by the label `cpe`: in the file of labels, and in the Dockerfiles that older
 * builds left, one of each image that it was built on. Sorted; none where no build has told.
 */
export async function readBuildCpes(tree: FileTree, options: ReadBuildOptions): Promise<readonly string[]> {
  const files = filesOfBuild(tree, (path) => path === LABELS || DOCKERFILE.test(path), {
    ...options,
    what: "files of labels",
  });
  const cpes = new Set<string>();
  for (const path of files) {
    const content = await readFile(tree, path, {
      ...options,
      limitBytes: MAX_BYTES,
      code: "FILE_UNREADABLE",
    });
    if (content === undefined) continue;
    const text = decodeUtf8(content);
    for (const cpe of path === LABELS ? labelsInJson(text) : labelsInDockerfile(text)) {
      if (isCpe(cpe)) cpes.add(cpe);
    }
  }
  return [...cpes].sort().slice(0, MAX_CPES);
}

/** `cpe:/a:redhat:enterprise_linux:9::appstream`, as Red Hat writes products. */
function isCpe(text: string): boolean {
  return /^cpe:\/[aho]:redhat:[\w.~%:-]{1,200}$/u.test(text);
}

function labelsInJson(text: string): readonly string[] {
  try {
    const value: unknown = parseJson(text);
    const isLabelled = typeof value === "object" && value !== null && "cpe" in value;
    return isLabelled && typeof value.cpe === "string" ? [value.cpe] : [];
  } catch {
    return [];
  }
}

/** `LABEL name="ubi8" cpe="cpe:/o:redhat:enterprise_linux:8::baseos"`, over any number of lines. */
function labelsInDockerfile(text: string): readonly string[] {
  const found: string[] = [];
  for (const line of text.replace(/\\[ \t]*\r?\n/gu, " ").split("\n")) {
    if (!/^\s*LABEL\s/iu.test(line)) continue;
    const { quoted, bare } =
      /[\s"']cpe["']?[=\s]\s*(?:["'](?<quoted>[^"']*)["']|(?<bare>\S+))/u.exec(line)?.groups ?? {};
    const cpe = quoted ?? bare;
    if (cpe !== undefined) found.push(cpe);
  }
  return found;
}
