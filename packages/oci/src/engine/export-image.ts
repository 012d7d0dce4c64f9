import {
  type Digest,
  formatPlatform,
  type ImageReference,
  type Platform,
  parseImageReference,
} from "@pratique/core";
import type { Engine, EngineImage } from "@pratique/engine";
import { openArchiveStream } from "../archive/archive-stream.ts";
import { claimedBase } from "../claimed-base.ts";
import type { ImageFacts, OpenedImage, OpenOptions } from "../source.ts";
import { engineFailure, withEngineFailures } from "./engine-failure.ts";

export interface EngineOpening {
  /** As the user named it. */
  readonly value: string;
  readonly options: OpenOptions;
  /** The id is the digest of a manifest or index, not of the configuration. */
  readonly idIsTarget: boolean;
}

/** Opens what an engine exports, as it arrives; nothing is written to the disk. */
export function openEngineExport(
  engine: Engine,
  image: EngineImage,
  { value, options, idIsTarget }: EngineOpening,
): OpenedImage {
  return openArchiveStream({
    facts: {
      ...(idIsTarget ? targetFacts(image, value) : engineFacts(image, value)),
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

/** What an engine's inspect says of an image. */
export function engineFacts(image: EngineImage, value: string): Omit<ImageFacts, "layers"> {
  const digest = pulledDigest(image, value);
  return {
    reference: value,
    imageId: image.id,
    ...(digest !== undefined && { digest }),
    platform: formatPlatform(platformOf(image)),
    config: image.config,
    ...claimOf(image),
  };
}

/** What an image says of the one that it is built on. */
export function claimOf({ config }: EngineImage): Pick<ImageFacts, "base"> {
  const base = claimedBase(config.labels);
  return base === undefined ? {} : { base };
}

/** In the containerd image store an image's id is the digest of its manifest or index, not of its configuration. */
function targetFacts(image: EngineImage, value: string): Omit<ImageFacts, "layers"> {
  return {
    reference: value,
    digest: image.id,
    platform: formatPlatform(platformOf(image)),
    config: image.config,
    ...claimOf(image),
  };
}

/** The platform that an image is for. */
export function platformOf({ config: { os, architecture }, variant }: EngineImage): Platform {
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

/** The signal of a call, where there is one. */
export function signalOf({ signal }: OpenOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
