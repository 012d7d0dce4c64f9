import type { X509Certificate } from "node:crypto";
import { rmSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { connect } from "node:tls";
import { type IssuedCertificate, joinHost } from "@pratique/api";
import { MiB } from "@pratique/core";
import { z } from "zod";
import { replaceFileForGood } from "../durable-file.ts";
import { AgentError } from "../errors.ts";
import { type HostIdentity, IdentityFile } from "./identity-file.ts";
import { checkIssued, heldIdentity } from "./issued-identity.ts";
import { checkServerCertificate, whyUnreachable } from "./server-trust.ts";
import { makeSigningRequest } from "./signing-request.ts";

const DEADLINE_MS = 15_000;
const MAX_CHAIN = 8;
const MAX_REPLY_BYTES = MiB;
const DEFAULT_PORT = 8444;

/** What lets a host join: the secret, and by what it knows the server before it tells it. */
export interface JoinToken {
  readonly secret: string;
  /** SHA-256 of the authority's certificate, in base64url. */
  readonly fingerprint: string;
}

export interface JoinOptions {
  /** `https://server.example:8444`. */
  readonly url: string;
  readonly token: JoinToken;
  /** By what name the host is known from then on. */
  readonly host: string;
  readonly version: string;
  /** Where the identity is kept. */
  readonly directory: string;
  /** Replaces the identity that is there. */
  readonly force: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Takes a token apart. `fingerprint` is for those that carry none: `sha256:` and 64 hexadecimal digits. Throws
 * `TOKEN_MALFORMED`.
 */
export function parseJoinToken(text: string, fingerprint?: string): JoinToken {
  const parts = /^prqj_(?<secret>[A-Za-z0-9_-]{43})_(?<print>[A-Za-z0-9_-]{43})$/u.exec(text.trim())?.groups;
  const given = fingerprint === undefined ? undefined : fingerprintIn(fingerprint);
  const secret = parts?.secret ?? text.trim();
  const known = given ?? parts?.print;
  if (secret === "" || known === undefined) {
    throw new AgentError(
      "TOKEN_MALFORMED",
      "expected a token like prqj_…_…, as pratique server join-token prints it",
    );
  }
  return { secret, fingerprint: known };
}

/**
 * Joins this host: makes its key, which stays here, and has it certified. The server is known by the fingerprint
 * before it is told anything. Rejects with `IDENTITY_EXISTS`, `SERVER_UNREACHABLE`, `SERVER_UNTRUSTED`,
 * `JOIN_REFUSED`, and with what the file system says.
 */
export async function joinServer(options: JoinOptions): Promise<HostIdentity> {
  const file = new IdentityFile(options.directory);
  if (!options.force && file.read() !== undefined) {
    throw new AgentError("IDENTITY_EXISTS", "this host has joined already");
  }
  const target = targetOf(options.url);
  const authority = await findAuthority(target, options.token.fingerprint);
  const { key, csr } = makeSigningRequest();
  // A disk that cannot hold it is heard of before the token is used up.
  const pending = path.join(options.directory, "pending-key.pem");
  replaceFileForGood(pending, key);
  try {
    const { secret } = options.token;
    const { host, version } = options;
    const issued = await askToJoin(target, authority, { secret, host, version, csr });
    checkIssued(issued, { key, host, authority });
    const identity = heldIdentity(issued, { url: target.url, key, now: options.now() });
    file.write(identity);
    return identity;
  } finally {
    rmSync(pending, { force: true });
  }
}

interface Target {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

function targetOf(text: string): Target {
  const url = URL.parse(text.includes("://") ? text : `https://${text}`);
  if (url === null || url.protocol !== "https:" || url.username !== "" || !["", "/"].includes(url.pathname)) {
    throw new AgentError("SERVER_UNREACHABLE", `expected https://HOST:PORT, found ${JSON.stringify(text)}`);
  }
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const host = url.hostname.replace(/^\[(?<address>.*)\]$/u, "$<address>");
  return { url: `https://${url.hostname}:${port}`, host, port };
}

/** The certificate with the fingerprint, out of those that the server shows. Nothing is sent. */
async function findAuthority({ host, port }: Target, fingerprint: string): Promise<X509Certificate> {
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate | undefined>();
  // Nothing is believed of this connection: it is asked for certificates, and the next one checks them.
  const socket = connect({ host, port, minVersion: "TLSv1.3", rejectUnauthorized: false });
  const deadline = setTimeout(() => socket.destroy(new Error("it does not answer")), DEADLINE_MS);
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("it closed the connection")));
  socket.once("secureConnect", () => resolve(authorityIn(socket.getPeerX509Certificate(), fingerprint)));
  try {
    const found = await promise;
    if (found !== undefined) return found;
  } catch (cause) {
    throw unreachable(cause);
  } finally {
    clearTimeout(deadline);
    socket.destroy();
  }
  throw new AgentError(
    "SERVER_UNTRUSTED",
    "the server's authority does not have the fingerprint of the token: it is another server, or somebody stands between",
  );
}

function authorityIn(shown: X509Certificate | undefined, fingerprint: string): X509Certificate | undefined {
  let certificate = shown;
  for (let depth = 0; depth < MAX_CHAIN && certificate !== undefined; depth += 1) {
    if (certificate.ca && printOf(certificate) === fingerprint) return certificate;
    certificate = certificate.issuerCertificate;
  }
  return undefined;
}

async function askToJoin(
  { host, port }: Target,
  authority: X509Certificate,
  body: z.input<typeof joinHost.body>,
): Promise<IssuedCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const text = JSON.stringify(body);
  const call = request(
    {
      host,
      port,
      path: joinHost.path,
      method: joinHost.method,
      agent: false,
      ca: authority.toString(),
      minVersion: "TLSv1.3",
      checkServerIdentity: checkServerCertificate,
      signal: AbortSignal.timeout(DEADLINE_MS),
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    },
    (response) => {
      let read = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        read += piece;
        if (read.length > MAX_REPLY_BYTES) response.destroy(new Error("the reply is too long"));
      });
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text: read }));
    },
  );
  call.once("error", reject);
  call.end(text);
  const reply = await promise.catch((cause: unknown) => {
    throw unreachable(cause);
  });
  if (reply.status === 200) return joinHost.reply.parse(JSON.parse(reply.text));
  throw new AgentError(
    "JOIN_REFUSED",
    `the server does not let ${JSON.stringify(body.host)} join: ${detailIn(reply)}`,
  );
}

function detailIn({ status, text }: { readonly status: number; readonly text: string }): string {
  try {
    return z.object({ detail: z.string() }).parse(JSON.parse(text)).detail;
  } catch {
    return `it answered ${status}`;
  }
}

/** Throws `TOKEN_MALFORMED`. Colons between the bytes, as other tools print them, are let pass. */
function fingerprintIn(text: string): string {
  const hex = text
    .trim()
    .toLowerCase()
    .replace(/^sha256:/u, "")
    .replaceAll(":", "");
  if (/^[0-9a-f]{64}$/u.test(hex)) return Buffer.from(hex, "hex").toString("base64url");
  throw new AgentError(
    "TOKEN_MALFORMED",
    `expected sha256: and 64 hexadecimal digits, found ${JSON.stringify(text)}`,
  );
}

function printOf(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex").toString("base64url");
}

function unreachable(cause: unknown): AgentError {
  return new AgentError("SERVER_UNREACHABLE", `the server cannot be reached: ${whyUnreachable(cause)}`, {
    cause,
  });
}
