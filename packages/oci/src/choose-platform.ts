import { arch } from "node:os";
import { formatPlatform, type Platform } from "@pratique/core";
import { OciError } from "./errors.ts";
import type { Descriptor, ImageIndex } from "./manifest.ts";

/** Names that Node has for what Go, and hence every image, calls otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/**
 * The one manifest for a platform. Without a wish it is `linux` on this machine's architecture, or the only
 * one there is. Throws `PLATFORM_NOT_FOUND`, naming the ones there are.
 */
export function choosePlatform(index: ImageIndex, platform: Platform | undefined): Descriptor {
  const images = index.manifests.filter((descriptor) => !isAttestation(descriptor));
  const wanted = platform ?? { os: "linux", architecture: hostArchitecture() };
  const [fitting] = images.filter((image) => image.platform !== undefined && fits(image.platform, wanted));
  if (fitting !== undefined) return fitting;
  const [only, ...others] = images;
  const mayBeIt = platform === undefined || only?.platform === undefined;
  if (only !== undefined && others.length === 0 && mayBeIt) return only;
  throw notFound(
    wanted,
    images.map((image) => (image.platform ? formatPlatform(image.platform) : "unnamed")),
  );
}

/** Throws `PLATFORM_NOT_FOUND` where the image turned out to be for another platform than was wished for. */
export function checkPlatform(found: Platform, wanted: Platform | undefined): void {
  if (wanted !== undefined && !fits(found, wanted)) throw notFound(wanted, [formatPlatform(found)]);
}

/** `arm64` without a variant and `arm64/v8` are the same (containerd, platforms, "Normalization"). */
function fits(found: Platform, wanted: Platform): boolean {
  if (found.os !== wanted.os || found.architecture !== wanted.architecture) return false;
  return wanted.variant === undefined || variantOf(found) === variantOf(wanted);
}

function variantOf({ architecture, variant }: Platform): string | undefined {
  return architecture === "arm64" && variant === "v8" ? undefined : variant;
}

function hostArchitecture(): string {
  const name = arch();
  return ARCHITECTURES[name] ?? name;
}

/** Build attestations stand beside images in an index, with a platform that does not exist. */
function isAttestation({ platform, annotations }: Descriptor): boolean {
  return platform?.os === "unknown" || annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}

function notFound(wanted: Platform, found: readonly string[]): OciError {
  const choices = found.length === 0 ? "none" : found.join(", ");
  return new OciError(
    "PLATFORM_NOT_FOUND",
    `expected the platform ${formatPlatform(wanted)}, found ${choices}`,
  );
}
