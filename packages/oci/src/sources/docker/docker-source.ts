import {
  type Digest,
  formatPlatform,
  type ImageReference,
  layerInstruction,
  type Platform,
  parseImageReference,
} from "@pratique/core";
import { type Engine, EngineError, type EngineImage } from "@pratique/engine";
import { openArchiveStream } from "../../archive-stream.ts";
import { checkPlatform } from "../../choose-platform.ts";
import { claimedBase } from "../../claimed-base.ts";
import { directoryLayer } from "../../directory-layer.ts";
import { openLayers } from "../../open-layers.ts";
import type { ImageFacts, ImageSource, OpenedImage, OpenOptions } from "../../source.ts";
import { engineFailure, withEngineFailures } from "./engine-failure.ts";
import { areReadable, layerDirectories } from "./layer-directories.ts";

export interface DockerSourceOptions {
  readonly engine: Engine;
}

/**
 * Images that a Docker engine holds. Where its layers lie unpacked on this host and may be read, they are
 * read in place; otherwise the engine's export is read as it arrives. In place, the digests of layers are the
 * engine's word: their bytes do not exist any more.
 */
export function dockerSource({ engine }: DockerSourceOptions): ImageSource {
  return {
    name: "docker",
    async open(value, options) {
      try {
        const image = await engine.inspectImage(value, signalOf(options));
        checkPlatform(platformOf(image), options.platform);
        return (
          (await openInPlace(engine, image, { value, options })) ??
          (await openExport(engine, image, { value, options }))
        );
      } catch (thrown) {
        throw engineFailure(thrown);
      }
    },
  };
}

interface Opening {
  /** As the user named it. */
  readonly value: string;
  readonly options: OpenOptions;
}

async function openInPlace(
  engine: Engine,
  image: EngineImage,
  { value, options }: Opening,
): Promise<OpenedImage | undefined> {
  const directories = layerDirectories(engine.address, image);
  if (directories === undefined || !(await areReadable(directories))) return undefined;
  const instructions = await instructionsOf(engine, image, options);
  const layers = directories.map((directory, index) => {
    const [diffId, instruction] = [image.diffIds[index], instructions[index]];
    const facts = { ...(diffId !== undefined && { diffId }), ...(instruction && { instruction }) };
    return directoryLayer({ directory, overlay: true, facts });
  });
  return openLayers({ facts: factsOf(image, value, pulledDigest(image, value)), layers, options });
}

/**
 * What made the layers, lowest first. The engine does not say which steps made none, but that a step wrote something:
 * where as many did as there are layers, they are the layers. Empty where it is not known.
 */
async function instructionsOf(
  engine: Engine,
  { id, diffIds }: EngineImage,
  options: OpenOptions,
): Promise<readonly string[]> {
  try {
    const steps = await engine.imageHistory(id, signalOf(options));
    const makers = steps.filter(({ sizeBytes }) => sizeBytes > 0).toReversed();
    if (makers.length !== diffIds.length) return [];
    return makers.map(({ createdBy }) => layerInstruction(createdBy));
  } catch (thrown) {
    options.signal?.throwIfAborted();
    // Who made a layer is good to know; the packages in it are what was asked for.
    if (thrown instanceof EngineError) return [];
    throw thrown;
  }
}

async function openExport(
  engine: Engine,
  image: EngineImage,
  { value, options }: Opening,
): Promise<OpenedImage> {
  const { containerdImageStore } = await engine.info(signalOf(options));
  return openArchiveStream({
    facts: {
      ...(containerdImageStore
        ? factsOfTarget(image, value)
        : factsOf(image, value, pulledDigest(image, value))),
      layers: image.diffIds.map((diffId) => ({ diffId })),
    },
    open: async (signal) =>
      withEngineFailures(
        await engine.exportImage(value, { signal, platform: options.platform }).catch((thrown: unknown) => {
          throw engineFailure(thrown);
        }),
      ),
    options,
  });
}

function factsOf(image: EngineImage, value: string, digest: Digest | undefined): Omit<ImageFacts, "layers"> {
  return {
    reference: value,
    imageId: image.id,
    ...(digest !== undefined && { digest }),
    platform: formatPlatform(platformOf(image)),
    config: image.config,
    ...claimOf(image),
  };
}

function claimOf({ config }: EngineImage): Pick<ImageFacts, "base"> {
  const base = claimedBase(config.labels);
  return base === undefined ? {} : { base };
}

/** In the containerd image store an image's id is the digest of its manifest or index, not of its configuration. */
function factsOfTarget(image: EngineImage, value: string): Omit<ImageFacts, "layers"> {
  return {
    reference: value,
    digest: image.id,
    platform: formatPlatform(platformOf(image)),
    config: image.config,
    ...claimOf(image),
  };
}

function platformOf({ config: { os, architecture }, variant }: EngineImage): Platform {
  return variant === "" ? { os, architecture } : { os, architecture, variant };
}

/** The manifest's digest under which the engine pulled the image by this name, else by any. */
function pulledDigest({ repoDigests }: EngineImage, value: string): Digest | undefined {
  const pulled = repoDigests.flatMap((text) => parsed(text) ?? []);
  const asked = parsed(value);
  const same = pulled.find(
    ({ registry, repository, digest }) =>
      registry === asked?.registry &&
      repository === asked.repository &&
      (asked.digest === undefined || asked.digest === digest),
  );
  return (same ?? pulled[0])?.digest;
}

/** Users may name images by id, too, and engines list `<none>@<none>`: neither is a reference. */
function parsed(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch {
    return undefined;
  }
}

function signalOf({ signal }: OpenOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
