import { type FilePattern, type FileTree, MiB, type PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { type MatchedFile, matchedFiles } from "../../matched-files.ts";
import { readFile } from "../../read-file.ts";
import type { Coordinates } from "./coordinates.ts";
import { isCertainlyJar, isDescriptor, isJarPath, jarSuffixes } from "./jar-path.ts";
import { parsePomProperties } from "./pom-properties.ts";
import { type FoundArtifact, readJar } from "./read-jar.ts";
import { UnpackBudget } from "./unpack-budget.ts";

const MAX_FILES = 100_000;
/** Sources have a limit of their own for one file, which may be lower. */
const MAX_JAR_BYTES = 128 * MiB;

/** Archives of classes, and the descriptors of those that were unpacked. */
const patterns: readonly FilePattern[] = [
  { suffixes: jarSuffixes },
  { basenames: ["pom.properties"], inside: "META-INF" },
];

/** Artifacts of Maven, in whatever archives they were packed. */
export const java: Cataloger = { name: "java", version: 1, patterns, catalog };

/** Reads one archive after the other: each may be long, and none has to stay in memory. */
async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const budget = new UnpackBudget();
  const packages: PackageFacts[] = [];
  const files = matchedFiles(tree, patterns).filter(({ path }) => isJarPath(path) || isDescriptor(path));
  if (files.length > MAX_FILES) {
    log.add("LIMIT_REACHED", `${files.length} archives of classes, of which ${MAX_FILES} were read`);
  }
  for (const file of files.slice(0, MAX_FILES)) {
    const content = await readOne(tree, file, { log, signal });
    if (content === undefined) continue;
    const found = isDescriptor(file.path)
      ? readDescriptor(file.path, content, log)
      : readJar(content, { path: file.path, budget, log, signal });
    for (const artifact of found) packages.push(toFacts(artifact, file));
  }
  return { packages, failures: log.list() };
}

interface Reading {
  readonly log: FailureLog;
  readonly signal: AbortSignal | undefined;
}

async function readOne(
  tree: FileTree,
  { path, dangling }: MatchedFile,
  { log, signal }: Reading,
): Promise<Buffer | undefined> {
  // What leads nowhere is loaded by nobody; distributions leave many such links behind.
  if (dangling) return undefined;
  const options = { limitBytes: MAX_JAR_BYTES, code: "FILE_UNREADABLE", log, signal } as const;
  const content = await readFile(tree, path, options);
  if (content === undefined || content.length === 0) return undefined;
  const isOther = !isDescriptor(path) && !isCertainlyJar(path) && !isZip(content);
  return isOther ? undefined : content;
}

/** Whether the first entry of a zip begins here (APPNOTE 4.3.7). */
function isZip(content: Buffer): boolean {
  return content.subarray(0, 4).toString("latin1") === "PK\u0003\u0004";
}

function readDescriptor(path: string, content: Buffer, log: FailureLog): readonly FoundArtifact[] {
  const found = parsePomProperties(content);
  if (typeof found !== "string") return [{ ...found, path }];
  log.add("PACKAGE_RECORD_MALFORMED", found, path);
  return [];
}

function toFacts({ path, ...coordinates }: FoundArtifact, { layer }: MatchedFile): PackageFacts {
  const name = nameOf(coordinates);
  const { version } = coordinates;
  return { type: "maven", name, version, ...(layer !== undefined && { layer }), paths: [path] };
}

function nameOf({ group, artifact }: Coordinates): string {
  return group === undefined ? artifact : `${group}:${artifact}`;
}
