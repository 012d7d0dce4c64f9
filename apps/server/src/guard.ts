import { isIP } from "node:net";
import type { Endpoint } from "@pratique/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ServerError } from "./errors.ts";

/**
 * Refuses every request whose Host header is not one of the server's own names: a page of another site that makes
 * its name resolve to this machine (DNS rebinding) then reaches nothing.
 */
export function refuseForeignHosts(app: FastifyInstance, hosts: () => ReadonlySet<string>): void {
  app.addHook("onRequest", async (request) => {
    const host = request.headers.host?.toLowerCase() ?? "";
    if (!hosts().has(host)) {
      throw new ServerError("HOST_REFUSED", `expected a host of this server, found ${JSON.stringify(host)}`);
    }
  });
}

/**
 * Refuses what a trusted proxy says to come from something that is no address: limits count by addresses, and the
 * record tells them.
 */
export function refuseNamelessCallers(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ ip }) => {
    if (isIP(ip) === 0) {
      throw new ServerError(
        "REQUEST_MALFORMED",
        `expected an address, found ${JSON.stringify(ip.slice(0, 64))}`,
      );
    }
  });
}

/**
 * Refuses a change that another site asks for, and what strangers may read where another site has a browser load it as
 * a part of its page: signing in by a provider is a read, and failures count for whoever sits at the browser. A browser
 * sends `Origin` with every request that changes something;
 * what has none is not our page. Behind a proxy that calls the server by another name, our page is at `outside`.
 */
export function refuseForeignOrigin(
  { method, permission }: Endpoint,
  { headers }: FastifyRequest,
  outside: string,
): void {
  const own = `https://${headers.host?.toLowerCase()}`;
  const { "sec-fetch-site": site, "sec-fetch-mode": mode = "navigate" } = headers;
  if (method === "GET") {
    if (permission !== "public" || site !== "cross-site" || mode === "navigate") return;
    throw new ServerError("ORIGIN_REFUSED", "another site has it loaded as a part of its page");
  }
  if (
    (headers.origin !== own && headers.origin !== new URL(outside).origin) ||
    (site !== undefined && site !== "same-origin")
  ) {
    throw new ServerError(
      "ORIGIN_REFUSED",
      `expected the header Origin: ${own}, found ${headers.origin === undefined ? "none" : JSON.stringify(headers.origin)}`,
    );
  }
}
