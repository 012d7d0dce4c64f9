import { zstdDecompressSync } from "node:zlib";
import { type FileTree, messageOf, type PackageFacts, parseJson } from "@pratique/core";
import type { OwnerResult } from "../../cataloger.ts";
import { decodeLatin1 } from "../../decode-text.ts";
import { FailureLog } from "../../failure-log.ts";
import { PathIndex } from "../../path-index.ts";
import type { RunnableFiles } from "../../runnable-files.ts";
import { isToken } from "../../token.ts";
import { sourceOfBinary } from "./chisel-sources.ts";
import type { DpkgRecord } from "./parse-status.ts";

/** Where chisel writes what it has cut into a root (chisel, `generate: manifest`). */
export const CHISEL_MANIFEST = "var/lib/chisel/manifest.wall";

const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const MAX_LINES = 2_000_000;
const MAX_NAMED = 10;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The packages of a manifest: zstd, then lines of JSON, the first of which says how many there are. The manifest names
 * no sources, of which advisories speak; what nothing tells the source of is judged by its own name, and recorded.
 */
export function parseManifest(content: Buffer, path: string, log: FailureLog): readonly DpkgRecord[] {
  const text = unpackManifest(content, path, log);
  if (text === undefined) return [];
  const records: DpkgRecord[] = [];
  const unknown: string[] = [];
  let announced = 0;
  let count = 0;
  for (const line of linesOf(text)) {
    if (count === MAX_LINES) {
      log.add("LIMIT_REACHED", `more than ${MAX_LINES} lines`, path);
      break;
    }
    count += 1;
    if (count > 1 && !line.includes('"package"')) continue;
    const fields = parseLine(line);
    if (count === 1) {
      if (typeof fields?.count === "number") announced = fields.count;
      else log.add("PACKAGE_DATABASE_UNREADABLE", "expected the first line of a manifest", path);
    }
    if (fields === undefined) log.add("PACKAGE_RECORD_MALFORMED", `line ${count} is no JSON object`, path);
    if (fields?.kind !== "package") continue;
    const record = toRecord(fields);
    if (record === undefined) log.add("PACKAGE_RECORD_MALFORMED", `line ${count}: no package`, path);
    else records.push(record);
    if (record !== undefined && sourceOfBinary(record.name) === undefined) unknown.push(record.name);
  }
  // With or without the first line: what is missing is never a single line.
  if (count < announced - 1) log.add("PACKAGE_DATABASE_UNREADABLE", `${count} of ${announced} lines`, path);
  if (unknown.length > 0) log.add("PACKAGE_RECORD_MALFORMED", sourcesMissing(unknown), path);
  return records;
}

/** Looks paths up in the manifest's own list of files, whose slices begin with the name of their package. */
export function findChiselOwners(
  tree: FileTree,
  content: Buffer,
  {
    byName,
    paths,
    runnable,
  }: {
    readonly byName: ReadonlyMap<string, PackageFacts>;
    readonly paths: readonly string[];
    readonly runnable?: RunnableFiles | undefined;
  },
): OwnerResult {
  const log = new FailureLog();
  const owners = new Map<string, PackageFacts>();
  const index = new PathIndex(tree, paths);
  const text = unpackManifest(content, CHISEL_MANIFEST, log) ?? "";
  for (const owner of byName.values()) runnable?.begin(owner);
  for (const line of linesOf(text)) {
    if (!line.includes('"slices"')) continue;
    const fields = parseLine(line);
    if (fields?.kind !== "path" || typeof fields.path !== "string" || !Array.isArray(fields.slices)) continue;
    const slice: unknown = fields.slices[0];
    const owner = typeof slice === "string" ? byName.get(slice.slice(0, slice.lastIndexOf("_"))) : undefined;
    if (owner !== undefined) runnable?.take(owner, fields.path);
    const path = owner === undefined ? undefined : index.find(fields.path.replace(/^\//u, ""));
    if (owner !== undefined && path !== undefined && !owners.has(path)) owners.set(path, owner);
  }
  if (index.exhausted) log.add("LIMIT_REACHED", "too many listed files to look up; some have no owner");
  return { owners, failures: log.list() };
}

function unpackManifest(content: Buffer, path: string, log: FailureLog): string | undefined {
  try {
    return decodeLatin1(zstdDecompressSync(content, { maxOutputLength: MAX_MANIFEST_BYTES }));
  } catch (cause) {
    log.add("PACKAGE_DATABASE_UNREADABLE", messageOf(cause), path);
    return undefined;
  }
}

function* linesOf(text: string): Iterable<string> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (end > start) yield text.slice(start, end);
    start = end + 1;
  }
}

function parseLine(line: string): Fields | undefined {
  try {
    const value: unknown = parseJson(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toRecord({ name, version, arch }: Fields): DpkgRecord | undefined {
  if (!isWord(name) || !isWord(version)) return undefined;
  return {
    name,
    version,
    ...(isWord(arch) && { architecture: arch }),
    source: { name: sourceOfBinary(name) ?? name, version },
  };
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[\w.+:~-]{1,256}$/u.test(value) && isToken(value);
}

function sourcesMissing(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return `judged by their own names, as nothing tells their sources: ${names.slice(0, MAX_NAMED).join(", ")}${more}`;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
