import { parseDocumentTarget } from "./document-target.ts";
import { CoreError } from "./errors.ts";

/** Where an image is to be read from. */
export const imageSchemes = [
  "docker",
  "docker-archive",
  "podman",
  "containerd",
  "container",
  "lxc",
  "oci-archive",
  "oci-dir",
  "aci",
  "registry",
  "dir",
] as const;

export type ImageScheme = (typeof imageSchemes)[number];

/** An image as a user names it. Without a scheme the engine is asked first, then the registry. */
export interface ImageTarget {
  readonly scheme: ImageScheme | undefined;
  /** What follows the scheme: a reference, a file, a directory. */
  readonly value: string;
  /** As it was written. */
  readonly text: string;
}

/** Schemes that Pratique's users know from elsewhere and that it does not read. */
const FOREIGN = /^(?<scheme>singularity|file):/u;

/** Reads `[SCHEME:]VALUE`. Throws `REFERENCE_MALFORMED`. */
export function parseImageTarget(text: string): ImageTarget {
  if (text === "" || text.length > 4096 || text.includes("\0")) {
    throw new CoreError("REFERENCE_MALFORMED", `expected an image, found ${JSON.stringify(text)}`);
  }
  if (parseDocumentTarget(text) !== undefined) {
    throw new CoreError("REFERENCE_MALFORMED", `${JSON.stringify(text)} is no image`);
  }
  const foreign = FOREIGN.exec(text)?.groups?.scheme;
  // `file:5` is a repository called file with the tag 5; `file:a/b` can only be a scheme.
  if (foreign !== undefined && /[/@]/u.test(text)) {
    throw new CoreError("REFERENCE_MALFORMED", `images cannot be read from ${JSON.stringify(`${foreign}:`)}`);
  }
  for (const scheme of imageSchemes) {
    if (!text.startsWith(`${scheme}:`)) continue;
    const value = text.slice(scheme.length + 1);
    if (value === "") {
      throw new CoreError("REFERENCE_MALFORMED", `expected something after ${JSON.stringify(`${scheme}:`)}`);
    }
    return { scheme, value, text };
  }
  return { scheme: undefined, value: text, text };
}
