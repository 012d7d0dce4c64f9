import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Socket } from "node:net";
import { AddressGuard, type ConnectionPeer } from "@pratique/http";
import type { ChannelEffects, Delivered } from "./channel.ts";
import { type OpenedSocket, openSocket, type SocketTarget } from "./open-socket.ts";
import { countOctets } from "./syslog-record.ts";

// RFC 5426 section 3.2: what every receiver takes in one datagram.
const MAX_DATAGRAM_BYTES = 2048;

/**
 * Sends records over TLS or TCP on a connection of their own, each behind its length. Syslog knows no
 * acknowledgement. What stands in for one: we end our side, and wait until the receiver, having read to the
 * end, ends its own in order. A reset, or a silence up to the signal, is a failure and all is sent again. What
 * TCP cannot tell is a receiver that ended on its own within the same round trip: use `webhook` where that counts.
 */
export async function sendSyslogStream(
  records: readonly string[],
  {
    target,
    effects,
    signal,
    met,
  }: {
    readonly target: SocketTarget;
    readonly effects: ChannelEffects;
    readonly signal: AbortSignal;
    readonly met?: (peer: ConnectionPeer) => void;
  },
): Promise<Delivered> {
  const { socket, peer }: OpenedSocket = await openSocket(target, effects, signal);
  met?.(peer);
  try {
    const ended = orderlyEnd(socket);
    // Awaited below; it must not count as unhandled while the records are still being written.
    ended.catch(() => undefined);
    for (const record of records) {
      if (!socket.write(countOctets(record))) await Promise.race([once(socket, "drain"), ended]);
    }
    socket.end();
    await ended;
    return { peer, answer: "read to the end and closed by the receiver; syslog has no other answer" };
  } finally {
    socket.destroy();
  }
}

/** Settles when the other side has ended: in order, or not. */
function orderlyEnd(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let ended = false;
    socket.once("end", () => {
      // A receiver that ends before we do has not read all.
      ended = socket.writableEnded;
    });
    socket.once("error", reject);
    socket.once("close", () => {
      if (ended) resolve();
      else reject(new Error("the receiver closed before it had read all"));
    });
    // What a receiver says is read, so that its end can be seen, and means nothing.
    socket.resume();
  });
}

/** Sends one record as a datagram (RFC 5426), cut to what every receiver takes. Nobody says if it arrived. */
export async function sendSyslogDatagram(
  record: string,
  { target, effects }: { readonly target: SocketTarget; readonly effects: ChannelEffects },
): Promise<Delivered> {
  const [found] = await new AddressGuard(effects.addresses, effects.resolve).resolve(target.host);
  const { address, family } = found ?? { address: target.host, family: 4 };
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    const datagram = cutBytes(Buffer.from(record, "utf8"), MAX_DATAGRAM_BYTES);
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.send(datagram, target.port, address, (error) => (error === null ? resolve() : reject(error)));
    });
    const peer = { host: target.host, address, port: target.port };
    return { peer, answer: "sent as a datagram; nobody says whether it arrived" };
  } finally {
    socket.close();
  }
}

/** Cuts UTF-8 without leaving half a character. */
function cutBytes(bytes: Buffer, maxBytes: number): Buffer {
  let end = Math.min(bytes.length, maxBytes);
  while (end < bytes.length && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
