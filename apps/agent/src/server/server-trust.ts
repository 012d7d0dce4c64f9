import type { PeerCertificate } from "node:tls";
import { hasCode, messageOf } from "@pratique/core";

/** By this name a server of the installation is known to its agents, whatever address it is reached at. */
const SERVER_NAME = "URI:pratique:server";

/**
 * Checks that a certificate is a server's. By whom it was signed has been checked by then: only servers of this
 * installation get this name from its authority, so that no address has to be in it.
 */
export function checkServerCertificate(
  _name: string,
  shown: Pick<PeerCertificate, "subjectaltname">,
): Error | undefined {
  if (shown.subjectaltname === SERVER_NAME) return undefined;
  return new Error("the certificate that was shown is not that of a server for agents");
}

/** Why a server cannot be reached. Of a certificate whose time is not now, the clock of this host may be at fault. */
export function whyUnreachable(cause: unknown): string {
  if (hasCode(cause, "CERT_NOT_YET_VALID"))
    return "its certificate is not good yet, by the clock of this host";
  if (hasCode(cause, "CERT_HAS_EXPIRED")) return "its certificate has ended, by the clock of this host";
  return messageOf(cause);
}
