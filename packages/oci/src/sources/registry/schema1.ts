import { OciError } from "../../errors.ts";
import { parseDocument, recordOf } from "../../json-shape.ts";
import type { FetchedManifest } from "./repository.ts";

const MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v1+";

/**
 * Refuses Docker's schema 1: its layers are checked by the signature of nobody in particular. Throws
 * `MANIFEST_UNSUPPORTED`, and `IMAGE_MALFORMED` where the manifest is no JSON.
 */
export function refuseSchema1({ mediaType, bytes }: FetchedManifest): void {
  const { schemaVersion } = recordOf(parseDocument(bytes, "the manifest"));
  if (!mediaType.startsWith(MEDIA_TYPE) && schemaVersion !== 1) return;
  throw new OciError(
    "MANIFEST_UNSUPPORTED",
    "image has a manifest of Docker's schema 1, which registries gave up; it has to be pushed anew",
  );
}
