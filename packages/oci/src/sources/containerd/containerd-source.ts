import { presentRoots } from "../../containerd/containerd-roots.ts";
import { ContainerdStore } from "../../containerd/containerd-store.ts";
import { OciError } from "../../errors.ts";
import { firstAnswer } from "../../first-answer.ts";
import type { ImageSource } from "../../source.ts";

export interface ContainerdSourceOptions {
  /** The `root` of each containerd that there may be; the first that has the image is it. */
  readonly roots: readonly string[];
}

/**
 * `[NAMESPACE/]IMAGE`: images that a containerd holds, read where it keeps them. Without a namespace `default`, `k8s.io`
 * and `moby` are looked into first. Layers that are unpacked are read in place; the others from their blobs.
 */
export function containerdSource({ roots }: ContainerdSourceOptions): ImageSource {
  return {
    name: "containerd",
    open: async (value, options) =>
      firstAnswer(presentRoots(roots), `no image ${JSON.stringify(value)} in containerd`, async (root) => {
        const store = ContainerdStore.open(root);
        const image = store.findImage(value);
        if (image !== undefined) return store.openImage(image, options, value);
        throw new OciError(
          "IMAGE_NOT_FOUND",
          `no image ${JSON.stringify(value)} in ${JSON.stringify(store.root)}`,
        );
      }),
  };
}
