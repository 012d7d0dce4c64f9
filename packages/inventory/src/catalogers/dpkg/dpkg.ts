import type { Digest, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult, OwnerLookup } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import { type Installed, installedRecords } from "../../installed-records.ts";
import { readFile } from "../../read-file.ts";
import { CHISEL_MANIFEST, findChiselOwners, parseManifest } from "./chisel-manifest.ts";
import { fileListsOf } from "./file-lists.ts";
import { findOwners } from "./find-owners.ts";
import { isInert } from "./is-inert.ts";
import { type DpkgRecord, type ParseStatusOptions, parseStatus } from "./parse-status.ts";
import { isThirdParty, vendorOf } from "./third-party.ts";

const STATUS = "var/lib/dpkg/status";
const STATUS_DIRECTORY = "var/lib/dpkg/status.d";
const MAX_DATABASE_BYTES = 64 * 1024 * 1024;
const MAX_DATABASES = 20_000;

const chiselManifest: FilePattern = { paths: [CHISEL_MANIFEST] };
const databases: FilePattern = { paths: [STATUS], under: [STATUS_DIRECTORY] };
const fileLists: FilePattern = { suffixes: [".list"], inside: "dpkg" };

/** Maintainer scripts and lists, which image builders put beside the records in `status.d`. */
const CONTROL_FILE =
  /\.(?:md5sums|list|preinst|postinst|prerm|postrm|conffiles|config|templates|triggers|shlibs|symbols)$/u;

/** Debian, Ubuntu and theirs: dpkg's database, and the one of images that were built without dpkg. */
export const dpkg: Cataloger = {
  name: "dpkg",
  version: 4,
  patterns: [databases, fileLists, chiselManifest],
  distros: ["debian", "ubuntu"],
  catalog,
};

interface Found {
  readonly facts: PackageFacts;
  readonly maintainer: string | undefined;
}

async function catalog(tree: FileTree, { signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const found = new Map<string, Found>();
  for (const [path, hasStatus] of databasePaths(tree, log)) {
    const options = { path, log, hasStatus };
    for (const [key, one] of await readDatabase(tree, options, signal)) {
      found.set(key, merge(found.get(key), one));
    }
  }
  for (const [key, one] of found) {
    if (await isInert(tree, one.facts, signal))
      found.set(key, { ...one, facts: { ...one.facts, isInert: true } });
  }
  const managed = [...found.values()];
  const manifest = await readManifest(tree, { log, signal });
  for (const [key, one] of manifest?.found ?? []) found.set(key, merge(found.get(key), one));
  return {
    packages: [...found.values()].map(({ facts }) => facts),
    failures: log.list(),
    findOwners: ownersAmong(tree, managed, { manifest, found, signal }),
  };
}

/** What chisel has cut from packages, without dpkg. */
interface Manifest {
  readonly content: Buffer;
  readonly found: ReadonlyMap<string, Found>;
}

async function readManifest(
  tree: FileTree,
  { log, signal }: { readonly log: FailureLog; readonly signal: AbortSignal | undefined },
): Promise<Manifest | undefined> {
  const real = tree.stat(CHISEL_MANIFEST);
  if (real?.kind !== "file") return undefined;
  const options = {
    limitBytes: MAX_DATABASE_BYTES,
    code: "PACKAGE_DATABASE_UNREADABLE",
    log,
    signal,
  } as const;
  const content = await readFile(tree, CHISEL_MANIFEST, options);
  if (content === undefined) return undefined;
  const records = await installedRecords(tree, content, {
    path: real.path,
    parse: (state, stateLog) => parseManifest(state, real.path, stateLog),
    limitBytes: MAX_DATABASE_BYTES,
    log,
    signal,
  });
  return { content, found: foundIn(records, real.path) };
}

/** What another vendor built owns nothing: the distribution's advisories do not speak of it. */
function ownersAmong(
  tree: FileTree,
  managed: readonly Found[],
  { manifest, found, signal }: OwnersOptions,
): OwnerLookup {
  return async (paths, runnable) => {
    const own = managed.filter(({ maintainer }) => !isThirdParty(maintainer)).map(({ facts }) => facts);
    const all = runnable === undefined ? own : managed.map(({ facts }) => facts);
    const isOwner = new Set(own);
    const listed = await findOwners(tree, fileListsOf(tree, all), { paths, isOwner, runnable, signal });
    if (manifest === undefined) return listed;
    const byName = new Map<string, PackageFacts>();
    for (const key of manifest.found.keys()) {
      const facts = found.get(key)?.facts;
      if (facts !== undefined) byName.set(facts.name, facts);
    }
    const cut = findChiselOwners(tree, manifest.content, { byName, paths, runnable });
    return {
      owners: new Map([...cut.owners, ...listed.owners]),
      failures: [...listed.failures, ...cut.failures],
    };
  };
}

interface OwnersOptions {
  readonly manifest: Manifest | undefined;
  /** What was found in all, each once. */
  readonly found: ReadonlyMap<string, Found>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Where records lie: each real file once, however many symlinks lead to it, with whether it is dpkg's own. What
 * a name leads to may lie anywhere, so the name tells what it is.
 */
function databasePaths(tree: FileTree, log: FailureLog): readonly (readonly [path: string, own: boolean])[] {
  const paths = new Map<string, boolean>();
  const names = new Set<string>(tree.stat(STATUS)?.kind === "file" ? [STATUS] : []);
  for (const { path } of tree.match(databases)) names.add(path);
  for (const name of names) {
    if (name !== STATUS && CONTROL_FILE.test(name)) continue;
    const real = tree.stat(name);
    if (real?.kind !== "directory") paths.set(real?.path ?? name, name === STATUS);
  }
  if (paths.size > MAX_DATABASES) {
    log.add("LIMIT_REACHED", `${paths.size} package databases, of which ${MAX_DATABASES} were read`);
  }
  return [...paths].slice(0, MAX_DATABASES);
}

async function readDatabase(
  tree: FileTree,
  options: ParseStatusOptions,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Found>> {
  const { path, log } = options;
  const limitBytes = MAX_DATABASE_BYTES;
  const content = await readFile(tree, path, {
    limitBytes,
    code: "PACKAGE_DATABASE_UNREADABLE",
    log,
    signal,
  });
  if (content === undefined) return new Map();
  const parse = (state: Buffer, stateLog: FailureLog) => parseStatus(state, { ...options, log: stateLog });
  return foundIn(await installedRecords(tree, content, { path, parse, limitBytes, log, signal }), path);
}

function foundIn(
  records: ReadonlyMap<string, Installed<DpkgRecord>>,
  path: string,
): ReadonlyMap<string, Found> {
  return new Map([...records].map(([key, { record, layer }]) => [key, toFound(record, path, layer)]));
}

function toFound(record: DpkgRecord, path: string, layer: Digest | undefined): Found {
  const { maintainer, ...rest } = record;
  const vendor = vendorOf(maintainer);
  return {
    facts: {
      type: "deb",
      ...rest,
      ...(vendor !== undefined && { vendor }),
      ...(layer !== undefined && { layer }),
      paths: [path],
    },
    maintainer,
  };
}

/** One package that two databases name is one package with two proofs. */
function merge(before: Found | undefined, after: Found): Found {
  if (before === undefined) return after;
  return {
    facts: { ...before.facts, paths: [...before.facts.paths, ...after.facts.paths] },
    maintainer: before.maintainer ?? after.maintainer,
  };
}
