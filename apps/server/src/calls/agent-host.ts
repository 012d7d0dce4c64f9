import type { Store } from "@pratique/store";
import { ServerError } from "../errors.ts";
import type { Caller } from "./caller.ts";

/** Throws `PERMISSION_DENIED` where an agent with a certificate speaks of another host than its own. */
export function refuseForeignHost({ host }: Caller, said: string): void {
  if (host === undefined || host === said) return;
  throw new ServerError(
    "PERMISSION_DENIED",
    `the certificate is that of the host ${JSON.stringify(host)}, not of ${JSON.stringify(said)}`,
  );
}

/**
 * The host whose agent calls: that of its certificate, and on the socket the server's own. Throws `CONFLICT` where the
 * server's own host is not known yet.
 */
export async function hostOf({ host }: Caller, store: Pick<Store, "hosts">): Promise<string> {
  const found = host ?? (await store.hosts.local());
  if (found === undefined) throw new ServerError("CONFLICT", "the agent has not told of its host yet");
  return found;
}
