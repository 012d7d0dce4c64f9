import { formatPlatform, type ImageReference, type Platform } from "@pratique/core";

/** One image of a registry that is to be scanned: a tag, for one platform. */
export interface RegistryImage {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
  /** `linux` on this machine's architecture where absent. */
  readonly platform?: Platform;
}

/** The image as a request names it: `registry.example/team/app:1`. */
export function referenceOf({ registry, repository, tag }: RegistryImage): string {
  return `${registry}/${repository}:${tag}`;
}

/** What tells an image from all others of its scan. */
export function registryImageKey(image: RegistryImage): string {
  const { platform } = image;
  return platform === undefined ? referenceOf(image) : `${referenceOf(image)} ${formatPlatform(platform)}`;
}

/** One image for each platform; for this machine's where none is named. */
export function forPlatforms(
  { registry, repository, tag }: ImageReference & { readonly tag: string },
  platforms: readonly Platform[],
): readonly RegistryImage[] {
  const image = { registry, repository, tag };
  return platforms.length === 0 ? [image] : platforms.map((platform) => ({ ...image, platform }));
}
