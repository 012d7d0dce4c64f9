import { createPublicKey, X509Certificate } from "node:crypto";
import type { IssuedCertificate } from "@pratique/api";
import { AgentError } from "../errors.ts";
import type { HostIdentity } from "./identity-file.ts";

const MAX_AUTHORITIES = 8;

/** Throws `SERVER_UNTRUSTED` where what was issued is not for this key and host, or leaves the authority out. */
export function checkIssued(
  issued: Pick<IssuedCertificate, "host" | "certificate" | "authorities">,
  {
    key,
    host,
    authority,
  }: {
    readonly key: string;
    readonly host: string;
    /** One that must be among those to trust. */
    readonly authority?: X509Certificate;
  },
): void {
  const certificate = new X509Certificate(issued.certificate);
  const ours = createPublicKey(key).export({ format: "der", type: "spki" });
  const authorities = certificatesIn(issued.authorities);
  const isOurs =
    certificate.publicKey.export({ format: "der", type: "spki" }).equals(ours) && issued.host === host;
  const isIssued = authorities.some(
    (each) => certificate.checkIssued(each) && certificate.verify(each.publicKey),
  );
  const isKept =
    authority === undefined ||
    authorities.some(({ fingerprint256 }) => fingerprint256 === authority.fingerprint256);
  if (isOurs && isIssued && isKept) return;
  throw new AgentError(
    "SERVER_UNTRUSTED",
    "the certificate that the server gave is not for this host and its key",
  );
}

/**
 * What is kept of an issued certificate. The time of its renewal is put by our own clock, which may be another than the
 * server's: what counts is for how long we have had it.
 */
export function heldIdentity(
  issued: IssuedCertificate,
  { url, key, now }: { readonly url: string; readonly key: string; readonly now: number },
): HostIdentity {
  const { host, certificate, authorities, expiresAt } = issued;
  const issuedAt = Date.parse(new X509Certificate(certificate).validFrom);
  const renewAt = new Date(now + Date.parse(issued.renewAt) - issuedAt).toISOString();
  return { url, host, key, certificate, authorities, expiresAt, renewAt };
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  return blocks.slice(0, MAX_AUTHORITIES).map((block) => new X509Certificate(block));
}
