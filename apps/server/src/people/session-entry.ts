import type { OpenSession } from "@pratique/api";
import type { StoredSession } from "@pratique/store";
import type { Caller } from "../calls/caller.ts";

/** What of a session is shown: where and how it began, and nothing that lets anybody in. */
export function sessionEntryOf(session: StoredSession, { kind, session: own }: Caller): OpenSession {
  const { id, method, address, createdAtMs, seenAtMs, expiresAtMs } = session;
  return {
    id,
    method: method === "password" || method === "oidc" ? method : "link",
    address,
    startedAt: new Date(createdAtMs).toISOString(),
    lastSeenAt: new Date(seenAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    current: kind === "account" && id === own,
  };
}
