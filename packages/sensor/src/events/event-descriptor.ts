import { constants } from "node:fs";
import type { RuntimeEndpoint, RuntimeProtocol } from "@pratique/core";
import { readAddress, readFile, type WireAddress } from "../wire/structures.ts";
import { wireTags } from "../wire/wire-format.ts";
import type { DescriptorLetter, EventDescriptor } from "./descriptor-types.ts";
import type { ReadableEvent } from "./readable-event.ts";

const AF_INET = 2;
const AF_UNIX = 1;
const AF_NETLINK = 16;
const SOCK_STREAM = 1;
const SOCK_RAW = 3;
const IPPROTO = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, raw: 255 } as const;
const { O_DIRECTORY, S_IFMT, S_IFDIR, S_IFIFO, S_IFSOCK } = constants;

/** A file or directory that was opened: its name is what the process wrote, whether it succeeded or not. */
export function openedDescriptor(event: ReadableEvent): EventDescriptor {
  const isDirectory = ((event.openFlags ?? 0) & O_DIRECTORY) !== 0;
  // A handle names no path: only the kernel knows which file it is. Written out, since most events come through here.
  return {
    number: openedNumber(event),
    letter: isDirectory ? "d" : "f",
    name: event.path ?? event.resolvedPath,
    rawName: event.rawPath ?? event.resolvedPath,
    local: undefined,
    remote: undefined,
    isServer: false,
    protocol: undefined,
  };
}

function openedNumber(event: ReadableEvent): number {
  const { result } = event.record;
  return result < 0 ? -1 : result;
}

/** A socket, of which the record tells the ends as far as there are any. */
export function socketDescriptor(event: ReadableEvent, number: number): EventDescriptor {
  const { record } = event;
  const local = readAddress(record, wireTags.local);
  const remote = readAddress(record, wireTags.remote);
  const some = remote ?? local;
  if (some === undefined) return unixDescriptor(event, number);
  const isListening = remote === undefined;
  const isServer = isListening || event.row.isServer === true || looksServed(event, local, remote);
  const protocol = protocolOf(some);
  return {
    number,
    letter: some.family === AF_INET ? (isListening ? "2" : "4") : isListening ? "3" : "6",
    name: isListening ? endText(local, some) : pairText(local, remote, isServer),
    rawName: undefined,
    local: endOf(local),
    remote: endOf(remote),
    isServer,
    protocol,
  };
}

function unixDescriptor(event: ReadableEvent, number: number): EventDescriptor {
  const path = event.record.text(wireTags.unixPath);
  if (path === undefined)
    return { ...nothingElse, number, letter: familyLetter(event), name: undefined, rawName: undefined };
  const name = path.startsWith("\0") ? `@${path.slice(1)}` : path;
  const end: RuntimeEndpoint = { address: name, port: 0 };
  const isServer = event.row.isServer === true;
  return {
    number,
    letter: "u",
    name,
    rawName: name,
    isServer,
    protocol: "unix",
    local: isServer ? end : undefined,
    remote: isServer ? undefined : end,
  };
}

/** What socket(2) was asked for, where nothing is bound or connected yet. */
function familyLetter(event: ReadableEvent): DescriptorLetter {
  if (event.type !== "socket") return "o";
  switch (event.record.number(wireTags.number0)) {
    case AF_UNIX:
      return "u";
    case AF_INET:
      return "4";
    case 10:
      return "6";
    case AF_NETLINK:
      return "n";
    default:
      return "o";
  }
}

/** A descriptor that the call was given, of whatever kind the record tells. */
export function givenDescriptor(event: ReadableEvent, number: number): EventDescriptor {
  const { record } = event;
  if (record.has(wireTags.remote) || record.has(wireTags.local) || record.has(wireTags.unixPath)) {
    return socketDescriptor(event, number);
  }
  const name = record.text(wireTags.resolved) ?? record.text(wireTags.path);
  return { ...nothingElse, number, letter: fileLetter(readFile(record)?.mode), name, rawName: name };
}

/** The letter of a descriptor by the mode of what it has open. */
export function fileLetter(mode: number | undefined): DescriptorLetter {
  switch ((mode ?? 0) & S_IFMT) {
    case S_IFDIR:
      return "d";
    case S_IFIFO:
      return "p";
    case S_IFSOCK:
      return "u";
    default:
      return "f";
  }
}

const nothingElse = {
  local: undefined,
  remote: undefined,
  isServer: false,
  protocol: undefined,
} as const;

/** Of a datagram that came nobody tells who began: the lower of two ports is the service. */
function looksServed(
  event: ReadableEvent,
  local: WireAddress | undefined,
  remote: WireAddress | undefined,
): boolean {
  if (event.row.receives !== true || local === undefined || remote === undefined) return false;
  return local.port < remote.port;
}

function protocolOf({ type, protocol }: WireAddress): RuntimeProtocol {
  switch (protocol) {
    case IPPROTO.tcp:
      return "tcp";
    case IPPROTO.udp:
      return "udp";
    case IPPROTO.icmp:
    case IPPROTO.icmpv6:
      return "icmp";
    case IPPROTO.raw:
      return "raw";
    default:
      return type === SOCK_RAW ? "raw" : type === SOCK_STREAM ? "tcp" : type === 2 ? "udp" : "other";
  }
}

function pairText(
  local: WireAddress | undefined,
  remote: WireAddress | undefined,
  isServer: boolean,
): string {
  const own = endText(local, remote);
  const other = endText(remote, local);
  return isServer ? `${other}->${own}` : `${own}->${other}`;
}

/** An end that is not known yet is any address of the other's family. */
function endText(end: WireAddress | undefined, other: WireAddress | undefined): string {
  if (end !== undefined) return `${end.address}:${end.port}`;
  return other?.family === AF_INET ? "0.0.0.0:0" : ":::0";
}

function endOf(address: WireAddress | undefined): RuntimeEndpoint | undefined {
  return address === undefined ? undefined : { address: address.address, port: address.port };
}
