import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Digest } from "@pratique/core";
import { configOf, digestOf, type ImageParts, manifestOf } from "./image.ts";

/** Whom a registry lets in: anybody, those with a password, or those with a token that it hands out. */
export type RegistryAuth =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "token";
      /** Without them tokens are for everybody. */
      readonly username?: string;
      readonly password?: string;
      readonly identityToken?: string;
      /** Requests that a token is good for. */
      readonly uses?: number;
      /** Where tokens are to be had; on the registry itself by default. */
      readonly realm?: string;
    };

/** What goes wrong. All of it can be changed while the registry runs. */
export interface RegistryFaults {
  /** For each answer with a blob in turn: the connection breaks after so many bytes of it. */
  breakBlobsAfter: number[];
  /** For each answer with a blob in turn: it ends in good order after so many bytes. */
  truncateBlobsAfter: number[];
  /** Ranges are answered with the whole. */
  ignoreRange: boolean;
  /** Bytes that are sent in place of the blob or manifest of a digest. */
  readonly lies: Map<string, Buffer>;
  /** So many requests are answered with 429 and this Retry-After. */
  tooManyRequests: number;
  retryAfter: string;
  /** Entries on a page of a list, whatever is asked for. */
  pageSize: number;
  /** Sent with each answer. */
  headers: Readonly<Record<string, string>>;
  /** Requests whose target it takes are never answered. */
  hangs: (target: string) => boolean;
  /** Sent as Docker-Content-Digest in place of the truth. */
  contentDigest: string | undefined;
}

export interface RegistryRequest {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface PushedImage {
  /** Of the manifest, or of the index where there are several platforms. */
  readonly digest: Digest;
  /** Of each platform's manifest. */
  readonly manifests: readonly Digest[];
  /** Of each platform's configuration. */
  readonly imageIds: readonly Digest[];
}

/** A registry on loopback, by the OCI distribution specification as far as pulling goes. */
export interface LoopbackRegistry extends AsyncDisposable {
  /** `127.0.0.1` with a port. */
  readonly host: string;
  readonly requests: RegistryRequest[];
  readonly faults: RegistryFaults;
  /** Stores an image; several parts become an index with one manifest for each. */
  push(repository: string, tag: string, images: ImageParts | readonly ImageParts[]): PushedImage;
  putBlob(bytes: Buffer): Digest;
  putManifest(repository: string, tag: string, manifest: { bytes: Buffer; mediaType: string }): Digest;
  /** Takes a tag away; what it named stays. */
  deleteTag(repository: string, tag: string): void;
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/** Starts a registry: `await using registry = await startRegistry();`. */
export async function startRegistry(auth: RegistryAuth = { kind: "none" }): Promise<LoopbackRegistry> {
  const store = new Store();
  const door = new Door(auth);
  const requests: RegistryRequest[] = [];
  const faults: RegistryFaults = {
    breakBlobsAfter: [],
    truncateBlobsAfter: [],
    ignoreRange: false,
    lies: new Map(),
    tooManyRequests: 0,
    retryAfter: "0",
    pageSize: 1000,
    headers: {},
    hangs: () => false,
    contentDigest: undefined,
  };
  const server = createServer((request, response) => {
    const { method = "GET", url: target = "/", headers } = request;
    requests.push({ method, target, authorization: headers.authorization, range: headers.range });
    if (target.split("?")[0] === "/token") return door.answerToken(request, response);
    if (faults.hangs(target)) return;
    if (faults.tooManyRequests > 0) {
      faults.tooManyRequests -= 1;
      response
        .writeHead(429, { "retry-after": faults.retryAfter })
        .end('{"errors":[{"code":"TOOMANYREQUESTS"}]}');
      return;
    }
    for (const [name, value] of Object.entries(faults.headers)) response.setHeader(name, value);
    if (door.admits(request, response)) answer(store, faults, { request, response });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the registry has no port");
  const host = `127.0.0.1:${address.port}`;
  door.host = host;
  return {
    host,
    requests,
    faults,
    push: (repository, tag, images) => store.push(repository, tag, images),
    putBlob: (bytes) => store.putBlob(bytes),
    putManifest: (repository, tag, manifest) => store.putManifest(repository, tag, manifest),
    deleteTag: (repository, tag) => void store.manifests.delete(`${repository}:${tag}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

class Store {
  readonly blobs = new Map<string, Buffer>();
  /** By `repository:tag` and by `repository@digest`. */
  readonly manifests = new Map<string, StoredManifest>();

  push(repository: string, tag: string, images: ImageParts | readonly ImageParts[]): PushedImage {
    const list = "layers" in images ? [images] : images;
    const pushed = list.map((parts) => this.#pushOne(repository, parts));
    const manifests = pushed.map(({ digest }) => digest);
    const imageIds = pushed.map(({ imageId }) => imageId);
    const [only] = pushed;
    if ("layers" in images && only !== undefined) {
      return { digest: this.putManifest(repository, tag, only.manifest), manifests, imageIds };
    }
    const index = {
      schemaVersion: 2,
      mediaType: INDEX_TYPE,
      manifests: pushed.map(({ digest, manifest, platform }) => ({
        mediaType: manifest.mediaType,
        digest,
        size: manifest.bytes.length,
        platform,
      })),
    };
    const bytes = Buffer.from(JSON.stringify(index));
    return {
      digest: this.putManifest(repository, tag, { bytes, mediaType: INDEX_TYPE }),
      manifests,
      imageIds,
    };
  }

  putBlob(bytes: Buffer): Digest {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return digest;
  }

  putManifest(repository: string, tag: string, manifest: StoredManifest): Digest {
    const digest = digestOf(manifest.bytes);
    this.manifests.set(`${repository}:${tag}`, manifest);
    this.manifests.set(`${repository}@${digest}`, manifest);
    return digest;
  }

  #pushOne(repository: string, parts: ImageParts) {
    const config = configOf(parts);
    const imageId = this.putBlob(config);
    for (const { blob } of parts.layers) this.putBlob(blob);
    const manifest = { bytes: manifestOf(config, parts.layers), mediaType: MANIFEST_TYPE };
    const digest = digestOf(manifest.bytes);
    this.manifests.set(`${repository}@${digest}`, manifest);
    const { os = "linux", architecture = "amd64", variant } = parts.config ?? {};
    return { digest, imageId, manifest, platform: { os, architecture, variant } };
  }
}

/** Lets requests in, and hands out tokens. */
class Door {
  host = "";
  readonly #auth: RegistryAuth;
  readonly #usesLeft = new Map<string, number>();
  #issued = 0;

  constructor(auth: RegistryAuth) {
    this.#auth = auth;
  }

  admits({ headers, url = "" }: IncomingMessage, response: ServerResponse): boolean {
    const auth = this.#auth;
    if (auth.kind === "none") return true;
    const given = headers.authorization ?? "";
    if (auth.kind === "basic") {
      if (given === basicOf(auth.username, auth.password)) return true;
      return refuse(response, 'Basic realm="loopback, \\"quoted\\""');
    }
    const left = this.#usesLeft.get(given) ?? 0;
    this.#usesLeft.set(given, left - 1);
    if (left > 0) return true;
    const repository = /^\/v2\/(?<name>.+)\/(?:manifests|blobs|tags)\//u.exec(url)?.groups?.name ?? "";
    const realm = auth.realm ?? `http://${this.host}/token`;
    const scope = `repository:${repository}:pull,push`;
    return refuse(response, `Bearer realm="${realm}",service="loopback service",scope="${scope}"`);
  }

  answerToken(request: IncomingMessage, response: ServerResponse): void {
    let form = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      form += chunk;
    });
    request.on("end", () => {
      if (!this.#isKnown(request, new URLSearchParams(form))) {
        response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
        return;
      }
      this.#issued += 1;
      const token = `token-${this.#issued}`;
      const uses = this.#auth.kind === "token" ? this.#auth.uses : undefined;
      this.#usesLeft.set(`Bearer ${token}`, uses ?? Number.POSITIVE_INFINITY);
      const member = request.method === "POST" ? "access_token" : "token";
      response.writeHead(200).end(JSON.stringify({ [member]: token, expires_in: 60 }));
    });
  }

  #isKnown({ method, headers }: IncomingMessage, form: URLSearchParams): boolean {
    const auth = this.#auth;
    if (auth.kind !== "token") return false;
    if (method === "POST") {
      return auth.identityToken !== undefined && form.get("refresh_token") === auth.identityToken;
    }
    if (auth.username === undefined) return auth.identityToken === undefined;
    return headers.authorization === basicOf(auth.username, auth.password ?? "");
  }
}

function basicOf(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function refuse(response: ServerResponse, challenge: string): false {
  response.writeHead(401, { "www-authenticate": challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
  return false;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer(store: Store, faults: RegistryFaults, { request, response }: Exchange): void {
  const target = request.url ?? "";
  if (target === "/v2/") {
    response.end("{}");
    return;
  }
  const list = listOf(store, target);
  if (list !== undefined) {
    sendList(list, faults, { request, response });
    return;
  }
  const groups = /^\/v2\/(?<name>.+)\/(?<kind>manifests|blobs)\/(?<reference>[^/?]+)$/u.exec(target)?.groups;
  const { name = "", kind, reference = "" } = groups ?? {};
  const manifest = store.manifests.get(`${name}${reference.includes(":") ? "@" : ":"}${reference}`);
  const blob = store.blobs.get(reference);
  if (kind === "manifests" && manifest !== undefined) {
    const bytes = faults.lies.get(reference) ?? manifest.bytes;
    const digest = faults.contentDigest ?? digestOf(manifest.bytes);
    const headers = { "content-type": manifest.mediaType, "docker-content-digest": digest };
    response.writeHead(200, headers).end(bytes);
  } else if (kind === "blobs" && blob !== undefined) {
    sendBlob(faults.lies.get(reference) ?? blob, faults, { request, response });
  } else {
    const code = kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN";
    response.writeHead(404).end(JSON.stringify({ errors: [{ code }] }));
  }
}

interface List {
  readonly entries: readonly string[];
  readonly document: (page: readonly string[]) => unknown;
}

/** The catalog, or the tags of a repository (distribution specification, "Listing Tags"). */
function listOf({ manifests }: Store, target: string): List | undefined {
  const path = target.split("?")[0] ?? "";
  const tagged = [...manifests.keys()].flatMap((key) => {
    const at = key.lastIndexOf(":");
    return key.includes("@") ? [] : [[key.slice(0, at), key.slice(at + 1)] as const];
  });
  if (path === "/v2/_catalog") {
    const entries = [...new Set(tagged.map(([repository]) => repository))].sort();
    return { entries, document: (repositories) => ({ repositories }) };
  }
  const name = /^\/v2\/(?<name>.+)\/tags\/list$/u.exec(path)?.groups?.name;
  const entries = tagged.flatMap(([repository, tag]) => (repository === name ? [tag] : [])).sort();
  return name === undefined || entries.length === 0
    ? undefined
    : { entries, document: (tags) => ({ name, tags }) };
}

function sendList(
  { entries, document }: List,
  faults: RegistryFaults,
  { request, response }: Exchange,
): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://registry");
  const last = searchParams.get("last");
  const start = last === null ? 0 : entries.indexOf(last) + 1;
  const page = entries.slice(start, start + Math.min(Number(searchParams.get("n") ?? 1000), faults.pageSize));
  const more = start + page.length < entries.length;
  const link = more
    ? { link: `<${pathname}?n=${faults.pageSize}&last=${encodeURIComponent(page.at(-1) ?? "")}>; rel="next"` }
    : {};
  response
    .writeHead(200, { "content-type": "application/json", ...link })
    .end(JSON.stringify(document(page)));
}

function sendBlob(blob: Buffer, faults: RegistryFaults, { request, response }: Exchange): void {
  const asked = /^bytes=(?<from>\d+)-(?<to>\d*)$/u.exec(request.headers.range ?? "");
  const from = faults.ignoreRange ? undefined : asked;
  const start = Number(from?.groups?.from ?? "0");
  const end = from?.groups?.to ? Math.min(Number(from.groups.to) + 1, blob.length) : blob.length;
  const body = blob.subarray(start, end);
  const breakAfter = faults.breakBlobsAfter.shift();
  const truncateAfter = faults.truncateBlobsAfter.shift();
  const range = { "content-range": `bytes ${start}-${end - 1}/${blob.length}` };
  const length = truncateAfter === undefined ? { "content-length": body.length } : {};
  response.writeHead(from ? 206 : 200, { ...length, ...(from && range) });
  if (breakAfter !== undefined) {
    response.write(body.subarray(0, breakAfter), () => request.socket.destroy());
  } else {
    response.end(body.subarray(0, truncateAfter));
  }
}
