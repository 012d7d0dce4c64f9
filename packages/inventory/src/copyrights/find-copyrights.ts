import {
  type AssessmentReason,
  type FilePattern,
  type FileTree,
  MiB,
  type Package,
  soughtRevisions,
} from "@pratique/core";
import { declaredLicenses } from "../declared-licenses.ts";
import { decodeUtf8 } from "../decode-text.ts";
import { FailureLog } from "../failure-log.ts";
import { readFile } from "../read-file.ts";
import { condenseLicenses, readCondensed } from "./condensed-licenses.ts";
import { parseCopyright } from "./parse-copyright.ts";

/** The longest are those of browsers, with 2 MiB. */
const MAX_BYTES = 8 * MiB;
const READS_AT_ONCE = 16;
const DOCUMENTATION = "usr/share/doc";

/** With this a tree has to be opened for {@link findCopyrights} to find something. */
export const copyrightPattern: FilePattern = {
  basenames: ["copyright"],
  inside: "doc",
  condense: condenseCopyright,
  condenseRevision: soughtRevisions.licenses,
};

/** What was found of packages whose own records tell no licence. */
export interface LicenseSearch {
  /** By the ids of packages. */
  readonly licenses: Readonly<Record<string, readonly string[]>>;
  readonly failures: readonly AssessmentReason[];
}

/**
 * Reads the licences of Debian's packages, which dpkg's database does not tell, from the file that each of them has to have
 * (Debian Policy 12.5). What stripped images have no more is not found, and no failure. Rejects only when aborted.
 */
export async function findCopyrights(
  tree: FileTree,
  packages: readonly Package[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LicenseSearch> {
  const log = new FailureLog("licenses");
  const wanted = packages.flatMap(({ id, type, name }) => {
    const path = type === "deb" ? fileOf(tree, name) : undefined;
    return path === undefined ? [] : [{ id, path }];
  });
  const known = new Map<string, readonly string[]>();
  // Packages of one source mostly share the file of one of them.
  const paths = [...new Set(wanted.map(({ path }) => path))];
  const options = { limitBytes: MAX_BYTES, code: "FILE_UNREADABLE", log, signal } as const;
  for (let start = 0; start < paths.length; start += READS_AT_ONCE) {
    const batch = paths.slice(start, start + READS_AT_ONCE);
    const contents = await Promise.all(batch.map((path) => readFile(tree, path, options)));
    for (const [at, content] of contents.entries()) {
      if (content !== undefined) known.set(batch[at] ?? "", readCondensed(content) ?? licensesOf(content));
    }
  }
  const licenses = wanted.map(({ id, path }) => [id, known.get(path) ?? []] as const);
  return {
    licenses: Object.fromEntries(licenses.filter(([, found]) => found.length > 0)),
    failures: log.list(),
  };
}

/** The directory, or the file, may be a symlink into that of another package. */
function fileOf(tree: FileTree, name: string): string | undefined {
  const found = tree.stat(`${DOCUMENTATION}/${name}/copyright`);
  return found?.kind === "file" ? found.path : undefined;
}

function condenseCopyright(_: string, content: Uint8Array): Uint8Array {
  return condenseLicenses(licensesOf(content));
}

function licensesOf(content: Uint8Array): readonly string[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, MAX_BYTES));
  return declaredLicenses(parseCopyright(decodeUtf8(bytes))).licenses ?? [];
}
