import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, opendir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { hasCode } from "@pratique/core";
import { BLOBS, MANIFEST_NAME } from "./mirror.ts";

const BLOB_PATH = new RegExp(`^/${BLOBS}/(?<name>[0-9a-f]{64})$`, "u");
const MAX_CONNECTIONS = 512;
const HEADERS_TIMEOUT_MS = 10_000;
/** A reader on a slow line may take long for a shard, but it has to take some. */
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 15_000;
const MAX_HEADER_BYTES = 8192;

export interface MirrorServerOptions {
  readonly host: string;
  readonly port: number;
  /** Told of each answer, for a log. */
  readonly onAnswer?: (answer: {
    readonly method: string;
    readonly path: string;
    readonly status: number;
  }) => void;
}

/** A server that hands out a mirror until it is disposed of. */
export interface MirrorServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Hands out a mirror of files over HTTP, for reading only: its manifest, which is asked for anew each time (ETag), and its
 * blobs, which never change and may be kept by whoever passes them on. Nothing else below the directory can be had: no path
 * is made of what a client says but of 64 hexadecimal digits. Rejects with what the system says of the directory, which may
 * be without a mirror as yet, or of the address.
 */
export async function serveMirror(directory: string, options: MirrorServerOptions): Promise<MirrorServer> {
  const root = resolve(directory);
  // Whoever misspells it would hand out nothing, and hear of it from others.
  await (await opendir(root)).close();
  const { host, port, onAnswer = () => undefined } = options;
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    response.on("close", () => {
      onAnswer({ method: request.method ?? "", path: request.url ?? "", status: response.statusCode });
    });
    answer(root, request, response).catch(() => response.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = HEADERS_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.setTimeout(IDLE_TIMEOUT_MS, (socket) => socket.destroy());
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("x-content-type-options", "nosniff");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const path = request.url ?? "";
  const blob = BLOB_PATH.exec(path)?.groups?.name;
  if (blob !== undefined) {
    const caching = { "cache-control": "public, max-age=31536000, immutable", etag: `"${blob}"` };
    await send(join(root, BLOBS, blob), request, response, {
      ...caching,
      "content-type": "application/zstd",
    });
    return;
  }
  if (path === `/${MANIFEST_NAME}`) {
    // Only its tag is lost: opening it says what is wrong.
    const found = await stat(join(root, MANIFEST_NAME), { bigint: true }).catch(() => undefined);
    const etag = found === undefined ? "" : `"${found.mtimeNs.toString(36)}-${found.size.toString(36)}"`;
    const caching = { "cache-control": "no-cache", etag };
    await send(join(root, MANIFEST_NAME), request, response, {
      ...caching,
      "content-type": "application/json",
    });
    return;
  }
  response.writeHead(404).end();
}

async function send(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<"cache-control" | "content-type" | "etag", string>>,
): Promise<void> {
  const file = await open(path, "r").catch((thrown: unknown) => {
    // Whatever else keeps us from it is no word about the mirror: the connection is cut, and asked for anew.
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw thrown;
  });
  try {
    const found = await file?.stat();
    if (file === undefined || found?.isFile() !== true) {
      response.writeHead(404).end();
      return;
    }
    if (request.headers["if-none-match"] === headers.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const part = partOf(request.headers.range, found.size);
    if (part === "beyond") {
      response.writeHead(416, { "content-range": `bytes */${found.size}` }).end();
      return;
    }
    const { first, last } = part ?? { first: 0, last: found.size - 1 };
    const range = part === undefined ? {} : { "content-range": `bytes ${first}-${last}/${found.size}` };
    response.writeHead(part === undefined ? 200 : 206, {
      ...headers,
      ...range,
      "accept-ranges": "bytes",
      "content-length": last - first + 1,
    });
    if (request.method === "HEAD" || last < first) response.end();
    else
      await pipeline(
        createReadStream(path, { fd: file.fd, autoClose: false, start: first, end: last }),
        response,
      );
  } finally {
    await file?.close();
  }
}

/** RFC 9110 section 14.1.2. One range is answered; a request for several, or in another form, gets the whole. */
function partOf(
  header: string | undefined,
  size: number,
): { readonly first: number; readonly last: number } | "beyond" | undefined {
  const found = /^bytes=(?<first>\d{1,15})-(?<last>\d{0,15})$/u.exec(header ?? "")?.groups;
  if (found === undefined) return undefined;
  const first = Number(found.first);
  const last = found.last === "" ? size - 1 : Math.min(Number(found.last), size - 1);
  if (first >= size) return "beyond";
  return last < first ? undefined : { first, last };
}
