import type { Failure, FilePattern, FileTree, Package, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { InventoryError } from "../../errors.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { readSbom } from "../../sbom/read-sbom.ts";
import { documentOf, inspectNativeImage } from "./native-image.ts";

const MAX_DOCUMENTS = 10_000;
const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
const MAX_PACKAGES = 200_000;
/** Programs of one image with a document in them, each of which is unpacked. */
const MAX_PROGRAMS = 500;

/** Wolfi and Chainguard put one document for each of their packages here. */
const ofDistribution: FilePattern = { under: ["var/lib/db/sbom"] };
/** How documents are named by the tools that write them (CycloneDX, "Recognized file patterns"; SPDX 2.3, 4). */
const OWN_SUFFIXES = [".cdx.json", ".cdx.xml", ".spdx.json"];
/** Endings that others use, too; such a file has to say what it is. */
const SHARED_SUFFIXES = [
  ".cdx",
  ".spdx",
  ".bom",
  ".bom.json",
  ".bom.xml",
  ".sbom",
  ".sbom.json",
  ".sbom.xml",
];
const nativeImages: FilePattern = { programs: inspectNativeImage };
const documents: FilePattern = { suffixes: [...OWN_SUFFIXES, ...SHARED_SUFFIXES] };

/**
 * Bills of materials that lie in an image: whoever built it says what is inside. They may tell what no package
 * manager knows; where another cataloger finds a package, its word counts.
 */
export const sbom: Cataloger = {
  name: "sbom",
  version: 6,
  patterns: [ofDistribution, documents, nativeImages],
  isHearsay: true,
  catalog,
};

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const found = await readMatched(tree, [ofDistribution, documents], {
    accepts: isDocument,
    parse: (file, content) => packagesIn(file, content, log),
    maxFiles: MAX_DOCUMENTS,
    maxBytesEach: MAX_DOCUMENT_BYTES,
    log,
    signal,
  });
  const packages = [...found.flat(), ...packagesOfPrograms(tree, { log, signal })];
  if (packages.length > MAX_PACKAGES) {
    log.add(
      "LIMIT_REACHED",
      `${packages.length} packages in bills of materials, of which ${MAX_PACKAGES} were taken`,
    );
  }
  return { packages: packages.slice(0, MAX_PACKAGES), failures: log.list() };
}

/** What programs that GraalVM has made of Java say of themselves. */
function packagesOfPrograms(
  tree: FileTree,
  { log, signal }: { readonly log: FailureLog; readonly signal: AbortSignal | undefined },
): readonly PackageFacts[] {
  const packages: PackageFacts[] = [];
  let count = 0;
  for (const { path, excerpt } of tree.excerpts(inspectNativeImage)) {
    signal?.throwIfAborted();
    count += 1;
    if (count > MAX_PROGRAMS || packages.length > MAX_PACKAGES) {
      log.add("LIMIT_REACHED", `more than ${MAX_PROGRAMS} programs with bills of materials`, path);
      break;
    }
    if (excerpt.length === 0) {
      log.add("FILE_UNREADABLE", "the bill of materials in a program is damaged, or too long", path);
      continue;
    }
    const layer = tree.stat(path)?.layer;
    const file = { path, dangling: false, ...(layer !== undefined && { layer }) };
    packages.push(...packagesIn(file, documentOf(excerpt), log));
  }
  return packages;
}

/** What lies deeper in the distribution's directory is not its own; what Bitnami says of its components is read as that. */
function isDocument(path: string): boolean {
  if (path.startsWith("var/lib/db/sbom/")) return /^[^/]+\.(?:spdx|cdx)\.json$/u.test(path.slice(16));
  const isNamedSo = [...OWN_SUFFIXES, ...SHARED_SUFFIXES].some((suffix) => path.endsWith(suffix));
  return isNamedSo && !path.startsWith("opt/bitnami/");
}

const MARKS = ["bomFormat", "cyclonedx.org/schema/bom", "spdxVersion", "SPDXVersion:", "spdx.org/rdf/3."].map(
  (mark) => Buffer.from(mark),
);

function isSomethingElse(path: string, content: Buffer): boolean {
  return (
    SHARED_SUFFIXES.some((suffix) => path.endsWith(suffix)) && !MARKS.some((mark) => content.includes(mark))
  );
}

function packagesIn({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): readonly PackageFacts[] {
  if (isSomethingElse(path, content)) return [];
  try {
    const { packages, failures } = readSbom(content).inventory;
    for (const failure of failures.filter(isOfDocument)) log.add(failure.code, failure.message, path);
    return packages
      .filter(isInstalled)
      .map(({ type, name, version, architecture, source, module, vendor }) => ({
        type,
        name,
        version,
        ...(architecture !== undefined && { architecture }),
        ...(source !== undefined && { source }),
        ...(module !== undefined && { module }),
        ...(vendor !== undefined && { vendor }),
        ...(layer !== undefined && { layer }),
        paths: [path],
      }));
  } catch (cause) {
    if (!(cause instanceof InventoryError)) throw cause;
    log.add("FILE_UNREADABLE", cause.message, path);
    return [];
  }
}

/** What a document does not tell of its components is no gap in the image, in which they can be found otherwise. */
function isOfDocument({ code }: Failure): boolean {
  return code === "LIMIT_REACHED";
}

/** Documents list the sources of packages as generic ones, which are not installed. */
function isInstalled({ type }: Package): boolean {
  return type !== "generic";
}
