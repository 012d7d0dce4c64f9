import { createHash } from "node:crypto";
import type { Endpoint } from "@pratique/api";
import type { FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";

/** The tag of a reply. */
export interface EntityTag {
  readonly text: string;
  /** False where the reply tells more than what has the tag: that may be known, and the rest of it may not. */
  readonly tellsAll: boolean;
}

/**
 * The tag of a reply: its own revision where it has one, else a hash of what is sent (RFC 9110, 8.8.3). A revision is of
 * what somebody has set up; how far hosts or workers are with it stands in the same reply.
 */
export function entityTagOf(answer: unknown, sent: string): EntityTag {
  const { revision }: { revision?: unknown } = Object(answer);
  if (revision !== undefined) return { text: `"${String(revision)}"`, tellsAll: false };
  const hash = createHash("sha256").update(sent).digest("base64url").slice(0, 22);
  return { text: `"${hash}"`, tellsAll: true };
}

/** Whether the caller has what would be sent (RFC 9110, 13.1.2). */
export function isKnown(request: FastifyRequest, tag: string): boolean {
  const known = request.headers["if-none-match"];
  if (known === undefined) return false;
  return known.split(",").some((item) => item.trim().replace(/^W\//u, "") === tag);
}

/**
 * The revision that the caller changes, `new` where nothing may be there yet, or empty where the endpoint asks for none.
 * Throws `REVISION_MISSING` where it asks for one and neither is said: two people who edit the same thing must not
 * overwrite each other unseen.
 */
export function revisionFor({ conditional }: Endpoint, { headers }: FastifyRequest): string {
  const { "if-match": match, "if-none-match": none } = headers;
  if (conditional === undefined) return "";
  if (conditional === "optional" && match === undefined && none === undefined) return "";
  if (none === "*") return "new";
  const revision = /^"(?<revision>[^"]{1,256})"$/u.exec(match ?? "")?.groups?.revision;
  if (revision === undefined) {
    throw new ServerError("REVISION_MISSING", "expected If-Match with a revision, or If-None-Match: *");
  }
  return revision;
}
