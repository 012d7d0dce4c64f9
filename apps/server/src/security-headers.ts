import type { FastifyInstance } from "fastify";

/** Scripts, styles and connections from this server only; nothing inline, and no frame around the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

const ONE_YEAR_S = 31_536_000;

/**
 * Sets the headers that keep a browser on the safe side. Strict-Transport-Security is left out on loopback: it would
 * hold for every other program that serves `localhost`.
 */
export function setSecurityHeaders(app: FastifyInstance, { loopback }: { readonly loopback: boolean }): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    if (!loopback) reply.header("strict-transport-security", `max-age=${ONE_YEAR_S}`);
    if (request.url.startsWith("/api/")) reply.header("cache-control", "no-store");
  });
}
