// The X.509 library takes its parts from a container that needs this first.
import "reflect-metadata";
import { createPublicKey, KeyObject, randomBytes, webcrypto, type X509Certificate } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509Certificate as X509CertificateView,
} from "@peculiar/x509";
import { messageOf } from "@pratique/core";
import { ServerError } from "../errors.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Clocks of agents may be behind ours. */
const BACKDATED_MS = 86_400_000;
/** Our own clock may have been set back since it gave a certificate: the host is heard all the same. */
const SET_BACK_MS = 86_400_000;
const MAX_CSR_CHARACTERS = 16_384;

/** By this a server of the installation is known to agents, whatever name or address it is reached at. */
const SERVER_URI = "pratique:server";
const HOST_URI = "pratique:host:";

/** A key and its certificate, in PEM. */
export interface CertifiedKey {
  readonly key: string;
  readonly certificate: string;
}

export interface Lifetime {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly validMs: number;
}

/** What a host's certificate says, once it has been checked. */
export interface HostCertificate {
  readonly host: string;
  /** In lower-case hex. */
  readonly serial: string;
  /** Milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Whether a name may stand in a certificate: letters, digits and `.`, `_`, `-` within. */
export function isHostName(name: string): boolean {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/u.test(name);
}

/** Makes an authority: it signs certificates of hosts and servers, and none of another authority. */
export async function makeAuthority({ now, validMs }: Lifetime): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serialNumber = makeSerial();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // Two authorities of one installation must not have one name: each finds its own by it.
    name: `CN=Pratique agents ${serialNumber.slice(0, 16)}`,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + validMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await pemOf(keys.privateKey), certificate: certificate.toString("pem") };
}

/** Certifies the key of a host by its signing request; nothing else of the request is taken over. */
export async function certifyHost(
  authority: CertifiedKey,
  { host, csr, ...lifetime }: Lifetime & { readonly host: string; readonly csr: string },
): Promise<string> {
  const publicKey = await keyOfRequest(csr);
  const names = [{ type: "url" as const, value: `${HOST_URI}${host}` }];
  return await certify(authority, {
    ...lifetime,
    publicKey,
    usage: ExtendedKeyUsage.clientAuth,
    // Our own clock checks it: it needs no allowance.
    backdatedMs: 0,
    names: isDnsName(host) ? [...names, { type: "dns" as const, value: host }] : names,
  });
}

/** Makes a key and certifies it for a server that hears agents. */
export async function certifyServer(authority: CertifiedKey, lifetime: Lifetime): Promise<CertifiedKey> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await certify(authority, {
    ...lifetime,
    publicKey: keys.publicKey,
    usage: ExtendedKeyUsage.serverAuth,
    backdatedMs: BACKDATED_MS,
    names: [{ type: "url", value: SERVER_URI }],
  });
  return { key: await pemOf(keys.privateKey), certificate };
}

/**
 * Checks a certificate that somebody shows as a host's against the authorities (RFC 5280, 6.1: a path of one):
 * signature, issuer, time, and that it is a host's and not a server's or an authority's. Undefined where it is none.
 */
export function readHostCertificate(
  shown: X509Certificate,
  { authorities, now }: { readonly authorities: readonly X509Certificate[]; readonly now: number },
): HostCertificate | undefined {
  if (shown.ca || !authorities.some((authority) => isIssuedBy(shown, authority, now))) return undefined;
  const [issuedAt, expiresAt] = [Date.parse(shown.validFrom), Date.parse(shown.validTo)];
  if (!(issuedAt - SET_BACK_MS <= now && now < expiresAt)) return undefined;
  if (!sameList(shown.keyUsage, [ExtendedKeyUsage.clientAuth])) return undefined;
  const host = hostIn(shown);
  if (host === undefined) return undefined;
  return { host, serial: shown.serialNumber.toLowerCase(), issuedAt, expiresAt };
}

/** SHA-256 of the certificate itself, in base64url: 43 characters. */
export function fingerprintOf(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex").toString("base64url");
}

interface Certified extends Lifetime {
  readonly publicKey: webcrypto.CryptoKey;
  readonly usage: ExtendedKeyUsage;
  readonly backdatedMs: number;
  readonly names: readonly { readonly type: "url" | "dns"; readonly value: string }[];
}

async function certify(authority: CertifiedKey, certified: Certified): Promise<string> {
  const { publicKey, usage, names, now, validMs, backdatedMs } = certified;
  const issuer = new X509CertificateView(authority.certificate);
  const made = await X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    issuer: issuer.subjectName,
    notBefore: new Date(now - backdatedMs),
    // No certificate outlives its authority.
    notAfter: new Date(Math.min(now + validMs, issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    signingKey: await signingKeyOf(authority.key),
    publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage], true),
      // Critical, as the subject is empty (RFC 5280, 4.2.1.6).
      new SubjectAlternativeNameExtension([...names], true),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return made.toString("pem");
}

/** Throws `REQUEST_MALFORMED` for what is no request, is not signed by its own key, or is of another kind of key. */
async function keyOfRequest(csr: string): Promise<webcrypto.CryptoKey> {
  try {
    if (csr.length > MAX_CSR_CHARACTERS)
      throw new Error(`it is longer than ${MAX_CSR_CHARACTERS} characters`);
    const request = new Pkcs10CertificateRequest(csr);
    const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
    if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
      throw new Error("its key is not one of ECDSA P-256");
    }
    // Who signs it holds the key (RFC 2986, 3).
    if (!(await request.verify())) throw new Error("it is not signed by its own key");
    return await request.publicKey.export(ALGORITHM, ["verify"]);
  } catch (cause) {
    throw new ServerError("REQUEST_MALFORMED", `the signing request is refused: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function isIssuedBy(shown: X509Certificate, authority: X509Certificate, now: number): boolean {
  const inTime = Date.parse(authority.validFrom) <= now && now < Date.parse(authority.validTo);
  return inTime && shown.checkIssued(authority) && shown.verify(authority.publicKey);
}

/**
 * The one host that a certificate names. Node writes alternative names in a line, and a name that could be taken for
 * two in quotes (https://nodejs.org/api/crypto.html#x509subjectaltname): none of ours needs any.
 */
function hostIn({ subjectAltName = "" }: X509Certificate): string | undefined {
  if (subjectAltName.includes('"')) return undefined;
  const uris = subjectAltName.split(", ").filter((name) => name.startsWith("URI:"));
  const [uri = ""] = uris;
  const prefix = `URI:${HOST_URI}`;
  const host = uri.slice(prefix.length);
  return uris.length === 1 && uri.startsWith(prefix) && isHostName(host) ? host : undefined;
}

function isDnsName(host: string): boolean {
  const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/u;
  return host.length <= 253 && host.split(".").every((part) => label.test(part));
}

/** 128 random bits; two leading bits are set so that it is positive and never short (RFC 5280, 4.1.2.2). */
function makeSerial(): string {
  const bytes = randomBytes(17);
  bytes[0] = 0x40;
  return bytes.toString("hex");
}

async function signingKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/gu, ""), "base64");
  return await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return KeyObject.from(key).export({ format: "pem", type: "pkcs8" }).toString();
}

function sameList(found: readonly string[] | undefined, expected: readonly string[]): boolean {
  return JSON.stringify(found ?? []) === JSON.stringify(expected);
}
