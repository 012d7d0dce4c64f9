import { fastifyCookie } from "@fastify/cookie";
import type { FastifyReply } from "fastify";

/** `__Host-` binds the cookie to this host, to the path `/` and to TLS (RFC 6265bis, 4.1.3.2). */
export const SESSION_COOKIE = "__Host-session";

const flags = { path: "/", secure: true, httpOnly: true, sameSite: "strict" } as const;

/** Has the browser keep a session. A reply that fails after all sends no cookie: see `answerThrown`. */
export function setSessionCookie(
  reply: FastifyReply,
  { token, expiresAtMs }: { readonly token: string; readonly expiresAtMs: number },
): void {
  const expires = new Date(expiresAtMs);
  reply.header("set-cookie", fastifyCookie.serialize(SESSION_COOKIE, token, { ...flags, expires }));
}

/** Has the browser forget the session. */
export function clearSessionCookie(reply: FastifyReply): void {
  reply.header("set-cookie", fastifyCookie.serialize(SESSION_COOKIE, "", { ...flags, expires: new Date(0) }));
}
