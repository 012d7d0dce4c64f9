import type { Engine } from "@pratique/engine";
import { presentRoots } from "../../containerd/containerd-roots.ts";
import { ContainerdStore } from "../../containerd/containerd-store.ts";
import { openEngineContainer } from "../../engine/open-container.ts";
import { OciError } from "../../errors.ts";
import { firstAnswer } from "../../first-answer.ts";
import { PodmanStorage } from "../../podman/podman-storage.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "../../source.ts";

export interface ContainerSourceOptions {
  readonly engine: Engine;
  /** Graph roots of Podman's storage. */
  readonly podmanRoots: readonly string[];
  /** The `root` of each containerd that there may be. */
  readonly containerdRoots: readonly string[];
}

/** Somewhere that has containers. */
type OpenContainer = (value: string, options: OpenOptions) => Promise<OpenedImage>;

/**
 * `ID`, the beginning of one, or a name: what a container sees, running or stopped, of Docker, Podman or containerd. Its
 * own changes are the highest layer; volumes and other mounts are left out. It has no image id: what is in it may be
 * anything.
 */
export function containerSource({
  engine,
  podmanRoots,
  containerdRoots,
}: ContainerSourceOptions): ImageSource {
  const places: readonly OpenContainer[] = [
    (value, options) => openEngineContainer(engine, containerdRoots, { value, options }),
    async (value, options) => PodmanStorage.open(podmanRoots).openContainer(value, options),
    (value, options) => openInContainerd(containerdRoots, value, options),
  ];
  return {
    name: "container",
    open: async (value, options) => {
      const message = `no container ${JSON.stringify(value)} in Docker, Podman or containerd`;
      return firstAnswer(places, message, (open) => open(value, options));
    },
  };
}

async function openInContainerd(
  roots: readonly string[],
  value: string,
  options: OpenOptions,
): Promise<OpenedImage> {
  const message = `no container ${JSON.stringify(value)} in containerd`;
  return firstAnswer(presentRoots(roots), message, async (root) => {
    const store = ContainerdStore.open(root);
    const container = store.findContainer(value);
    if (container !== undefined) return store.openContainer(container, options, value);
    throw new OciError(
      "IMAGE_NOT_FOUND",
      `no container ${JSON.stringify(value)} in ${JSON.stringify(store.root)}`,
    );
  });
}
