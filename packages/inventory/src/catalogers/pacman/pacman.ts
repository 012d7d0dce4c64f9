import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { isToken } from "../../token.ts";

const MAX_RECORDS = 100_000;
const MAX_RECORD_BYTES = 1024 * 1024;

/** Mostly in `var/lib/pacman`, and where the root is read only in `usr/lib/sysimage/lib/pacman`. */
const records: FilePattern = { basenames: ["desc"], inside: "local" };

/** Arch Linux and its kin: pacman's local database, one directory for each package. */
export const pacman: Cataloger = {
  name: "pacman",
  version: 2,
  patterns: [records],
  distros: ["arch"],
  catalog,
};

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = await readMatched(tree, [records], {
    accepts: isRecord,
    parse: (file, content) => toFacts(file, decodeUtf8(content), log),
    maxFiles: MAX_RECORDS,
    maxBytesEach: MAX_RECORD_BYTES,
    log,
    signal,
  });
  return { packages, failures: log.list() };
}

function isRecord(path: string): boolean {
  return /(?:^|\/)local\/[^/]+\/desc$/u.test(path);
}

function toFacts({ path, layer }: MatchedFile, text: string, log: FailureLog): PackageFacts | undefined {
  const fields = parseDesc(text);
  // Other files have the name, too.
  if (fields.size === 0 && !path.includes("pacman/")) return undefined;
  const [name, version, base, architecture] = ["NAME", "VERSION", "BASE", "ARCH"].map(
    (field) => fields.get(field)?.[0],
  );
  if (name === undefined || version === undefined || !isToken(name) || !isToken(version)) {
    log.add("PACKAGE_RECORD_MALFORMED", "expected %NAME% and %VERSION%", path);
    return undefined;
  }
  return {
    type: "alpm",
    name,
    version,
    ...(architecture !== undefined && isToken(architecture) && { architecture }),
    // Split packages are built from one base, in one version.
    ...(base !== undefined && isToken(base) && { source: { name: base, version } }),
    ...declaredLicenses(fields.get("LICENSE") ?? []),
    ...(layer !== undefined && { layer }),
    paths: [path],
  };
}

/** `%NAME%`, and its values on the next lines, up to an empty one (libalpm, be_local.c). */
function parseDesc(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const line of text.split("\n")) {
    const field = /^%(?<field>[A-Z0-9]+)%$/u.exec(line)?.groups?.field;
    if (field !== undefined) {
      values = [];
      if (!fields.has(field)) fields.set(field, values);
    } else if (line === "") values = undefined;
    else values?.push(line);
  }
  return fields;
}
