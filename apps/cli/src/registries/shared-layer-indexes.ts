import { mkdirSync } from "node:fs";
import path from "node:path";
import { acquireWriterLock } from "@pratique/dataset";
import type { LayerIndexCache } from "@pratique/oci";

/** Longer than any layer takes; whoever waits for longer reads it as well. */
const WAIT_MS = 15 * 60_000;
/** Keys begin with a digest: so many of its characters name a lock, so that there are 256 of them at most. */
const PREFIX_CHARS = 2;

/**
 * The same cache, whose keys other processes keep to as well: of several that want a layer at once, one reads it, and the
 * others find it read. A lock ends with the process that holds it, however that dies.
 */
export function sharedLayerIndexes(cache: LayerIndexCache, directory: string): LayerIndexCache {
  const locks = path.join(directory, "locks");
  return {
    hasher: cache.hasher,
    get: (key, inspectors) => cache.get(key, inspectors),
    put: (key, index, inspectors) => cache.put(key, index, inspectors),
    async hold(key, signal) {
      using stack = new DisposableStack();
      stack.use(await cache.hold(key, signal));
      stack.use(await lockOf(path.join(locks, key.text.slice(0, PREFIX_CHARS)), signal));
      return stack.move();
    },
  };
}

async function lockOf(file: string, signal: AbortSignal): Promise<Disposable | undefined> {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    return await acquireWriterLock(file, { waitMs: WAIT_MS, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    // A disk that is full, for one: a layer is then read twice at worst.
    if (thrown instanceof Error) return undefined;
    throw thrown;
  }
}
