import { openArchive } from "../../archive/open-archive.ts";
import type { ImageSource } from "../../source.ts";

/** `FILE` or `FILE:NAME`: what `docker save` and `podman save` write, compressed or not. */
export const dockerArchiveSource: ImageSource = {
  name: "docker-archive",
  open: (value, options) => openArchive(value, options, "docker"),
};
