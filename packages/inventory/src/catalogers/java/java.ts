import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import { MiB } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult, UnidentifiedFile } from "../../cataloger.ts";
import { declaredLicenses } from "../../declared-licenses.ts";
import { FailureLog } from "../../failure-log.ts";
import { type MatchedFile, matchedFiles } from "../../matched-files.ts";
import { readFile } from "../../read-file.ts";
import { isDescriptor, isJarPath, jarSuffixes } from "./jar-path.ts";
import { condenseJar, type JarReport, parseReport, type ReportedArtifact, reportOf } from "./jar-report.ts";
import { parsePomProperties } from "./pom-properties.ts";

const MAX_FILES = 100_000;
/** Of more nobody asks whether a distribution's package owns them: they are failures in any case. */
const MAX_UNIDENTIFIED = 10_000;
const MAX_JAR_BYTES = 128 * MiB;

/** Archives of classes, and the descriptors of those that were unpacked. */
const archives: FilePattern = { suffixes: jarSuffixes, condense: condenseJar };
const descriptors: FilePattern = { basenames: ["pom.properties"], inside: "META-INF" };
const patterns = [archives, descriptors];

/** Artifacts of Maven, in whatever archives they were packed. */
export const java: Cataloger = { name: "java", version: 6, patterns, catalog };

/** Reads one archive after the other: each may be long, and none has to stay in memory. */
async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages: PackageFacts[] = [];
  const unidentified: UnidentifiedFile[] = [];
  // What leads nowhere is loaded by nobody; distributions leave many such links behind.
  const files = matchedFiles(tree, patterns).filter(({ path, dangling }) => !dangling && isWanted(path));
  if (files.length > MAX_FILES) {
    log.add("LIMIT_REACHED", `${files.length} archives of classes, of which ${MAX_FILES} were read`);
  }
  for (const file of files.slice(0, MAX_FILES)) {
    const options = { limitBytes: MAX_JAR_BYTES, code: "FILE_UNREADABLE", log, signal } as const;
    const content = await readFile(tree, file.path, options);
    if (content === undefined) continue;
    const { artifacts, failures } = read(file.path, content);
    for (const artifact of artifacts) packages.push(toFacts(artifact, file));
    for (const { code, message, path = file.path } of failures) {
      if (code === "PACKAGE_UNIDENTIFIED" && unidentified.length < MAX_UNIDENTIFIED)
        unidentified.push({ path, message });
      else log.add(code, message, path);
    }
  }
  return { packages, failures: log.list(), unidentified };
}

function isWanted(path: string): boolean {
  return isJarPath(path) || isDescriptor(path);
}

function read(path: string, content: Buffer): JarReport {
  if (isDescriptor(path)) return readDescriptor(path, content);
  return parseReport(content) ?? reportOf(path, content);
}

function readDescriptor(path: string, content: Buffer): JarReport {
  const found = parsePomProperties(content);
  if (typeof found !== "string") return { artifacts: [{ ...found, inside: "" }], failures: [] };
  return { artifacts: [], failures: [{ code: "PACKAGE_RECORD_MALFORMED", message: found, path }] };
}

function toFacts(
  { group, artifact, version, inside, licenses = [] }: ReportedArtifact,
  { path, layer }: MatchedFile,
): PackageFacts {
  const name = group === undefined ? artifact : `${group}:${artifact}`;
  return {
    type: "maven",
    name,
    version,
    // A file that looks like a report of ours says in it whatever it likes.
    ...declaredLicenses(licenses),
    ...(layer !== undefined && { layer }),
    paths: [path + inside],
  };
}
