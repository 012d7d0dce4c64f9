import type { Digest, FilePattern, FileTree, PackageFacts } from "@pratique/core";
import type { CatalogContext, Cataloger, CatalogResult, OwnedLookup } from "../../cataloger.ts";
import { FailureLog } from "../../failure-log.ts";
import type { MatchedFile } from "../../matched-files.ts";
import { readMatched } from "../../read-matched.ts";
import { isToken } from "../../token.ts";
import { inspectPrograms } from "./inspect-programs.ts";
import {
  type Named,
  readBitnamiComponents,
  readBitnamiSpdx,
  readElixirApplication,
  readErlangRelease,
  readJavaRelease,
  readMozillaApplication,
  readRabbitApplication,
} from "./records.ts";

const anyProgram: FilePattern = { programs: inspectPrograms };
const releases: FilePattern = {
  basenames: ["OTP_VERSION", "application.ini", "elixir.app", "rabbit.app", "release"],
};
const bitnami: FilePattern = { paths: ["opt/bitnami/.bitnami_components.json"] };
const bitnamiSpdx: FilePattern = { suffixes: [".spdx"], inside: "bitnami" };

const MAX_RECORDS = 10_000;
const MAX_RECORD_BYTES = 8 * 1024 * 1024;
/** Programs of one image that say what they are. */
const MAX_PROGRAMS = 50_000;

/** Programs that no package manager installed: by what they say of themselves, and by records that their makers leave. */
export const programs: Cataloger = {
  name: "programs",
  version: 8,
  patterns: [anyProgram, releases, bitnami, bitnamiSpdx],
  comesLast: true,
  catalog,
};

/** One file that proves a program. */
interface Proof extends Named {
  readonly path: string;
  readonly layer: Digest | undefined;
}

async function catalog(tree: FileTree, { signal, findOwned }: CatalogContext): Promise<CatalogResult> {
  const log = new FailureLog();
  const read = await readMatched(tree, [releases, bitnami, bitnamiSpdx], {
    accepts: (path) => readerOf(path) !== undefined,
    parse: (file, content) => toProofs(file, content, log),
    maxFiles: MAX_RECORDS,
    maxBytesEach: MAX_RECORD_BYTES,
    log,
    signal,
  });
  const owned = await ownedAmong(tree, read.flat(), findOwned);
  const proofs = [...read.flat(), ...proofsByExcerpts(tree, { owned, log, signal })];
  return { packages: merge(proofs), failures: log.list(), yieldsToOwners: true };
}

type RecordReader = (content: Buffer) => readonly Named[] | string;

function readerOf(path: string): RecordReader | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "release") return readJavaRelease;
  if (name === "OTP_VERSION")
    return /(?:^|\/)releases\/\d+\/OTP_VERSION$/u.test(path) ? readErlangRelease : undefined;
  if (name === "application.ini") return readMozillaApplication;
  if (name === "elixir.app")
    return /(?:^|\/)elixir(?:-[^/]+)?\/ebin\/elixir\.app$/u.test(path) ? readElixirApplication : undefined;
  if (name === "rabbit.app") return readRabbitApplication;
  if (name === ".bitnami_components.json") return readBitnamiComponents;
  return /^opt\/bitnami\/(?:[^/]+\/)?\.spdx-[^/]+\.spdx$/u.test(path) ? readBitnamiSpdx : undefined;
}

function toProofs({ path, layer }: MatchedFile, content: Buffer, log: FailureLog): readonly Proof[] {
  const named = readerOf(path)?.(content) ?? [];
  if (typeof named === "string") {
    log.add("PACKAGE_RECORD_MALFORMED", named, path);
    return [];
  }
  return named
    .filter(({ name, version }) => isToken(name) && isToken(version))
    .map((one) => ({ ...one, path, layer }));
}

/** Which of the programs that wait are owned: most of most images, and to look into them takes longer than all else. */
async function ownedAmong(
  tree: FileTree,
  records: readonly Proof[],
  findOwned: OwnedLookup | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const waiting = [...tree.waiting(inspectPrograms)];
  if (waiting.length === 0) return undefined;
  // What has been found already is sought with them, so that the lists of files are gone through once.
  const passed = [...tree.excerpts(inspectPrograms, () => false)];
  const found = [...passed, ...records].flatMap(({ path }) => tree.stat(path) ?? []);
  return await findOwned?.([...waiting, ...found]);
}

interface ProofOptions {
  /** Files that packages of distributions own. */
  readonly owned: ReadonlySet<string> | undefined;
  readonly log: FailureLog;
  readonly signal: AbortSignal | undefined;
}

function proofsByExcerpts(tree: FileTree, { owned, log, signal }: ProofOptions): readonly Proof[] {
  const proofs: Proof[] = [];
  for (const { path, excerpt } of tree.excerpts(inspectPrograms, (file) => owned?.has(file) !== true)) {
    signal?.throwIfAborted();
    if (proofs.length >= MAX_PROGRAMS) {
      log.add("LIMIT_REACHED", `more than ${MAX_PROGRAMS} programs that say what they are`, path);
      break;
    }
    const layer = tree.stat(path)?.layer;
    for (const line of Buffer.from(excerpt).toString("latin1").split("\n")) {
      const [name, version] = line.split("\t");
      if (name !== undefined && version !== undefined) proofs.push({ name, version, path, layer });
    }
  }
  return proofs;
}

/**
 * A server and its library are one program, and so is what lies below Bitnami's directory and what its records say. The
 * same program in another layer, or elsewhere in another version, is another one.
 */
function merge(proofs: readonly Proof[]): readonly PackageFacts[] {
  const found = new Map<string, PackageFacts>();
  for (const { name, version, path, layer } of proofs) {
    const key = [name, version, path.startsWith("opt/bitnami/") ? "bitnami" : (layer ?? "")].join("\0");
    const before = found.get(key);
    if (before === undefined) {
      const from = layer === undefined ? {} : { layer };
      found.set(key, { type: "generic", name, version, ...from, paths: [path] });
    } else if (!before.paths.includes(path)) found.set(key, { ...before, paths: [...before.paths, path] });
  }
  return [...found.values()];
}
