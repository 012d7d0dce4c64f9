import { join } from "node:path";
import type { Engine, EngineImage, EngineInfo } from "@pratique/engine";
import { checkPlatform } from "../../choose-platform.ts";
import { ContainerdStore } from "../../containerd/containerd-store.ts";
import { engineFailure } from "../../engine/engine-failure.ts";
import { engineFacts, openEngineExport, platformOf, signalOf } from "../../engine/export-image.ts";
import { areReadable, imageDirectories } from "../../engine/layer-directories.ts";
import { layerInstructions } from "../../engine/layer-instructions.ts";
import { OciError } from "../../errors.ts";
import { directoryLayer } from "../../layers/directory-layer.ts";
import { openLayers } from "../../layers/open-layers.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "../../source.ts";

export interface DockerSourceOptions {
  readonly engine: Engine;
  /** The `root` of each containerd that an engine on this host may keep its images in; none where absent. */
  readonly containerdRoots?: readonly string[];
}

/** The namespace of containerd that Docker's are in. */
const NAMESPACE = "moby";

/**
 * Images that a Docker engine holds. Where its layers lie unpacked on this host and may be read, they are
 * read in place; otherwise the engine's export is read as it arrives. In place, the digests of layers are the
 * engine's word: their bytes do not exist any more.
 */
export function dockerSource({ engine, containerdRoots = [] }: DockerSourceOptions): ImageSource {
  return {
    name: "docker",
    async open(value, options) {
      try {
        const image = await engine.inspectImage(value, signalOf(options));
        const inPlace = await openInPlace(engine, image, { value, options });
        if (inPlace !== undefined) return inPlace;
        const info = await engine.info(signalOf(options));
        if (info.containerdImageStore && engine.address.kind === "unix") {
          const opened = openInContainerd(image, containerdRootsOf(info, containerdRoots), {
            value,
            options,
          });
          if (opened !== undefined) return opened;
        }
        checkPlatform(platformOf(image), options.platform);
        return openEngineExport(engine, image, { value, options, idIsTarget: info.containerdImageStore });
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
  const directories = imageDirectories(engine.address, image);
  if (directories === undefined || !(await areReadable(directories))) return undefined;
  checkPlatform(platformOf(image), options.platform);
  const { instructions, ...known } = await layerInstructions(engine, image, options);
  const layers = directories.map((directory, index) => {
    const [diffId, instruction] = [image.diffIds[index], instructions[index]];
    const facts = { ...(diffId !== undefined && { diffId }), ...(instruction && { instruction }) };
    return directoryLayer({ directory, overlay: true, facts });
  });
  return openLayers({ facts: { ...engineFacts(image, value), ...known }, layers, options });
}

/** The engine's own containerd is below its data, unless it uses that of the host. */
function containerdRootsOf({ dataRoot }: EngineInfo, roots: readonly string[]): readonly string[] {
  return dataRoot.startsWith("/") ? [join(dataRoot, "containerd", "daemon"), ...roots] : roots;
}

/**
 * The image in the containerd that its engine keeps it in: by the digest that the engine calls it, so that it is the
 * same. Undefined where it cannot be had so, for whatever reason: the export is the other way.
 */
function openInContainerd(
  { id }: EngineImage,
  roots: readonly string[],
  { value, options }: Opening,
): OpenedImage | undefined {
  for (const root of roots) {
    try {
      const store = ContainerdStore.open(root);
      const image = store.findTarget(NAMESPACE, id);
      if (image !== undefined) return store.openImage(image, options, value);
    } catch (thrown) {
      if (!(thrown instanceof OciError) || thrown.code === "PLATFORM_NOT_FOUND") throw thrown;
    }
  }
  return undefined;
}
