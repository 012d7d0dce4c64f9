import { createHash } from "node:crypto";

/** The revision of what somebody has set up, as JSON: another one whenever that is another. */
export function revisionOf(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("base64url").slice(0, 22);
}

/**
 * Whether what is there may be changed by somebody who saw it at a revision: `from` is that one, `new` where nothing may be
 * there yet, or empty for whatever is there.
 */
export function mayFollow(from: string, before: { readonly revision: string } | undefined): boolean {
  return from === "" || from === (before?.revision ?? "new");
}
