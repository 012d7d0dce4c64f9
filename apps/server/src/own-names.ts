import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";

/** What a server's names follow from. */
export interface NameOptions {
  /** The address that is listened on. */
  readonly host: string;
  /** Further names and addresses by which browsers call. */
  readonly names: readonly string[];
  /** The console as people reach it, perhaps through a proxy. */
  readonly publicUrl: string | undefined;
}

/** Where this machine can be reached. */
export interface Machine {
  readonly name: string;
  /** Without those of loopback. */
  readonly addresses: readonly string[];
}

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];
const WILDCARDS: readonly string[] = ["0.0.0.0", "::"];
/** What browsers leave out of an address. */
const HTTPS_PORT = 443;
/** A machine of many bridges has an address on each. */
const MAX_ADDRESSES = 64;

/** The names that a server's certificate is for. One that listens everywhere has those of its machine. */
export function ownNames({ host, names, publicUrl }: NameOptions, machine: Machine): readonly string[] {
  const listening = WILDCARDS.includes(host) ? machine.addresses.filter((each) => hears(host, each)) : [host];
  const own = isLoopback(host) ? [] : [machine.name];
  const outside = publicUrl === undefined ? [] : [unbracketed(new URL(publicUrl).hostname)];
  return [
    ...new Set([...LOOPBACK, ...listening, ...own, ...names, ...outside].map((name) => name.toLowerCase())),
  ];
}

/** What the Host header of a browser may be. */
export function ownHosts(
  names: readonly string[],
  { port, publicUrl }: { readonly port: number; readonly publicUrl: string | undefined },
): ReadonlySet<string> {
  const hosts = names.flatMap((name) =>
    port === HTTPS_PORT ? [authority(name, port), bracketed(name)] : [authority(name, port)],
  );
  return new Set(publicUrl === undefined ? hosts : [...hosts, new URL(publicUrl).host]);
}

/** The address of the console: as it was said, or else where it listens, by a name that others can use. */
export function ownOrigin({ host, publicUrl }: NameOptions, machine: Machine, port: number): string {
  if (publicUrl !== undefined) return publicUrl;
  return `https://${authority(WILDCARDS.includes(host) ? machine.name : host, port)}`;
}

export function authority(name: string, port: number): string {
  return `${bracketed(name)}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal, address }) => !internal && !isLinkLocal(address))
    .map(({ address }) => address);
  return { name: hostname(), addresses: addresses.slice(0, MAX_ADDRESSES) };
}

/** Those hold on one wire only, and browsers cannot write them (RFC 6874 never came to be). */
function isLinkLocal(address: string): boolean {
  return address.startsWith("fe80:") || address.startsWith("169.254.");
}

/** IPv6's wildcard takes IPv4 as well, and not the other way round. */
function hears(wildcard: string, address: string): boolean {
  return wildcard === "::" || isIP(address) === 4;
}

function bracketed(name: string): string {
  return isIP(name) === 6 ? `[${name}]` : name;
}

function unbracketed(name: string): string {
  return name.replace(/^\[(?<address>.*)\]$/u, "$<address>");
}
