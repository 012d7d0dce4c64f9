import type { Digest, ImageReference } from "@pratique/core";
import type { HttpRequest, HttpResponse } from "@pratique/http";
import { OciError } from "../../errors.ts";
import { blobStream, startOf } from "./blob-stream.ts";
import type { CredentialStore } from "./credentials.ts";
import { type Endpoint, findEndpoint, mayBePlain } from "./endpoint.ts";
import { type Asked, registryFailure } from "./registry-failure.ts";
import type { RegistryHttp } from "./registry-http.ts";
import { RegistryRequests } from "./registry-requests.ts";

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface RepositoryOptions {
  readonly http: RegistryHttp;
  readonly credentials: CredentialStore;
  readonly insecureRegistries: ReadonlySet<string>;
  /** How registries turned out to be spoken to: the next image of one need not find out again. */
  readonly endpoints: Map<string, Endpoint>;
  /** For one blob from its first byte to its last. */
  readonly blobTimeoutMs: number;
  /** Whether something is to be put there, too. */
  readonly writes?: boolean;
}

/** A manifest or an index as it came, unchecked. */
export interface FetchedManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** What the registry says its digest is. */
  readonly claimedDigest: string | undefined;
}

/** One repository of a registry, read and written by the OCI distribution specification v1.1. */
export class Repository {
  readonly #reference: ImageReference;
  readonly #options: RepositoryOptions;
  readonly #endpoint: Endpoint;
  readonly #requests: RegistryRequests;

  private constructor(reference: ImageReference, endpoint: Endpoint, options: RepositoryOptions) {
    this.#reference = reference;
    this.#options = options;
    this.#endpoint = endpoint;
    this.#requests = new RegistryRequests({ ...options, reference, endpoint });
  }

  /** Finds out how the registry is spoken to. Rejects with `SOURCE_UNAVAILABLE`. */
  static async open(
    reference: ImageReference,
    options: RepositoryOptions,
    signal: AbortSignal,
  ): Promise<Repository> {
    const { registry } = reference;
    const known = options.endpoints.get(registry);
    if (known !== undefined) return new Repository(reference, known, options);
    const plain = mayBePlain(registry, options.insecureRegistries);
    try {
      const endpoint = await findEndpoint(options.http, registry, { plain, signal });
      options.endpoints.set(registry, endpoint);
      return new Repository(reference, endpoint, options);
    } catch (thrown) {
      const what = `no registry at ${JSON.stringify(registry)}`;
      throw registryFailure(thrown, { what, absent: "SOURCE_UNAVAILABLE", tooLarge: "REGISTRY_MALFORMED" });
    }
  }

  /** By tag or digest. Rejects with `IMAGE_NOT_FOUND`. */
  async manifest(
    tagOrDigest: string,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<FetchedManifest> {
    const asked: Asked = {
      what: `no manifest ${JSON.stringify(tagOrDigest)} of ${this.#name}`,
      absent: "IMAGE_NOT_FOUND",
      tooLarge: "LIMIT_REACHED",
    };
    const url = this.#urlOf("manifests", tagOrDigest);
    const { bytes, response } = await this.#whole(
      { url, headers: { accept: MANIFEST_TYPES }, maxBytes, signal },
      asked,
    );
    const [mediaType = ""] = (response.headers.get("content-type") ?? "").split(";");
    const claimedDigest = response.headers.get("docker-content-digest");
    return { bytes, mediaType: mediaType.trim().toLowerCase(), claimedDigest };
  }

  /** A blob that is held whole, unchecked. Rejects with `IMAGE_UNREADABLE` where the registry has none. */
  async blob(
    digest: Digest,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<Uint8Array> {
    const request = { url: this.#urlOf("blobs", digest), maxBytes, signal };
    return (await this.#whole(request, this.#askedBlob(digest))).bytes;
  }

  /** A blob as a stream, unchecked, that survives broken connections and never grows beyond its size. */
  async *blobStream(
    digest: Digest,
    { sizeBytes, signal }: { readonly sizeBytes: number; readonly signal: AbortSignal },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const url = this.#urlOf("blobs", digest);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.#options.blobTimeoutMs)]);
    try {
      yield* blobStream({ sizeBytes, signal: deadline }, (offset) =>
        this.#requests.get({
          url,
          headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
          maxBytes: sizeBytes,
          totalTimeoutMs: this.#options.blobTimeoutMs,
          signal: deadline,
        }),
      );
    } catch (thrown) {
      throw registryFailure(thrown, this.#askedBlob(digest));
    }
  }

  /**
   * A blob from an offset on, unchecked; from its beginning where the registry knows no ranges. Rejects with
   * `IMAGE_UNREADABLE` where it has none.
   */
  async blobFrom(
    digest: Digest,
    {
      offset,
      sizeBytes,
      signal,
    }: { readonly offset: number; readonly sizeBytes: number; readonly signal: AbortSignal },
  ): Promise<{ readonly offset: number; readonly chunks: AsyncIterable<Uint8Array> }> {
    const asked = this.#askedBlob(digest);
    try {
      const response = await this.#requests.get({
        url: this.#urlOf("blobs", digest),
        headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
        maxBytes: sizeBytes,
        totalTimeoutMs: this.#options.blobTimeoutMs,
        signal,
      });
      const start = startOf(response);
      if (start !== 0 && start !== offset) {
        await response.discard();
        throw new OciError(
          "REGISTRY_MALFORMED",
          `registry sends a blob from byte ${start} on, not from ${offset}`,
        );
      }
      return { offset: start, chunks: failingAs(response.body, asked) };
    } catch (thrown) {
      throw registryFailure(thrown, asked);
    }
  }

  /** Whether the registry has a blob (distribution specification, "Checking if content exists"). */
  async holds(digest: Digest, signal: AbortSignal): Promise<boolean> {
    try {
      const url = this.#urlOf("blobs", digest);
      const response = await this.#requests.get({ url, method: "HEAD", acceptStatuses: [404], signal });
      await response.discard();
      return response.status === 200;
    } catch (thrown) {
      throw registryFailure(thrown, this.#askedBlob(digest));
    }
  }

  /** Puts a blob there in two requests (distribution specification, "POST then PUT"). */
  async pushBlob(digest: Digest, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const asked: Asked = {
      what: `blob ${digest} cannot be put into ${this.#name}`,
      absent: "IMAGE_NOT_FOUND",
      tooLarge: "REGISTRY_MALFORMED",
    };
    try {
      const begun = await this.#requests.get({
        url: new URL(`${this.#reference.repository}/blobs/uploads/`, this.#endpoint),
        method: "POST",
        signal,
      });
      await begun.discard();
      const url = this.#uploadOf(begun);
      url.searchParams.set("digest", digest);
      const done = await this.#requests.get({
        url,
        method: "PUT",
        headers: { "content-type": "application/octet-stream" },
        body: bytes,
        totalTimeoutMs: this.#options.blobTimeoutMs,
        signal,
      });
      await done.discard();
    } catch (thrown) {
      throw registryFailure(thrown, asked);
    }
  }

  /** Puts a manifest there under a tag; what it names has to be there. */
  async pushManifest(
    tag: string,
    { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const response = await this.#requests.get({
        url: this.#urlOf("manifests", tag),
        method: "PUT",
        headers: { "content-type": mediaType },
        body: bytes,
        signal,
      });
      await response.discard();
    } catch (thrown) {
      const what = `manifest ${JSON.stringify(tag)} cannot be put into ${this.#name}`;
      throw registryFailure(thrown, { what, absent: "IMAGE_NOT_FOUND", tooLarge: "REGISTRY_MALFORMED" });
    }
  }

  /** Where a registry wants a blob: with itself, as credentials go there. */
  #uploadOf(begun: HttpResponse): URL {
    const location = begun.headers.get("location") ?? "";
    const url = URL.parse(location, begun.url.href);
    if (location !== "" && url?.origin === this.#endpoint.origin) return url;
    throw new OciError(
      "REGISTRY_MALFORMED",
      `registry sends us to ${JSON.stringify(location.slice(0, 200))} with a blob, which is not its own`,
    );
  }

  /**
   * A part of a blob, unchecked but for its length. Rejects with `REGISTRY_MALFORMED` where the registry gives another
   * part, or the whole.
   */
  async *blobRange(
    digest: Digest,
    {
      offset,
      length,
      signal,
    }: { readonly offset: number; readonly length: number; readonly signal: AbortSignal },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const range = `bytes=${offset}-${offset + length - 1}`;
    const request = { url: this.#urlOf("blobs", digest), headers: { range }, maxBytes: length, signal };
    let missing = length;
    try {
      const response = await this.#requests.get({ ...request, totalTimeoutMs: this.#options.blobTimeoutMs });
      const found = response.headers.get("content-range") ?? "";
      if (response.status !== 206 || !found.startsWith(`bytes ${offset}-${offset + length - 1}/`)) {
        await response.discard();
        throw new OciError("REGISTRY_MALFORMED", `registry gave another part of a blob than ${range}`);
      }
      for await (const chunk of response.body) {
        missing -= chunk.byteLength;
        yield chunk;
      }
    } catch (thrown) {
      throw registryFailure(thrown, this.#askedBlob(digest));
    }
    if (missing !== 0)
      throw new OciError("REGISTRY_MALFORMED", "registry gave less of a blob than was asked for");
  }

  get #name(): string {
    return JSON.stringify(`${this.#reference.registry}/${this.#reference.repository}`);
  }

  #askedBlob(digest: Digest): Asked {
    return {
      what: `no blob ${digest} of ${this.#name}`,
      absent: "IMAGE_UNREADABLE",
      tooLarge: "DIGEST_MISMATCH",
    };
  }

  /** Repository, tag and digest have been checked by their grammar: nothing in them needs encoding. */
  #urlOf(kind: "manifests" | "blobs", tagOrDigest: string): URL {
    return new URL(`${this.#reference.repository}/${kind}/${tagOrDigest}`, this.#endpoint);
  }

  async #whole(
    request: HttpRequest & { readonly signal: AbortSignal },
    asked: Asked,
  ): Promise<{ readonly bytes: Uint8Array; readonly response: HttpResponse }> {
    try {
      const response = await this.#requests.get(request);
      return { bytes: await response.bytes(), response };
    } catch (thrown) {
      throw registryFailure(thrown, asked);
    }
  }
}

async function* failingAs(chunks: AsyncIterable<Uint8Array>, asked: Asked): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    throw registryFailure(thrown, asked);
  }
}
