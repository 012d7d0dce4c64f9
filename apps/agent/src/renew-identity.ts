import { Backoff } from "./backoff.ts";
import type { HostIdentity, IdentityFile } from "./identity-file.ts";
import { checkIssued, heldIdentity } from "./issued-identity.ts";
import type { ServerClient } from "./server-client.ts";
import { makeSigningRequest } from "./signing-request.ts";

/** The clock may be set meanwhile: it is looked at so often. */
const LOOK_EVERY_MS = 60_000;
/** However short a certificate lives. */
const LEAST_MS = 1000;
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 600_000;

export interface RenewIdentityOptions {
  readonly file: IdentityFile;
  readonly server: Pick<ServerClient, "renewCertificate" | "use">;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly onRenewed: (identity: HostIdentity) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Renews the certificate of this host for as long as the signal allows, after two thirds of the life of each. A new
 * key each time. The identity is on the disk before it is used.
 */
export async function renewForever(first: HostIdentity, options: RenewIdentityOptions): Promise<void> {
  const { signal, sleep, now, random } = options;
  const backoff = new Backoff({ firstMs: FIRST_BACKOFF_MS, maxMs: MAX_BACKOFF_MS, random });
  let held = first;
  while (!signal.aborted) {
    let waitMs = Date.parse(held.renewAt) - now();
    if (waitMs <= 0) {
      try {
        held = await renew(held, options);
        backoff.succeeded();
        options.onRenewed(held);
        waitMs = Date.parse(held.renewAt) - now();
      } catch (thrown) {
        options.onError(thrown);
        waitMs = backoff.failed();
      }
    }
    await sleep(Math.max(LEAST_MS, Math.min(waitMs, LOOK_EVERY_MS)), signal).catch(() => undefined);
  }
}

async function renew(held: HostIdentity, { file, server, now }: RenewIdentityOptions): Promise<HostIdentity> {
  const { key, csr } = makeSigningRequest();
  const issued = await server.renewCertificate(csr);
  checkIssued(issued, { key, host: held.host });
  const next = heldIdentity(issued, { url: held.url, key, now: now() });
  file.write(next);
  server.use(next);
  return next;
}
