import type { FilePattern, FileTree } from "@pratique/core";
import { decodeUtf8 } from "../../decode-text.ts";
import { isRepository } from "../../distro/content-sets.ts";
import { FailureLog } from "../../failure-log.ts";
import { readFile } from "../../read-file.ts";
import { Budget } from "./bytes.ts";
import type { RpmRecord } from "./parse-package.ts";
import { findRoot, readValues, type SqliteValue } from "./sqlite-columns.ts";
import { SqlitePages } from "./sqlite-pages.ts";
import { readRows } from "./sqlite-table.ts";

const HISTORY = "var/lib/dnf/history.sqlite";
const STATE = "usr/lib/sysimage/libdnf5/nevras.toml";
const MAX_BYTES = 256 * 1024 * 1024;
/** What dnf calls the root itself, where a package was there before. */
const SYSTEM = /^@?System$/u;

/** Where dnf, microdnf and dnf5 note which repository each package came from. */
export const historyPattern: FilePattern = { paths: [HISTORY, STATE] };

/**
 * The repository of each package whose installation is in a history, by {@link historyKey}. Where a history cannot be
 * read, nothing is known: it only makes more exact what the image as a whole tells, so that is no failure of the scan.
 */
export async function readRepositories(
  tree: FileTree,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const log = new FailureLog();
  const read = async (path: string) =>
    tree.stat(path)?.kind === "file"
      ? await readFile(tree, path, { limitBytes: MAX_BYTES, code: "FILE_UNREADABLE", log, signal })
      : undefined;
  const [history, state] = [await read(HISTORY), await read(STATE)];
  return new Map([
    ...(history === undefined ? [] : repositoriesInHistory(history)),
    ...(state === undefined ? [] : repositoriesInState(decodeUtf8(state))),
  ]);
}

/** Name, version, release and architecture: histories disagree on how an epoch is written. */
export function historyKey({ name, version, architecture = "" }: RpmRecord): string {
  return `${name}-${version.slice(version.indexOf(":") + 1)}.${architecture}`;
}

/** `"bash-5.2.26-3.fc40.x86_64" = {from_repo="fedora"}` of libdnf5's `nevras.toml`, on one line or as a table. */
function* repositoriesInState(text: string): Generator<readonly [string, string]> {
  let table: string | undefined;
  for (const line of text.split("\n")) {
    const { nevra, inline } =
      /^\s*(?:\[nevras\.)?["'](?<nevra>[^"'\s]+)["'](?:\]\s*$|\s*=\s*\{(?<inline>[^}]*)\})/u.exec(line)
        ?.groups ?? {};
    if (nevra !== undefined) table = nevra.replace(/-\d+:(?=[^-]*-[^-]*$)/u, "-");
    const repository = /from_repo\s*=\s*["'](?<name>[^"']*)["']/u.exec(inline ?? line)?.groups?.name;
    if (table !== undefined && repository !== undefined && isRepository(repository))
      yield [table, repository];
  }
}

/**
 * The tables `rpm(item_id, name, epoch, version, release, arch)`, `trans_item(id, trans_id, item_id, repo_id, …)` and
 * `repo(id, repoid)` of dnf's history (libdnf, transaction/sql); of several entries of one item the last one counts.
 */
function* repositoriesInHistory(bytes: Buffer): Generator<readonly [string, string]> {
  const names = new Map<number, string>();
  for (const { rowId, values } of rowsOf(bytes, "repo")) {
    const name = textOf(values[1]);
    if (name !== undefined && !SYSTEM.test(name) && isRepository(name)) names.set(rowId, name);
  }
  const last = new Map<number, { readonly entry: number; readonly name: string }>();
  for (const { rowId: entry, values } of rowsOf(bytes, "trans_item")) {
    const [, , item, repository] = values;
    const name = typeof repository === "number" ? names.get(repository) : undefined;
    if (typeof item !== "number" || name === undefined || (last.get(item)?.entry ?? -1) > entry) continue;
    last.set(item, { entry, name });
  }
  for (const { values } of rowsOf(bytes, "rpm")) {
    const [item, name, , version, release, architecture] = values;
    const repository = typeof item === "number" ? last.get(item)?.name : undefined;
    if (repository === undefined) continue;
    yield [`${textOf(name)}-${textOf(version)}-${textOf(release)}.${textOf(architecture) ?? ""}`, repository];
  }
}

interface Row {
  readonly rowId: number;
  readonly values: readonly SqliteValue[];
}

function* rowsOf(bytes: Buffer, table: string): Generator<Row> {
  const ignore = (): void => undefined;
  const pages = SqlitePages.open(bytes, undefined);
  if (typeof pages === "string") return;
  const budget = new Budget(pages.size);
  const root = findRoot(pages, table, { budget, fault: ignore });
  if (root === undefined) return;
  for (const { rowId, record } of readRows(pages, { root, budget, fault: ignore })) {
    yield { rowId, values: readValues(record) };
  }
}

function textOf(value: SqliteValue): string | undefined {
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}
