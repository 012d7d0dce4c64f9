import type { AssessmentReason, Digest } from "@pratique/core";
import type { ImageFacts } from "@pratique/oci";
import type { CachedInventory } from "./inventory-cache.ts";

/** What was read of an image, before any advisory was looked at. */
export interface Contents extends CachedInventory {
  /** Some sources learn it, and the next two, only with the last layer. */
  readonly imageId: Digest | undefined;
  readonly digest: Digest | undefined;
  readonly platform: string | undefined;
  readonly layersVerified: boolean;
  /** Bad things met while reading the layers. */
  readonly failures: readonly AssessmentReason[];
}

/** Which image it is, as far as that is known. */
export function identityOf({
  imageId,
  digest,
  platform,
}: ImageFacts): Pick<Contents, "imageId" | "digest" | "platform"> {
  return { imageId, digest, platform };
}
