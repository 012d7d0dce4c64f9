import { createHash } from "node:crypto";
import {
  type Digest,
  formatPlatform,
  type ImageReference,
  parseDigest,
  parseImageReference,
} from "@pratique/core";
import type { HttpClient } from "@pratique/http";
import { OciError } from "../../errors.ts";
import {
  checkBlob,
  choosePlatform,
  type Descriptor,
  type ImageManifest,
  parseConfig,
  parseManifest,
} from "../../manifest.ts";
import { openLayers } from "../../open-layers.ts";
import { defaultReadLimits, type ReadLimits } from "../../read-limits.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "../../source.ts";
import { tarLayer } from "../../tar-layer.ts";
import { type CredentialStore, noCredentials } from "./credentials.ts";
import { Repository, refuseSchema1 } from "./repository.ts";

const DEFAULT_BLOB_TIMEOUT_MS = 60 * 60 * 1000;

export interface RegistrySourceOptions {
  readonly http: HttpClient;
  /** None by default: only what everybody may pull. */
  readonly credentials?: CredentialStore;
  /** `host[:port]` of registries that may be spoken to without TLS; those on loopback always may. */
  readonly insecureRegistries?: readonly string[];
  readonly blobTimeoutMs?: number;
}

/** Images in registries (OCI distribution specification v1.1, and Docker's before it). */
export function registrySource({
  http,
  credentials = noCredentials,
  insecureRegistries = [],
  blobTimeoutMs = DEFAULT_BLOB_TIMEOUT_MS,
}: RegistrySourceOptions): ImageSource {
  const options = { http, credentials, insecureRegistries: new Set(insecureRegistries), blobTimeoutMs };
  return {
    name: "registry",
    async open(value, openOptions) {
      const reference = parseImageReference(value);
      const signal = openOptions.signal ?? new AbortController().signal;
      const repository = await Repository.open(reference, options, signal);
      return openFrom(repository, { reference, value, options: openOptions, signal });
    },
  };
}

interface Opening {
  readonly reference: ImageReference;
  /** As the user named it. */
  readonly value: string;
  readonly options: OpenOptions;
  readonly signal: AbortSignal;
}

async function openFrom(repository: Repository, opening: Opening): Promise<OpenedImage> {
  const limits = { ...defaultReadLimits, ...opening.options.limits };
  const { digest, manifest } = await findManifest(repository, opening, limits);
  const config = await readConfig(repository, manifest.config, { limits, signal: opening.signal });
  if (config.diffIds.length !== manifest.layers.length) {
    throw new OciError(
      "IMAGE_MALFORMED",
      `manifest has ${manifest.layers.length} layers, configuration ${config.diffIds.length}`,
    );
  }
  const layers = manifest.layers.map(({ digest: layerDigest, size }, index) =>
    tarLayer({
      facts: {
        digest: layerDigest,
        sizeBytes: size,
        ...(config.diffIds[index] && { diffId: config.diffIds[index] }),
      },
      open: (signal) => repository.blobStream(layerDigest, { sizeBytes: size, signal }),
    }),
  );
  return openLayers({
    facts: {
      reference: opening.value,
      digest,
      imageId: manifest.config.digest,
      platform: formatPlatform(config.platform),
      config: config.config,
    },
    layers,
    options: opening.options,
  });
}

/** The manifest of the wanted platform, and its digest. What comes by tag is as trusted as the registry is. */
async function findManifest(
  repository: Repository,
  { reference, options, signal }: Opening,
  limits: ReadLimits,
): Promise<{ readonly digest: Digest; readonly manifest: ImageManifest }> {
  const tagOrDigest = reference.digest ?? reference.tag ?? "latest";
  const first = await fetchManifest(repository, tagOrDigest, { expected: reference.digest, limits, signal });
  if (first.document.kind === "manifest") return { digest: first.digest, manifest: first.document };
  const chosen = choosePlatform(first.document, options.platform);
  const second = await fetchManifest(repository, chosen.digest, { expected: chosen.digest, limits, signal });
  checkBlob(chosen, second.bytes);
  if (second.document.kind === "manifest") return { digest: second.digest, manifest: second.document };
  throw new OciError("MANIFEST_UNSUPPORTED", `index ${first.digest} names another index for its platform`);
}

async function fetchManifest(
  repository: Repository,
  tagOrDigest: string,
  { expected, limits, signal }: { expected: Digest | undefined; limits: ReadLimits; signal: AbortSignal },
) {
  const fetched = await repository.manifest(tagOrDigest, { maxBytes: limits.documentBytes, signal });
  const digest = digestOf(fetched.bytes);
  const wanted = expected ?? fetched.claimedDigest ?? digest;
  if (digest !== wanted) {
    throw new OciError(
      "DIGEST_MISMATCH",
      `manifest has the digest ${digest}, expected ${JSON.stringify(wanted)}`,
    );
  }
  refuseSchema1(fetched.mediaType);
  return { digest, bytes: fetched.bytes, document: parseManifest(fetched.bytes) };
}

async function readConfig(
  repository: Repository,
  descriptor: Descriptor,
  { limits, signal }: { readonly limits: ReadLimits; readonly signal: AbortSignal },
) {
  if (descriptor.size > limits.documentBytes) {
    throw new OciError("LIMIT_REACHED", `configuration is longer than ${limits.documentBytes} bytes`);
  }
  const bytes = await repository.blob(descriptor.digest, { maxBytes: limits.documentBytes, signal });
  checkBlob(descriptor, bytes);
  return parseConfig(bytes);
}

function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
}
