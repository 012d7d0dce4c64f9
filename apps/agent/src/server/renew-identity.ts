import { X509Certificate } from "node:crypto";
import { Backoff } from "../backoff.ts";
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
  let lifeMs = lifeOf(held);
  const left = () => leftOf(held, { lifeMs, nowMs: now() });
  let leftMs = left();
  while (!signal.aborted) {
    let waitMs = leftMs;
    if (leftMs <= 0) {
      try {
        held = await renew(held, options);
        backoff.succeeded();
        options.onRenewed(held);
        lifeMs = lifeOf(held);
        leftMs = left();
        waitMs = leftMs;
      } catch (thrown) {
        options.onError(thrown);
        waitMs = backoff.failed();
      }
    }
    const pauseMs = Math.max(LEAST_MS, Math.min(waitMs, LOOK_EVERY_MS));
    await sleep(pauseMs, signal).catch(() => undefined);
    // What was waited has passed, wherever the clock was set to meanwhile.
    leftMs = Math.min(leftMs - pauseMs, left());
  }
}

/** How long until a certificate is to be renewed: at once where the clock was ahead when that moment was chosen. */
function leftOf(
  { renewAt }: HostIdentity,
  { lifeMs, nowMs }: { readonly lifeMs: number; readonly nowMs: number },
): number {
  const leftMs = Date.parse(renewAt) - nowMs;
  return leftMs > lifeMs ? 0 : leftMs;
}

function lifeOf({ certificate, expiresAt }: HostIdentity): number {
  return Date.parse(expiresAt) - Date.parse(new X509Certificate(certificate).validFrom);
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
