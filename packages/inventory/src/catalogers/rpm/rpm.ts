import { type Digest, type FilePattern, type FileTree, isVendorOf, type PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult } from "../../cataloger.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { layersOfKeys } from "../../layer-attribution.ts";
import { readFile } from "../../read-file.ts";
import { type DatabaseContent, readHeaders } from "./database.ts";
import { historyKey, historyPattern, readRepositories } from "./dnf-history.ts";
import { findOwners, type OwningDatabase } from "./find-owners.ts";
import { parseManifest } from "./parse-manifest.ts";
import { keyOf, parsePackage, type RpmRecord } from "./parse-package.ts";
import { parseWriteAheadLog, type WriteAheadLog } from "./sqlite-wal.ts";

/** Where rpm keeps its database, before and after it moved below `usr`, and in trees that ostree manages. */
const DIRECTORIES = ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"];
const NAMES = ["Packages", "Packages.db", "rpmdb.sqlite"];
const DATABASES = DIRECTORIES.flatMap((directory) => NAMES.map((name) => `${directory}/${name}`));
const LOG_SUFFIX = "-wal";
const LOGS = DIRECTORIES.map((directory) => `${directory}/rpmdb.sqlite${LOG_SUFFIX}`);
const MANIFEST = "var/lib/rpmmanifest/container-manifest-2";
/** The database of a whole desktop has some 200 MiB. */
const MAX_DATABASE_BYTES = 512 * 1024 * 1024;
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

const databasePattern: FilePattern = { paths: [...DATABASES, MANIFEST] };
const logPattern: FilePattern = { paths: LOGS };

/** Red Hat, SUSE, Amazon, Azure Linux, Photon and theirs: rpm's database in its three forms, and the list of images without. */
export const rpm: Cataloger = {
  name: "rpm",
  version: 4,
  patterns: [databasePattern, logPattern, historyPattern],
  distros: [
    "almalinux",
    "amzn",
    "azurelinux",
    "centos",
    "fedora",
    "mariner",
    "ol",
    "opensuse",
    "opensuse-leap",
    "photon",
    "rhel",
    "rocky",
    "sles",
  ],
  catalog,
};

interface Reading {
  readonly path: string;
  readonly log: FailureLog;
  readonly signal: AbortSignal | undefined;
}

/** One database, or the list that stands for one. */
interface Database {
  readonly records: ReadonlyMap<string, RpmRecord>;
  readonly layers: ReadonlyMap<string, Digest>;
  /** Absent of a list, which names no files. */
  readonly content?: DatabaseContent;
}

async function catalog(tree: FileTree, { distro, signal }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const packages = new Map<string, PackageFacts>();
  const databases: OwningDatabase[] = [];
  const repositories = await readRepositories(tree, signal);
  for (const path of databasePaths(tree)) {
    const database = await readDatabase(tree, { path, log, signal });
    if (database === undefined) continue;
    const found = new Map<string, PackageFacts>();
    const owners = new Set<PackageFacts>();
    for (const [key, record] of database.records) {
      // A package that an earlier database named as well is that package, not another.
      const facts =
        packages.get(key) ??
        toFacts(record, path, {
          layer: database.layers.get(key),
          repository: repositories.get(historyKey(record)),
        });
      packages.set(key, facts);
      found.set(key, facts);
      if (isVendorOf(distro, record.vendor)) owners.add(facts);
    }
    if (database.content !== undefined)
      databases.push({ content: database.content, packages: found, owners });
  }
  return {
    packages: [...packages.values()],
    failures: log.list(),
    findOwners: async (paths, runnable) => findOwners(tree, databases, { paths, runnable }),
  };
}

/** The real file behind each name, once; a name that leads nowhere stays, to be recorded as unreadable. */
function databasePaths(tree: FileTree): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const path of [...DATABASES, MANIFEST]) {
    const real = tree.stat(path);
    if (real?.kind === "file") paths.add(real.path);
  }
  for (const { path } of tree.match(databasePattern)) {
    if (tree.stat(path) === undefined) paths.add(path);
  }
  return paths;
}

async function readDatabase(tree: FileTree, reading: Reading): Promise<Database | undefined> {
  const isManifest = reading.path.endsWith(MANIFEST);
  const limitBytes = isManifest ? MAX_MANIFEST_BYTES : MAX_DATABASE_BYTES;
  const { path, log, signal } = reading;
  const bytes = await readFile(tree, path, { limitBytes, code: "PACKAGE_DATABASE_UNREADABLE", log, signal });
  if (bytes === undefined) return undefined;
  const content = isManifest ? { bytes } : { bytes, log: await readLog(tree, reading) };
  const read = isManifest ? readManifestRecords : readRecords;
  const records = read(content, path, log);
  const layers = await layersOfKeys(tree, path, {
    keys: new Set(records.keys()),
    // What is wrong with a state that has been replaced says nothing about what is present.
    keysOf: (older) => read({ bytes: older }, path, new FailureLog()).keys(),
    limitBytes,
    log,
    signal,
  });
  return { records, layers, ...(!isManifest && { content }) };
}

/** What SQLite wrote beside the database and has not yet carried over into it. */
async function readLog(tree: FileTree, { path, log, signal }: Reading): Promise<WriteAheadLog | undefined> {
  const beside = `${path}${LOG_SUFFIX}`;
  if (tree.stat(beside)?.kind !== "file") return undefined;
  const limitBytes = MAX_DATABASE_BYTES;
  const bytes = await readFile(tree, beside, {
    limitBytes,
    code: "PACKAGE_DATABASE_UNREADABLE",
    log,
    signal,
  });
  const parsed = bytes === undefined ? undefined : parseWriteAheadLog(bytes);
  if (typeof parsed !== "string") return parsed;
  log.add("PACKAGE_DATABASE_UNREADABLE", parsed, beside);
  return undefined;
}

type Records = ReadonlyMap<string, RpmRecord>;

function readRecords(content: DatabaseContent, path: string, log: FailureLog): Records {
  const records = new Map<string, RpmRecord>();
  const fault = (reason: string) => log.add("PACKAGE_DATABASE_UNREADABLE", reason, path);
  for (const header of readHeaders(content, fault)) {
    const record = parsePackage(header);
    if (typeof record === "string") log.add("PACKAGE_RECORD_MALFORMED", record, path);
    else if (record !== undefined) records.set(keyOf(record), record);
  }
  return records;
}

function readManifestRecords({ bytes }: DatabaseContent, path: string, log: FailureLog): Records {
  return new Map(parseManifest(decodeUtf8(bytes), path, log).map((record) => [keyOf(record), record]));
}

interface Origin {
  readonly layer: Digest | undefined;
  readonly repository: string | undefined;
}

function toFacts(record: RpmRecord, path: string, { layer, repository }: Origin): PackageFacts {
  return {
    type: "rpm",
    ...record,
    ...(repository !== undefined && { repository }),
    ...(layer !== undefined && { layer }),
    paths: [path],
  };
}
