import { openArchive } from "../../archive/open-archive.ts";
import type { ImageSource } from "../../source.ts";

/** `FILE` or `FILE:NAME`: an OCI image layout in a tar, compressed or not (image-layout.md). */
export const ociArchiveSource: ImageSource = {
  name: "oci-archive",
  open: (value, options) => openArchive(value, options, "oci"),
};
