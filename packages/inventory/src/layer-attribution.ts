import { type Digest, type FileTree, type FileVersion, messageOf } from "@pratique/core";
import type { FailureLog } from "./failure-log.ts";
import { asBuffer } from "./read-file.ts";

const MAX_STATES = 256;
const MAX_BYTES_OF_STATES = 256 * 1024 * 1024;

export interface LayerAttributionOptions {
  /** What the newest state of the file holds. */
  readonly keys: ReadonlySet<string>;
  /** Reads the keys out of an older state. */
  readonly keysOf: (content: Buffer) => Iterable<string>;
  readonly limitBytes: number;
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * For each key of a package database, the lowest layer from which on every state of the file holds it. That
 * layer brought the package: what was removed and installed again counts from the last installation.
 */
export async function layersOfKeys(
  tree: FileTree,
  path: string,
  options: LayerAttributionOptions,
): Promise<ReadonlyMap<string, Digest>> {
  const states = tree.history(path).toReversed();
  const found = new Map<string, Digest>();
  let remaining = options.keys;
  mark(found, remaining, states[0]?.layer);
  let bytes = 0;
  for (const [number, state] of states.entries()) {
    if (number === 0 || remaining.size === 0) continue;
    if (number === MAX_STATES || bytes > MAX_BYTES_OF_STATES) {
      options.log.add(
        "LIMIT_REACHED",
        `too many states in ${states.length} layers to tell who brought what`,
        path,
      );
      break;
    }
    const older = await readState(state, path, options);
    if (older === undefined) break;
    bytes += older.length;
    remaining = remaining.intersection(new Set(options.keysOf(older)));
    mark(found, remaining, state.layer);
  }
  return found;
}

function mark(found: Map<string, Digest>, keys: ReadonlySet<string>, layer: Digest | undefined): void {
  if (layer === undefined) return;
  for (const key of keys) found.set(key, layer);
}

async function readState(
  state: FileVersion,
  path: string,
  { limitBytes, log, signal }: LayerAttributionOptions,
): Promise<Buffer | undefined> {
  signal?.throwIfAborted();
  try {
    return asBuffer(await state.read(limitBytes));
  } catch (cause) {
    signal?.throwIfAborted();
    log.add("PACKAGE_DATABASE_UNREADABLE", `state in a lower layer: ${messageOf(cause)}`, path);
    return undefined;
  }
}
