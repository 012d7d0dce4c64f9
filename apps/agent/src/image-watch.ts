import { type Digest, isDigest, messageOf } from "@pratique/core";
import type { Engine, EngineEvent } from "@pratique/engine";

const RECONNECT_MS = 2000;
/** Events after which a name may stand for other content. */
const ARRIVALS: readonly string[] = ["pull", "load", "import", "tag", "build", "create"];

export interface ImageWatchOptions {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** An image is there: at the start, and when one is pulled, loaded, imported, built or tagged. */
  readonly onImage: (imageId: Digest, reference: string) => void;
  readonly onGone: (imageId: Digest) => void;
  /** The engine can be asked, or cannot be. */
  readonly onEngine: (state: "up" | "down", detail: string) => void;
}

/** Follows the images of an engine for as long as the signal allows, over the engine's restarts. */
export async function watchImages(options: ImageWatchOptions): Promise<void> {
  const { engine, signal, sleep } = options;
  while (!signal.aborted) {
    try {
      const sinceMs = options.now();
      await engine.ping({ signal });
      options.onEngine("up", "");
      await listAll(options);
      for await (const event of engine.events({ signal, sinceMs, filters: { type: ["image"] } })) {
        await follow(event, options);
      }
    } catch (thrown) {
      if (!signal.aborted) options.onEngine("down", messageOf(thrown));
    }
    await sleep(RECONNECT_MS, signal).catch(() => undefined);
  }
}

async function listAll({ engine, onImage, signal }: ImageWatchOptions): Promise<void> {
  for (const { id, repoTags } of await engine.listImages({ signal })) onImage(id, repoTags[0] ?? id);
}

async function follow({ action, actorId }: EngineEvent, options: ImageWatchOptions): Promise<void> {
  const { engine, signal, onImage, onGone } = options;
  if (action === "delete" && isDigest(actorId)) return onGone(actorId);
  if (!ARRIVALS.includes(action)) return;
  try {
    const { id, repoTags } = await engine.inspectImage(actorId, { signal });
    onImage(id, repoTags[0] ?? id);
  } catch {
    // It was removed again before we could look, and then nothing has to be scanned.
  }
}
