import { imageSchemes, type ScanTarget } from "@pratique/core";

/** Schemes whose images have the name of a repository; the others name a place in a file system. */
const NAMED = /^(?:docker|podman|containerd|registry):/u;
const MALFORMED_IN_NAMES = /[^\w./-]+/gu;
/** What a registry takes for a tag (distribution-spec, "Pulling manifests"); nothing else is said to be one. */
const TAG = /^\w[\w.-]{0,127}$/u;

/** The parts of what a user named: `ghcr.io/acme/shop`, `1.2`. */
export interface ImageName {
  /** Without scheme, tag and digest; of a file or a directory the path. */
  readonly repository: string;
  readonly tag?: string;
  /** False where a file or a directory was named. */
  readonly isRepository: boolean;
}

export function imageNameOf({ reference }: ScanTarget): ImageName {
  const scheme = imageSchemes.find((candidate) => reference.startsWith(`${candidate}:`));
  const value = scheme === undefined ? reference : reference.slice(scheme.length + 1);
  if (scheme !== undefined && !NAMED.test(reference)) return { repository: value, isRepository: false };
  const undigested = value.split("@", 1)[0] ?? value;
  const colon = undigested.lastIndexOf(":");
  // A colon before a slash belongs to the port of a registry.
  if (colon < 0 || undigested.includes("/", colon)) return { repository: undigested, isRepository: true };
  return {
    repository: undigested.slice(0, colon),
    tag: undigested.slice(colon + 1),
    isRepository: true,
  };
}

/** The repository's name, fit for a path or an identifier: only letters, digits and `. _ - /`. */
export function plainImageName(target: ScanTarget): string {
  const plain = imageNameOf(target)
    .repository.replaceAll(MALFORMED_IN_NAMES, "-")
    .replaceAll(/^[./-]+/gu, "");
  return plain === "" ? "image" : plain;
}

/** The package URL of the image itself (purl-spec, type `oci`); undefined where it has no digest to be named by. */
export function imagePurl(target: ScanTarget): string | undefined {
  const { repository, tag, isRepository } = imageNameOf(target);
  if (!isRepository || target.digest === undefined || repository === "") return undefined;
  const name = repository.slice(repository.lastIndexOf("/") + 1).toLowerCase();
  const qualifiers = [
    ...(repository.includes("/") ? [`repository_url=${encode(repository.toLowerCase())}`] : []),
    ...(tag === undefined || !TAG.test(tag) ? [] : [`tag=${tag}`]),
  ];
  const query = qualifiers.length === 0 ? "" : `?${qualifiers.join("&")}`;
  return `pkg:oci/${encode(name)}@${encode(target.digest)}${query}`;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
