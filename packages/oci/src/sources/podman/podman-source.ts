import type { Engine } from "@pratique/engine";
import { checkPlatform } from "../../choose-platform.ts";
import { engineFailure } from "../../engine/engine-failure.ts";
import { openEngineExport, platformOf, signalOf } from "../../engine/export-image.ts";
import { OciError, type OciErrorCode } from "../../errors.ts";
import { PodmanStorage } from "../../podman/podman-storage.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "../../source.ts";

export interface PodmanSourceOptions {
  /** Graph roots of the storage, the user's own first; see {@link podmanStorageRoots}. */
  readonly roots: readonly string[];
  /** Podman's own service of Docker's API, for what cannot be read in place. */
  readonly engine?: Engine;
}

/** Reasons to ask the service: it may have another storage, or the right to read this one. */
const ASKS_SERVICE: ReadonlySet<OciErrorCode> = new Set<OciErrorCode>([
  "IMAGE_NOT_FOUND",
  "SOURCE_UNAVAILABLE",
  "IMAGE_UNREADABLE",
  "ACCESS_DENIED",
  "LAYER_UNSUPPORTED",
]);

/**
 * Images that Podman holds, read where its storage keeps them (drivers overlay and vfs); else the export of its service.
 * In place, the digests of layers are the storage's word.
 */
export function podmanSource({ roots, engine }: PodmanSourceOptions): ImageSource {
  return {
    name: "podman",
    async open(value, options) {
      try {
        return PodmanStorage.open(roots).openImage(value, options);
      } catch (thrown) {
        if (engine === undefined || !(thrown instanceof OciError) || !ASKS_SERVICE.has(thrown.code))
          throw thrown;
        return openFromService(engine, value, options).catch((failure: unknown) => {
          // Without a service, what the storage said is the reason.
          throw failure instanceof OciError && failure.code === "SOURCE_UNAVAILABLE" ? thrown : failure;
        });
      }
    },
  };
}

async function openFromService(engine: Engine, value: string, options: OpenOptions): Promise<OpenedImage> {
  try {
    const image = await engine.inspectImage(value, signalOf(options));
    checkPlatform(platformOf(image), options.platform);
    return openEngineExport(engine, image, { value, options, idIsTarget: false });
  } catch (thrown) {
    throw engineFailure(thrown);
  }
}
