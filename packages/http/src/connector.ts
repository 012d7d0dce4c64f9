import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { buildConnector } from "undici";
import type { AddressGuard } from "./address-guard.ts";

/** The other end of a connection, and how it proved itself. */
export interface ConnectionPeer {
  /** As the URL or the setting names it. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Absent for a connection in the clear. */
  readonly tls?: TlsPeer;
}

/** What a server showed of itself in a TLS handshake. */
export interface TlsPeer {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** False only where checking was switched off for this host. */
  readonly verified: boolean;
  readonly subject: string;
  readonly issuer: string;
  /** As the certificate says it. */
  readonly validTo: string;
  /** SHA-256 of the certificate, in hexadecimal with colons. */
  readonly fingerprint: string;
}

/** What a connector watches over. */
export interface ConnectorDuties {
  readonly guard: AddressGuard;
  readonly onConnect: ((peer: ConnectionPeer) => void) | undefined;
}

/** Makes connections that the guard permits, and tells of each that it made. */
export function guardedConnector(
  options: buildConnector.BuildOptions,
  { guard, onConnect }: ConnectorDuties,
): buildConnector.connector {
  const connect = buildConnector({ ...options, lookup: guard.lookup });
  return (target, callback) => {
    try {
      guard.checkLiteral(target.hostname);
    } catch (thrown) {
      // Called in a later turn, as the platform's own connections do.
      queueMicrotask(() => callback(asError(thrown), null));
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      try {
        guard.checkPeer(target.hostname, socket.remoteAddress);
        onConnect?.(peerOf(target.hostname, socket));
      } catch (thrown) {
        socket.destroy();
        callback(asError(thrown), null);
        return;
      }
      callback(null, socket);
    });
  };
}

/** Tells who is at the other end of a connected socket. */
export function peerOf(host: string, socket: Socket): ConnectionPeer {
  const { remoteAddress = "", remotePort = 0 } = socket;
  const peer = { host, address: remoteAddress, port: remotePort };
  return socket instanceof TLSSocket ? { ...peer, tls: tlsPeerOf(socket) } : peer;
}

function tlsPeerOf(socket: TLSSocket): TlsPeer {
  const certificate = socket.getPeerCertificate();
  return {
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    verified: socket.authorized,
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validTo: certificate.valid_to ?? "",
    fingerprint: certificate.fingerprint256 ?? "",
  };
}

/** The common name, or the organisation where there is none. A resumed session may show neither. */
function nameOf(name: { readonly CN?: unknown; readonly O?: unknown } | undefined): string {
  const [first] = [name?.CN, name?.O].flat();
  return typeof first === "string" ? first : "";
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
