import { type Digest, hasCode, isDigest, messageOf } from "@pratique/core";
import type { Engine, EngineEvent } from "@pratique/engine";

const RECONNECT_MS = 2000;
/** Events after which a name may stand for other content. */
const ARRIVALS: readonly string[] = ["pull", "load", "import", "tag", "build", "create"];

export interface ImageWatchOptions {
  readonly engine: Pick<Engine, "ping" | "listImages" | "inspectImage" | "events">;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** An image is there: whenever the engine comes up, and when one is pulled, loaded, imported, built or tagged. */
  readonly onImage: (imageId: Digest, reference: string) => void;
  /** One that was there is not any more. */
  readonly onGone: (imageId: Digest) => void;
  /** The engine can be asked, or cannot be. */
  readonly onEngine: (state: "up" | "down", detail: string) => void;
}

/** Follows the images of an engine for as long as the signal allows, over the engine's restarts. */
export async function watchImages(options: ImageWatchOptions): Promise<void> {
  const { engine, signal, sleep } = options;
  const known = new Set<Digest>();
  while (!signal.aborted) {
    try {
      const sinceMs = options.now();
      await engine.ping({ signal });
      options.onEngine("up", "");
      await listAll(options, known);
      for await (const event of engine.events({ signal, sinceMs, filters: { type: ["image"] } })) {
        await follow(event, options, known);
      }
    } catch (thrown) {
      if (!signal.aborted) options.onEngine("down", messageOf(thrown));
    }
    await sleep(RECONNECT_MS, signal).catch(() => undefined);
  }
}

async function listAll(options: ImageWatchOptions, known: Set<Digest>): Promise<void> {
  const { engine, onImage, signal } = options;
  const listed = await engine.listImages({ signal });
  const ids = new Set(listed.map(({ id }) => id));
  // Nobody told of what was removed while the engine could not be heard. Not all that there is is listed.
  for (const id of known) if (!ids.has(id) && (await isGone(id, options))) forget(id, options, known);
  for (const { id, repoTags } of listed) {
    known.add(id);
    onImage(id, repoTags[0] ?? id);
  }
}

async function isGone(id: Digest, { engine, signal }: ImageWatchOptions): Promise<boolean> {
  return (await ifThere(engine.inspectImage(id, { signal }))) === undefined;
}

function forget(id: Digest, { onGone }: ImageWatchOptions, known: Set<Digest>): void {
  known.delete(id);
  onGone(id);
}

async function follow(
  { action, actorId }: EngineEvent,
  options: ImageWatchOptions,
  known: Set<Digest>,
): Promise<void> {
  const { engine, signal, onImage } = options;
  if (action === "delete" && isDigest(actorId)) return forget(actorId, options, known);
  if (!ARRIVALS.includes(action)) return;
  const image = await ifThere(engine.inspectImage(actorId, { signal }));
  // It was removed again before we could look, and then nothing has to be scanned.
  if (image === undefined) return;
  known.add(image.id);
  onImage(image.id, image.repoTags[0] ?? image.id);
}

/** Undefined for an image that the engine does not have. Whatever else is wrong is no word on it. */
async function ifThere<Image>(asked: Promise<Image>): Promise<Image | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (hasCode(thrown, "IMAGE_NOT_FOUND")) return undefined;
    throw thrown;
  }
}
