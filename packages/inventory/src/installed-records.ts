import type { Digest, FileTree } from "@pratique/core";
import { FailureLog } from "./failure-log.ts";
import { layersOfKeys } from "./layer-attribution.ts";

/** What every database of a package manager tells of a package. */
interface InstalledRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
}

/** A record, and the layer that brought its package. */
export interface Installed<Kind extends InstalledRecord> {
  readonly record: Kind;
  readonly layer: Digest | undefined;
}

const MAX_RECORDS = 200_000;

/**
 * Reads what stands in a database one by one. `read` gives a record, what is wrong with it, or undefined where the package is
 * not present. What cannot be read is recorded, and the rest kept.
 */
export function collectRecords<Raw, Kind>(
  raws: Iterable<Raw>,
  read: (raw: Raw) => Kind | string | undefined,
  { path, log }: { readonly path: string; readonly log: FailureLog },
): readonly Kind[] {
  const records: Kind[] = [];
  let count = 0;
  for (const raw of raws) {
    count += 1;
    if (count > MAX_RECORDS) {
      log.add("LIMIT_REACHED", `more than ${MAX_RECORDS} records`, path);
      break;
    }
    const record = read(raw);
    if (typeof record === "string") log.add("PACKAGE_RECORD_MALFORMED", `record ${count}: ${record}`, path);
    else if (record !== undefined) records.push(record);
  }
  return records;
}

export interface InstalledRecordsOptions<Kind extends InstalledRecord> {
  /** The real file that the database is. */
  readonly path: string;
  /** Reads one state of it, and records what is wrong in the log. */
  readonly parse: (content: Buffer, log: FailureLog) => readonly Kind[];
  readonly limitBytes: number;
  readonly log: FailureLog;
  readonly signal: AbortSignal | undefined;
}

/** The packages that the newest state of a database holds, by what tells one from another, with their layers. */
export async function installedRecords<Kind extends InstalledRecord>(
  tree: FileTree,
  content: Buffer,
  { path, parse, limitBytes, log, signal }: InstalledRecordsOptions<Kind>,
): Promise<ReadonlyMap<string, Installed<Kind>>> {
  const records = new Map(parse(content, log).map((record) => [keyOf(record), record]));
  const layers = await layersOfKeys(tree, path, {
    keys: new Set(records.keys()),
    // What is wrong with a state that has been replaced says nothing about what is present.
    keysOf: (older) => parse(older, new FailureLog()).map(keyOf),
    limitBytes,
    log,
    signal,
  });
  return new Map([...records].map(([key, record]) => [key, { record, layer: layers.get(key) }]));
}

/** `:` is in no name and no architecture. */
function keyOf({ name, architecture, version }: InstalledRecord): string {
  return `${name}:${architecture ?? ""}:${version}`;
}
