import { type Digest, type ImageReference, parseImageReference } from "@pratique/core";
import { checkPlatform, choosePlatform } from "../../choose-platform.ts";
import { chunkedLayer } from "../../chunked/chunked-layer.ts";
import { OciError } from "../../errors.ts";
import { configFacts, madeBy, parseConfig } from "../../image-config.ts";
import { defaultReadLimits, type ReadLimits } from "../../layer-index/read-limits.ts";
import { openLayers } from "../../layers/open-layers.ts";
import { tarLayer } from "../../layers/tar-layer.ts";
import {
  checkBlob,
  type Descriptor,
  digestOfBytes,
  type ImageManifest,
  parseManifest,
} from "../../manifest.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "../../source.ts";
import { type CredentialStore, noCredentials } from "./credentials.ts";
import type { RegistryHttp } from "./registry-http.ts";
import { Repository } from "./repository.ts";
import { refuseSchema1 } from "./schema1.ts";

const DEFAULT_BLOB_TIMEOUT_MS = 60 * 60 * 1000;
/** An index may name an index; a longer chain is nobody's image. */
const MAX_INDEX_DEPTH = 3;

export interface RegistrySourceOptions {
  readonly http: RegistryHttp;
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
  const options = {
    http,
    credentials,
    insecureRegistries: new Set(insecureRegistries),
    endpoints: new Map(),
    blobTimeoutMs,
  };
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
  checkPlatform(config.platform, opening.options.platform);
  if (config.diffIds.length !== manifest.layers.length) {
    throw new OciError(
      "IMAGE_MALFORMED",
      `manifest has ${manifest.layers.length} layers, configuration ${config.diffIds.length}`,
    );
  }
  const layers = manifest.layers.map(({ digest: layerDigest, size, annotations = {} }, index) =>
    chunkedLayer({
      whole: tarLayer({
        facts: {
          digest: layerDigest,
          sizeBytes: size,
          ...(config.diffIds[index] && { diffId: config.diffIds[index] }),
          ...madeBy(config, index),
        },
        open: (signal) => repository.blobStream(layerDigest, { sizeBytes: size, signal }),
      }),
      annotations,
      openRange: (part, signal) => repository.blobRange(layerDigest, { ...part, signal }),
    }),
  );
  return openLayers({
    facts: {
      reference: opening.value,
      digest,
      imageId: manifest.config.digest,
      ...configFacts(config, manifest),
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
  const { tag = "latest" } = reference;
  let expected = reference.digest;
  let descriptor: Descriptor | undefined;
  for (let depth = 0; depth < MAX_INDEX_DEPTH; depth += 1) {
    const fetched = await fetchManifest(repository, expected ?? tag, { expected, limits, signal });
    if (descriptor !== undefined) checkBlob(descriptor, fetched.bytes);
    if (fetched.document.kind === "manifest") return { digest: fetched.digest, manifest: fetched.document };
    descriptor = choosePlatform(fetched.document, options.platform);
    expected = descriptor.digest;
  }
  throw new OciError("IMAGE_MALFORMED", `more than ${MAX_INDEX_DEPTH} indexes name one another`);
}

async function fetchManifest(
  repository: Repository,
  tagOrDigest: string,
  { expected, limits, signal }: { expected: Digest | undefined; limits: ReadLimits; signal: AbortSignal },
) {
  const fetched = await repository.manifest(tagOrDigest, { maxBytes: limits.documentBytes, signal });
  const digest = digestOfBytes(fetched.bytes);
  const wanted = expected ?? fetched.claimedDigest ?? digest;
  if (digest !== wanted) {
    throw new OciError(
      "DIGEST_MISMATCH",
      `manifest has the digest ${digest}, expected ${JSON.stringify(wanted)}`,
    );
  }
  refuseSchema1(fetched);
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
