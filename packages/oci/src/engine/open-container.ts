import { join } from "node:path";
import { formatPlatform } from "@pratique/core";
import { type Engine, EngineError, type EngineGraphDriver } from "@pratique/engine";
import { ContainerdStore, type KnownLayer } from "../containerd/containerd-store.ts";
import { OciError } from "../errors.ts";
import { type JsonRecord, recordOf, textOf, textRecordOf } from "../json-shape.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import type { ImageFacts, OpenedImage, OpenOptions } from "../source.ts";
import { engineFailure, withEngineFailures } from "./engine-failure.ts";
import { claimOf, platformOf, signalOf } from "./export-image.ts";
import { areReadable, layerDirectories } from "./layer-directories.ts";
import { layerInstructions } from "./layer-instructions.ts";

interface Opening {
  /** As the user named it. */
  readonly value: string;
  readonly options: OpenOptions;
}

/**
 * Opens what a container of a Docker engine sees: in place, where its directories are on this host and may be read, else
 * by the engine's export, which has no layers. Rejects with `IMAGE_NOT_FOUND` where there is no such container.
 */
export async function openEngineContainer(
  engine: Engine,
  containerdRoots: readonly string[],
  { value, options }: Opening,
): Promise<OpenedImage> {
  try {
    const { json } = await engine.inspectContainerRaw(value, signalOf(options));
    const container = recordOf(json);
    const id = textOf(container.Id) ?? "";
    if (!/^[0-9a-f]{64}$/u.test(id))
      throw new OciError("IMAGE_UNREADABLE", "the engine tells no id of the container");
    const image = await imageOf(engine, container, options);
    const facts = { reference: value, ...image.facts };
    const layers =
      (await overlayLayers(engine, container, image.layers)) ??
      (await snapshotLayers(engine, id, { containerdRoots, known: image.layers }));
    if (layers !== undefined) return openLayers({ facts, layers, options });
    return openLayers({ facts, layers: [exportLayer(engine, id)], options, unlayered: true });
  } catch (thrown) {
    throw engineFailure(thrown);
  }
}

interface FoundImage {
  readonly facts: Pick<ImageFacts, "platform" | "config" | "history" | "base">;
  /** Lowest first. */
  readonly layers: readonly KnownLayer[];
}

/** What its image says; nothing where that was removed from under it. */
async function imageOf(engine: Engine, container: JsonRecord, options: OpenOptions): Promise<FoundImage> {
  try {
    const image = await engine.inspectImage(textOf(container.Image) ?? "", signalOf(options));
    const { instructions, ...known } = await layerInstructions(engine, image, options);
    return {
      facts: {
        platform: formatPlatform(platformOf(image)),
        config: image.config,
        ...known,
        ...claimOf(image),
      },
      layers: image.diffIds.map((diffId, position) => {
        const instruction = instructions[position];
        return { diffId, ...(instruction && { instruction }) };
      }),
    };
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.code === "IMAGE_NOT_FOUND") return { facts: {}, layers: [] };
    throw thrown;
  }
}

/** The layers of the image, what the engine puts over each of them, and what the container has written. */
async function overlayLayers(
  { address }: Engine,
  container: JsonRecord,
  known: readonly KnownLayer[],
): Promise<readonly LayerSource[] | undefined> {
  const { Name, Data } = recordOf(container.GraphDriver);
  const driver: EngineGraphDriver = { name: textOf(Name) ?? "", data: textRecordOf(Data) };
  const directories = layerDirectories(address, driver);
  if (directories === undefined || !(await areReadable(directories))) return undefined;
  const ownLayers = 2;
  const facts = directories.length === known.length + ownLayers ? known : [];
  return directories.map((directory, index) =>
    directoryLayer({ directory, overlay: true, facts: facts[index] ?? {} }),
  );
}

/** In the containerd image store the container's directories are a snapshot by its own id. */
async function snapshotLayers(
  engine: Engine,
  id: string,
  {
    containerdRoots,
    known,
  }: { readonly containerdRoots: readonly string[]; readonly known: readonly KnownLayer[] },
): Promise<readonly LayerSource[] | undefined> {
  if (engine.address.kind !== "unix") return undefined;
  const { containerdImageStore, dataRoot } = await engine.info();
  if (!containerdImageStore) return undefined;
  for (const root of [join(dataRoot, "containerd", "daemon"), ...containerdRoots]) {
    try {
      const layers = ContainerdStore.open(root).snapshotLayers("moby", id, known);
      if (layers !== undefined) return layers;
    } catch (thrown) {
      // Whatever the reason, the export is the other way.
      if (!(thrown instanceof OciError)) throw thrown;
    }
  }
  return undefined;
}

function exportLayer(engine: Engine, id: string): LayerSource {
  return tarLayer({
    facts: {},
    open: async (signal) =>
      withEngineFailures(
        await engine.exportContainer(id, { signal }).catch((thrown: unknown) => {
          throw engineFailure(thrown);
        }),
      ),
  });
}
