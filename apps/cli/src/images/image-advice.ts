import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { type ImageTarget, messageOf, PratiqueError } from "@pratique/core";
import { CliError } from "../errors.ts";
import { isDenied } from "../system-words.ts";

const FILE_HINTS = {
  "docker-archive": "check the path: expected is what docker save writes",
  "oci-archive": "check the path: expected is an OCI layout in a tar, as skopeo writes it",
  "oci-dir": "check the path: an OCI layout is a directory with an index.json",
  dir: "check the path: expected is the root directory of a file system",
  aci: "check the path: expected is an appc image, with those that it depends on beside it",
} as const;

/** What the stores of other runtimes than Docker are looked at for. */
const STORE_HINTS = {
  podman: "check the name with podman images; another user's images need sudo",
  containerd: "check the name with ctr --namespace NAMESPACE images list, and run it with sudo",
  container: "check the id or name, start the engine, or run it with sudo",
  lxc: "check the name with lxc-ls, and run it with sudo",
} as const;

const WITHIN_HINT = "name one that is in it, behind the path";
const DENIED_HINT = "check the rights to it, or run it with sudo";
const SOCKET_HINT = "run it with sudo, or as a user whom the engine lets in";
const ENGINE_HINT = "start the engine, name its socket with --engine, or look elsewhere: registry:NAME";
const REGISTRY_HINT = "check the name and the network";
const ANYWHERE_HINT = "start the engine, check the name and the network, or name a file: docker-archive:FILE";

/** What no name of an image looks like, or next to none. */
const PATH = /^[./~]|\.(?:tar|tgz|tar\.(?:gz|zst|xz)|json|xml|spdx)$/u;

/**
 * Refuses a file or directory of this host that is named as an image is, as other scanners take it: nobody's registry is asked for
 * it, and what it is is not guessed. Throws `IMAGE_UNAVAILABLE`.
 */
export function refusePath({ scheme, value, text }: ImageTarget): void {
  if (scheme !== undefined || !PATH.test(value)) return;
  const stats = statSync(value, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const kind = stats.isDirectory() ? "directory" : "file";
  throw new CliError("IMAGE_UNAVAILABLE", `${JSON.stringify(text)} is a ${kind} of this host`, {
    hint: `say what it is: ${schemesFor(value, kind)}`,
  });
}

function schemesFor(value: string, kind: "directory" | "file"): string {
  if (kind === "file")
    return /\.(?:json|xml|spdx)$/u.test(value)
      ? `sbom:${value}`
      : `docker-archive:${value} or oci-archive:${value}`;
  return existsSync(path.join(value, "oci-layout")) ? `oci-dir:${value}` : `dir:${value}`;
}

/**
 * The error for an image that is not where it was looked for, with advice that fits the place: a file has to be
 * found, an engine started, a registry reached. Gives back what it does not know better.
 */
export function adviseOnImage(thrown: unknown, target: ImageTarget): unknown {
  if (!(thrown instanceof PratiqueError)) return thrown;
  const { code } = thrown;
  if (code !== "IMAGE_NOT_FOUND" && code !== "SOURCE_UNAVAILABLE") return thrown;
  switch (target.scheme) {
    case "docker":
      if (code === "IMAGE_NOT_FOUND") return thrown;
      return unavailable(thrown, isDenied(thrown) ? SOCKET_HINT : ENGINE_HINT);
    case "registry":
      return unavailable(thrown, REGISTRY_HINT);
    case undefined:
      return nowhere(thrown, target);
    case "podman":
    case "containerd":
    case "container":
    case "lxc":
      return unavailable(thrown, STORE_HINTS[target.scheme]);
    case "aci":
    case "docker-archive":
    case "oci-archive":
    case "oci-dir":
    case "dir":
      if (isDenied(thrown)) return unavailable(thrown, DENIED_HINT);
      return unavailable(thrown, isWithin(target.value) ? WITHIN_HINT : FILE_HINTS[target.scheme]);
  }
}

/** Whether it names an image in a file or directory that is there: `shop.tar:shop:1`. */
function isWithin(value: string): boolean {
  const colons = [...value.matchAll(/:/gu)].map(({ index }) => index);
  return !existsSync(value) && colons.some((colon) => existsSync(value.slice(0, colon)));
}

/** An image without a scheme was looked for in several places, and each has its own reason. */
function nowhere(thrown: PratiqueError, target: ImageTarget): CliError {
  const causes: readonly unknown[] = thrown.cause instanceof AggregateError ? thrown.cause.errors : [];
  const reasons = causes.map(messageOf);
  if (reasons.length < 2) return unavailable(thrown, ANYWHERE_HINT);
  const message = `no image ${JSON.stringify(target.text)} in the engine or a registry: ${reasons.join(", and ")}`;
  const hint = causes.some(isDenied) ? SOCKET_HINT : ANYWHERE_HINT;
  return new CliError("IMAGE_UNAVAILABLE", message, { cause: thrown, hint });
}

function unavailable(cause: PratiqueError, hint: string): CliError {
  return new CliError("IMAGE_UNAVAILABLE", cause.message, { cause, hint });
}
