import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";

const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), "utf8");

/** The certificate of the loopback servers that speak TLS; it signs itself. */
export const certificate = read("localhost.cert.pem");

export interface Loopback extends AsyncDisposable {
  readonly url: string;
  readonly requests: IncomingMessage[];
}

/** A real server on loopback that answers as the listener says and remembers what it was asked. */
export async function listen(listener: RequestListener, { tls = false } = {}): Promise<Loopback> {
  const server = tls ? createTlsServer({ cert: certificate, key: read("localhost.key.pem") }) : createServer();
  const requests: IncomingMessage[] = [];
  server.on("request", (request, response) => {
    requests.push(request);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${portOf(server)}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
