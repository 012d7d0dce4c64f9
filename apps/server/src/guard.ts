import type { Endpoint } from "@pratique/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Guard } from "./bind.ts";
import type { Context } from "./context.ts";
import { ServerError } from "./errors.ts";

/** `__Host-` binds the cookie to this host, to the path `/` and to TLS (RFC 6265bis, 4.1.3.2). */
export const SESSION_COOKIE = "__Host-session";

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

/** Lets nobody in but who is signed in, except to public endpoints; and no change that another site asks for. */
export function sessionGuard(context: Context): Guard {
  return async (endpoint, request) => {
    refuseForeignOrigin(endpoint, request);
    if (endpoint.permission === "public") return undefined;
    const token = request.cookies[SESSION_COOKIE];
    const granted =
      token === undefined ? undefined : await context.store.sessions.findSession(token, context.now());
    if (granted === undefined) throw new ServerError("NOT_SIGNED_IN", "nobody is signed in");
    return granted;
  };
}

/** A browser sends `Origin` with every request that changes something; what has none is not our page. */
function refuseForeignOrigin({ method }: Endpoint, { headers }: FastifyRequest): void {
  if (method === "GET") return;
  const own = `https://${headers.host?.toLowerCase()}`;
  const site = headers["sec-fetch-site"];
  if (headers.origin !== own || (site !== undefined && site !== "same-origin")) {
    throw new ServerError(
      "ORIGIN_REFUSED",
      `expected the origin ${own}, found ${JSON.stringify(headers.origin)}`,
    );
  }
}
