import type { FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
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
  version: 1,
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
  const [name, version, base, architecture] = ["NAME", "VERSION", "BASE", "ARCH"].map((field) =>
    fields.get(field),
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
    ...(layer !== undefined && { layer }),
    paths: [path],
  };
}

/** `%NAME%`, and its first value on the next line (libalpm, be_local.c). */
function parseDesc(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    const field = /^%(?<field>[A-Z0-9]+)%$/u.exec(line)?.groups?.field;
    const value = lines[at + 1];
    if (field !== undefined && value !== undefined && value !== "" && !fields.has(field))
      fields.set(field, value);
  }
  return fields;
}
