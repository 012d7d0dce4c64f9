/** What to do about an image of a registry that could not be scanned, by the code of its error. */
const advice: Readonly<Record<string, string>> = {
  CREDENTIALS_UNREADABLE:
    "mend Docker's configuration or its credential helper, or give a user name and a password",
  DIGEST_MISMATCH: "do not use this image: what the registry sends is not what it promises; push it again",
  IMAGE_MALFORMED: "it is no container image, or was pushed by a broken tool; push it again, or exclude it",
  IMAGE_NOT_FOUND: "nothing: the tag was deleted",
  IMAGE_UNREADABLE: "a layer is damaged or missing in the registry; push the image again",
  LAYER_UNSUPPORTED: "build the image with gzip or zstd layers",
  LIMIT_REACHED: "distrust it: an honest image rarely comes near",
  MANIFEST_UNSUPPORTED: "push the image again with a current tool, or exclude it where it is no image",
  NAMESPACE_MISSING: "name what you mean behind the registry, as in docker.io/acme",
  PLATFORM_NOT_FOUND: "nothing, or scan it for a platform that it has",
  RATE_LIMITED: "wait, sign in, or scan fewer tags; the scan goes on by itself when the registry allows it",
  REGISTRY_MALFORMED: "check the name and the kind of the registry",
  SOURCE_UNAVAILABLE: "check the network and the registry, then try the image again",
  UNAUTHORIZED: "give credentials that may read this repository",
};

/** What to do about it; undefined where nothing helps but to read the message. */
export function adviceOn(code: string): string | undefined {
  return Object.hasOwn(advice, code) ? advice[code] : undefined;
}
