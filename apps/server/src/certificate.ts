// The X.509 library takes its parts from a container that needs this first.
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import path from "node:path";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { messageOf } from "@pratique/core";
import { ServerError } from "./errors.ts";

const DAY_MS = 86_400_000;
/** Browsers refuse certificates that are valid for longer than 398 days. */
const VALID_MS = 397 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Clocks of other machines may be behind. */
const BACKDATED_MS = DAY_MS;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A key and its certificate, in PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** Holds `key.pem` and `cert.pem`; made with mode 0700 where it is missing. */
  readonly directory: string;
  /** Names and addresses that the certificate is for. */
  readonly names: readonly string[];
  readonly now: () => number;
}

/**
 * Gives the self-signed certificate of this server: the one on the disk while it is good now, for another 30 days and for
 * all the names, else a new one. Throws `CERTIFICATE_UNUSABLE`.
 */
export async function ensureCertificate(options: CertificateOptions): Promise<TlsIdentity> {
  try {
    const held = readIdentity(options.directory);
    if (held !== undefined && isGood(held, options)) return held;
    const made = await makeIdentity(options);
    writeIdentity(options.directory, made);
    return made;
  } catch (cause) {
    throw new ServerError("CERTIFICATE_UNUSABLE", `no certificate could be made: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** When a certificate ends, in milliseconds since 1970. */
export function endOf({ cert }: Pick<TlsIdentity, "cert">): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

function readIdentity(directory: string): TlsIdentity | undefined {
  const key = path.join(directory, "key.pem");
  const cert = path.join(directory, "cert.pem");
  if (!existsSync(key) || !existsSync(cert)) return undefined;
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

function isGood({ key, cert }: TlsIdentity, { names, now }: CertificateOptions): boolean {
  try {
    const certificate = new X509Certificate(cert);
    const fits = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
    return (
      // One that was made while the clock was ahead begins only years from now.
      Date.parse(certificate.validFrom) <= now() &&
      Date.parse(certificate.validTo) - now() > RENEW_BEFORE_MS &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      names.every(fits)
    );
  } catch {
    // Damaged files are replaced: the certificate is self-signed, so nothing is lost with it.
    return false;
  }
}

async function makeIdentity({ names, now }: CertificateOptions): Promise<TlsIdentity> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // A leading zero bit keeps the number positive (RFC 5280, 4.1.2.2).
    serialNumber: `0${randomBytes(16).toString("hex").slice(1)}`,
    name: "CN=Pratique",
    notBefore: new Date(now() - BACKDATED_MS),
    notAfter: new Date(now() + VALID_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ("dns" as const) : ("ip" as const), value: name })),
      ),
    ],
  });
  const exported = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: exported, format: "der", type: "pkcs8" });
  return { key: key.export({ format: "pem", type: "pkcs8" }).toString(), cert: certificate.toString("pem") };
}

function writeIdentity(directory: string, { key, cert }: TlsIdentity): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writePrivately(path.join(directory, "key.pem"), key);
  writePrivately(path.join(directory, "cert.pem"), cert);
}

function writePrivately(file: string, text: string): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  // The mode above holds only for a file that was not there.
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}
