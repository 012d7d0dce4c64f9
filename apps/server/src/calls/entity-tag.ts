import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";

/** The tag of a reply: its own revision where it has one, else a hash of what is sent (RFC 9110, 8.8.3). */
export function entityTagOf(answer: unknown, sent: string): string {
  if (typeof answer === "object" && answer !== null && "revision" in answer) {
    return `"${String(answer.revision)}"`;
  }
  return `"${createHash("sha256").update(sent).digest("base64url").slice(0, 22)}"`;
}

/** Whether the caller has what would be sent (RFC 9110, 13.1.2). */
export function isKnown(request: FastifyRequest, tag: string): boolean {
  const known = request.headers["if-none-match"];
  if (known === undefined) return false;
  return known.split(",").some((item) => item.trim().replace(/^W\//u, "") === tag);
}

/**
 * The revision that the caller changes, or `new` where nothing may be there yet. Throws `REVISION_MISSING` where
 * neither is said: two people who edit the same thing must not overwrite each other unseen.
 */
export function revisionIn(request: FastifyRequest): string {
  const { "if-match": match, "if-none-match": none } = request.headers;
  if (none === "*") return "new";
  const revision = /^"(?<revision>[^"]{1,256})"$/u.exec(match ?? "")?.groups?.revision;
  if (revision === undefined) {
    throw new ServerError("REVISION_MISSING", "expected If-Match with a revision, or If-None-Match: *");
  }
  return revision;
}
