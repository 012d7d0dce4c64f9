import path from "node:path";
import { type Engine, readContainerFiles } from "@pratique/engine";
import type { AccountFiles } from "./account-names.ts";
import type { ContainerIdentity } from "./container-path.ts";
import { askContainerdImage } from "./containerd-image.ts";
import { isContainerdName, TASKS } from "./containerd-task.ts";
import { MAX_DETAILS_BYTES, readBounded, tryParseJson } from "./detail-file.ts";
import { containerOfBundle } from "./oci-bundle.ts";
import { readFromLayers } from "./root-files.ts";
import { containerOfInspect, isImageId, type SensorContainer } from "./sensor-container.ts";
import { readStorageRecord } from "./storage-record.ts";

/** Tells what a container is. */
export interface ContainerDetails {
  /** Undefined where this source does not know it. Rejects where it should know and cannot be asked. */
  describe(identity: ContainerIdentity, signal: AbortSignal): Promise<SensorContainer | undefined>;
  /** The files of accounts of its image. Absent, or undefined, where this source cannot tell. */
  accounts?(container: SensorContainer, signal: AbortSignal): Promise<AccountFiles | undefined>;
}

/** Asks several sources, one after another, until one knows. One that cannot be asked knows nothing. */
export class FirstOfDetails implements ContainerDetails {
  readonly #sources: readonly ContainerDetails[];

  constructor(sources: readonly ContainerDetails[]) {
    this.#sources = sources;
  }

  async describe(identity: ContainerIdentity, signal: AbortSignal): Promise<SensorContainer | undefined> {
    for (const source of this.#sources) {
      const found = await source.describe(identity, signal).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async accounts(container: SensorContainer, signal: AbortSignal): Promise<AccountFiles | undefined> {
    for (const source of this.#sources) {
      const found = await source.accounts?.(container, signal).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

export interface EngineDetailsOptions {
  readonly engine: Engine;
  /** Where the engine keeps its containers; asked for where it is not given. */
  readonly dataRoot?: string;
  readonly now?: () => number;
}

/**
 * Docker and Podman. An engine answers for a container that is starting only when it has started, so its own files are
 * read first: they are there before the container's first process is.
 */
export class EngineDetails implements ContainerDetails {
  readonly #engine: Engine;
  readonly #now: () => number;
  #dataRoot: string | undefined;

  constructor({ engine, dataRoot, now }: EngineDetailsOptions) {
    this.#engine = engine;
    this.#dataRoot = dataRoot;
    this.#now = now ?? Date.now;
  }

  async describe(identity: ContainerIdentity, signal: AbortSignal): Promise<SensorContainer | undefined> {
    if (!isEngines(identity)) return undefined;
    this.#dataRoot ??= (await this.#engine.info({ signal })).dataRoot;
    const answer =
      readContainerFiles(this.#dataRoot, identity.id) ??
      (await this.#engine.inspectContainerRaw(identity.id, { signal })).json;
    const container = containerOfInspect(identity, answer, this.#now());
    return isImageId(container.image) ? this.#named(container, signal) : container;
  }

  /** Whoever starts a container by the id of an image means the image that has a name. */
  async #named(container: SensorContainer, signal: AbortSignal): Promise<SensorContainer> {
    const image = await this.#engine.inspectImage(container.image, { signal }).catch(() => undefined);
    const [name] = image?.repoTags ?? [];
    return name === undefined ? container : { ...container, image: name };
  }

  /** Out of the layers, where the engine tells where they lie: a container may be over before it can be looked into. */
  async accounts({ imageId }: SensorContainer, signal: AbortSignal): Promise<AccountFiles | undefined> {
    if (imageId === undefined) return undefined;
    const { data } = (await this.#engine.inspectImage(imageId, { signal })).graphDriver;
    const layers = [data.UpperDir ?? "", ...(data.LowerDir ?? "").split(":")].filter((layer) =>
      layer.startsWith("/"),
    );
    const [passwd, group] = await Promise.all([
      readFromLayers(layers, ["etc", "passwd"]),
      readFromLayers(layers, ["etc", "group"]),
    ]);
    return passwd === undefined && group === undefined ? undefined : { passwd, group };
  }
}

function isEngines({ runtime }: ContainerIdentity): boolean {
  return runtime === "docker" || runtime === "podman" || runtime === "other";
}

export interface BundleDetailsOptions {
  /** Directories that hold a directory with the `config.json` of each container. */
  readonly directories?: readonly string[];
  readonly now?: () => number;
}

/** Where runtimes keep the bundles of their containers; ID stands for the container, NAMESPACE for that of containerd. */
const BUNDLES: readonly string[] = [
  `${TASKS}/NAMESPACE/ID`,
  `${TASKS}/k8s.io/ID`,
  `${TASKS}/moby/ID`,
  `${TASKS}/default/ID`,
  "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/ID",
  "/run/containers/storage/overlay-containers/ID/userdata",
  "/var/lib/containers/storage/overlay-containers/ID/userdata",
];

/** Any runtime that works by bundles of the Open Container Initiative: the file is there before the container is. */
export class BundleDetails implements ContainerDetails {
  readonly #directories: readonly string[];
  readonly #now: () => number;

  constructor({ directories, now }: BundleDetailsOptions = {}) {
    this.#directories = directories ?? BUNDLES;
    this.#now = now ?? Date.now;
  }

  async describe(identity: ContainerIdentity, signal: AbortSignal): Promise<SensorContainer | undefined> {
    for (const pattern of this.#directories) {
      const directory = placeOf(pattern, identity);
      if (directory === undefined) continue;
      const text = readBounded(path.join(directory, "config.json"), MAX_DETAILS_BYTES);
      const found =
        text === undefined ? undefined : containerOfBundle(identity, tryParseJson(text), this.#now());
      if (text !== undefined) return found?.image === "" ? named(found, directory, signal) : found;
    }
    return undefined;
  }
}

/** Undefined where the runtime of this place has no such container. */
function placeOf(pattern: string, { id, namespace }: ContainerIdentity): string | undefined {
  // Only such ids are names of directories that nobody chose; those of containerd's clients are checked by it.
  if (namespace === undefined) {
    return /^[0-9a-f]{64}$/u.test(id) && !pattern.includes("NAMESPACE")
      ? pattern.replace("ID", id)
      : undefined;
  }
  if (!pattern.includes("NAMESPACE") || !isContainerdName(namespace) || !isContainerdName(id))
    return undefined;
  return pattern.replace("NAMESPACE", namespace).replace("ID", id);
}

/** What a bundle does not tell, the files or the daemon of its runtime may; else it stays unknown. */
async function named(
  container: SensorContainer,
  bundle: string,
  signal: AbortSignal,
): Promise<SensorContainer> {
  const above = path.dirname(bundle);
  if (path.basename(bundle) === "userdata") {
    return { ...container, ...readStorageRecord(path.dirname(above), container.id) };
  }
  if (path.dirname(above) !== TASKS) return container;
  const name = { namespace: path.basename(above), id: container.id };
  return { ...container, image: await askContainerdImage(name, signal).catch(() => "") };
}
