import { ResponseError } from "../errors.ts";
import { formatAddress, isUnspecified } from "./address-key.ts";

export const socketTables = ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] as const;
export type SocketTableName = (typeof socketTables)[number];

/** A socket as `/proc/net` lists it. */
export interface FlowSocket {
  readonly table: SocketTableName;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** By the kernel's names, `established`; datagram sockets that were connected are so too. */
  readonly state: SocketState;
  /** 0 for one that no process holds any more. */
  readonly inode: number;
}

/** What is told of a socket that leads somewhere. */
export type FlowFacts = Pick<FlowSocket, "table" | "localPort" | "remoteAddress" | "remotePort" | "state">;

/** include/net/tcp_states.h of Linux, from 1. */
const states = [
  "established",
  "syn-sent",
  "syn-received",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "close",
  "close-wait",
  "last-ack",
  "listen",
  "closing",
  "new-syn-received",
] as const;
type SocketState = (typeof states)[number] | "unknown";

/** By the kernel's number. */
export function socketState(number: number): SocketState {
  return states[number - 1] ?? "unknown";
}

const MAX_SOCKETS = 200_000;

/** Data can still pass, or a connection be made. */
export function isLive({ state, remoteAddress }: FlowSocket): boolean {
  if (state === "time-wait" || state === "close" || state === "listen") return false;
  return !isUnspecified(remoteAddress);
}

/** Reads one table of `/proc/PID/net`. Throws `FLOWS_UNREADABLE` for what is none, or too long. */
export function parseSocketTable(table: SocketTableName, text: string): readonly FlowSocket[] {
  const lines = text.split("\n");
  if (lines.length > MAX_SOCKETS) {
    throw new ResponseError("FLOWS_UNREADABLE", `more than ${MAX_SOCKETS} sockets in ${table}`);
  }
  // The first line is the heading.
  return lines
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => parseSocket(table, line));
}

function parseSocket(table: SocketTableName, line: string): FlowSocket {
  const [, local = "", remote = "", state = "", , , , , , inode = ""] = line.trim().split(/\s+/u);
  const [localAddress, localPort] = parseEnd(table, local);
  const [remoteAddress, remotePort] = parseEnd(table, remote);
  return {
    table,
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
    state: socketState(Number.parseInt(state, 16)),
    inode: Number(inode),
  };
}

/** Words of 32 bits in the machine's order, each as a number in hexadecimal. */
function parseEnd(table: SocketTableName, end: string): readonly [string, number] {
  const parts = /^(?<address>[0-9A-F]{8}(?:[0-9A-F]{24})?):(?<port>[0-9A-F]{4})$/u.exec(end)?.groups;
  if (parts === undefined) {
    throw new ResponseError(
      "FLOWS_UNREADABLE",
      `expected an address in ${table}, found ${JSON.stringify(end)}`,
    );
  }
  const bytes = Buffer.from(parts.address ?? "", "hex").swap32();
  return [formatAddress(bytes), Number.parseInt(parts.port ?? "", 16)];
}
