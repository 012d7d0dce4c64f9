import type { ImageBase } from "@pratique/core";

/** What an image says of the image that it was built on. */
export type ClaimedBase = Pick<ImageBase, "name" | "digest">;

const NAME = "org.opencontainers.image.base.name";
const DIGEST = "org.opencontainers.image.base.digest";
/** Longer than any name of an image. */
const MAX_LENGTH = 512;

/**
 * Reads what a manifest's annotations say of the base, else the labels (OCI image-spec, annotations.md, "Pre-Defined
 * Annotation Keys"). Undefined where they say nothing.
 */
export function claimedBase(
  ...said: readonly (Readonly<Record<string, string>> | undefined)[]
): ClaimedBase | undefined {
  for (const texts of said) {
    const [name, digest] = [texts?.[NAME], texts?.[DIGEST]].map((text) =>
      text?.slice(0, MAX_LENGTH).toWellFormed(),
    );
    if (name || digest) return { ...(name && { name }), ...(digest && { digest }) };
  }
  return undefined;
}
