import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, rootCertificates } from "node:tls";
import { AddressGuard, type ConnectionPeer, peerOf } from "@pratique/http";
import type { ChannelEffects } from "./channel.ts";

/** Where to connect to, and how. */
export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** Absent for a connection in the clear. */
  readonly tls?: {
    /** Our own certificate and its key, in PEM. */
    readonly certificate?: string;
    readonly key?: string;
  };
}

/** A connected socket: over TLS, one that has proved itself. The caller destroys it. */
export interface OpenedSocket {
  readonly socket: Socket;
  readonly peer: ConnectionPeer;
}

/** Connects where the operator permits it. The signal destroys the socket, whenever it fires. */
export async function openSocket(
  target: SocketTarget,
  effects: ChannelEffects,
  signal: AbortSignal,
): Promise<OpenedSocket> {
  const guard = new AddressGuard(effects.addresses, effects.resolve);
  guard.checkLiteral(target.host);
  signal.throwIfAborted();
  const socket = begin(target, effects, guard);
  const abort = () => socket.destroy(new Error("ended by its signal"));
  signal.addEventListener("abort", abort, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", abort));
  await new Promise<void>((resolve, reject) => {
    socket.once(target.tls === undefined ? "connect" : "secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed before it was connected")));
  });
  // From here on whoever reads or writes hears of errors; one that nobody waits for must not end the process.
  socket.on("error", () => undefined);
  guard.checkPeer(target.host, socket.remoteAddress);
  return { socket, peer: peerOf(target.host, socket) };
}

function begin({ host, port, tls }: SocketTarget, effects: ChannelEffects, guard: AddressGuard): Socket {
  const to = { host, port, lookup: guard.lookup };
  if (tls === undefined) return connectTcp(to);
  return connectTls({
    ...to,
    ...tlsOptionsFor(host, effects),
    ...(tls.certificate !== undefined && { cert: tls.certificate }),
    ...(tls.key !== undefined && { key: tls.key }),
  });
}

/** How TLS is spoken to a host: checked, 1.2 at least. */
export function tlsOptionsFor(host: string, { extraCertificates = [] }: ChannelEffects) {
  return {
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    // RFC 6066 section 3: a literal address is not sent as a server's name.
    ...(isIP(host) === 0 && { servername: host }),
    ...(extraCertificates.length > 0 && { ca: [...rootCertificates, ...extraCertificates] }),
  } as const;
}
