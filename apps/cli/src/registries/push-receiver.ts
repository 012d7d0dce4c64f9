import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Push, type PushDialect, type PushRequest, readPushes } from "@pratique/oci";

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 64;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

export interface PushReceiverOptions {
  readonly host: string;
  readonly port: number;
  readonly dialect: PushDialect;
  readonly secret: string;
  /** False: no more of them can be taken; the registry is told to try again. */
  readonly onPushes: (pushes: readonly Push[]) => boolean;
}

/** Hears of pushes by HTTP, from a registry that proves that it knows the secret. */
export interface PushReceiver extends AsyncDisposable {
  readonly port: number;
}

/** Rejects where the address cannot be listened on. */
export async function startPushReceiver(options: PushReceiverOptions): Promise<PushReceiver> {
  const limits = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(limits, (request, response) => void answer(request, response, options));
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, options.host);
  await once(server, "listening");
  return {
    port: portOf(server.address()),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { dialect, secret, onPushes }: PushReceiverOptions,
): Promise<void> {
  const end = (status: number): void => {
    // What was not read is not read any more.
    response.writeHead(status, { connection: "close" }).end();
  };
  try {
    if (request.method !== "POST") return end(405);
    const body = await bodyOf(request);
    if (body === undefined) return end(413);
    const read = readPushes(dialect, requestOf(request, body), secret);
    switch (read.kind) {
      case "refused":
        return end(401);
      case "malformed":
        return end(400);
      case "pushes":
        return end(onPushes(read.pushes) ? 202 : 503);
    }
  } catch {
    // The sender broke off; there is nobody to tell.
    response.destroy();
  }
}

/** Undefined where it is longer than any honest one. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request) {
    total += chunk.length;
    if (total > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function requestOf({ url, headers }: IncomingMessage, body: Buffer): PushRequest {
  const token = URL.parse(url ?? "/", "http://receiver")?.searchParams.get("token");
  const single = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return { headers: Object.fromEntries(single), queryToken: token ?? undefined, body };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
