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
  const [best] = images
    .flatMap((image) => {
      const { platform: found } = image;
      return found !== undefined && fits(found, wanted)
        ? [{ image, distance: distanceOf(found, wanted) }]
        : [];
    })
    .toSorted((left, right) => left.distance - right.distance);
  if (best !== undefined) return best.image;
  const [only, ...others] = images;
  const mayBeIt = platform === undefined || only?.platform === undefined;
  if (only !== undefined && others.length === 0 && mayBeIt) return only;
  throw notFound(
    wanted,
    images.map((image) => (image.platform ? formatPlatform(image.platform) : "unnamed")),
  );
}

/**
 * Throws `PLATFORM_NOT_FOUND` where the image turned out to be for another platform than was wished for. Its configuration
 * need not tell the variant.
 */
export function checkPlatform(found: Platform, wanted: Platform | undefined): void {
  if (wanted === undefined) return;
  const isTold = found.variant !== undefined && found.variant !== "";
  if (isTold ? !fits(found, wanted) : !isSameArchitecture(found, wanted))
    throw notFound(wanted, [formatPlatform(found)]);
}

/** What runs on a processor is what was built for it or for an older one of its kind (containerd, platforms, "Only"). */
function fits(found: Platform, wanted: Platform): boolean {
  if (!isSameArchitecture(found, wanted)) return false;
  if (wanted.variant === undefined || found.variant === wanted.variant) return true;
  const [level, most] = [levelOf(found), levelOf(wanted)];
  return level !== undefined && most !== undefined && level <= most;
}

function isSameArchitecture(found: Platform, wanted: Platform): boolean {
  return found.os === wanted.os && found.architecture === wanted.architecture;
}

/** How far a platform is from what an engine would take: the newest that runs, else the least that would not. */
function distanceOf(found: Platform, wanted: Platform): number {
  const [level, most] = [levelOf(found), levelOf(wanted)];
  if (level === undefined || most === undefined) return found.variant === wanted.variant ? 0 : NOT_RUNNING;
  return level <= most ? most - level : NOT_RUNNING + level;
}

const NOT_RUNNING = 100;

/** Variants that mean the same as none (containerd, platforms, "Normalization"). */
const USUAL_LEVELS: Readonly<Record<string, number>> = { amd64: 1, arm: 7, arm64: 8 };

function levelOf({ architecture, variant = "" }: Platform): number | undefined {
  if (variant === "") return USUAL_LEVELS[architecture];
  const digits = /^v?(?<level>\d{1,2})$/u.exec(variant)?.groups?.level;
  return digits === undefined ? undefined : Number(digits);
}

function hostArchitecture(): string {
  const name = arch();
  return ARCHITECTURES[name] ?? name;
}

/**
 * Build attestations stand beside images in an index, with a platform that does not exist. What has one that exists is taken
 * by engines, whatever its annotations say.
 */
function isAttestation({ platform, annotations }: Descriptor): boolean {
  if (platform !== undefined) return platform.os === "unknown";
  return annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}

function notFound(wanted: Platform, found: readonly string[]): OciError {
  const choices = found.length === 0 ? "none" : found.join(", ");
  return new OciError(
    "PLATFORM_NOT_FOUND",
    `expected the platform ${formatPlatform(wanted)}, found ${choices}`,
  );
}
