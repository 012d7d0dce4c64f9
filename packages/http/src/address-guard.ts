import { ADDRCONFIG } from "node:dns";
import { lookup as lookUpName } from "node:dns/promises";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { HttpError } from "./errors.ts";
import { isPublicAddress } from "./public-address.ts";

/**
 * Which addresses may be connected to. `public` refuses whatever is not an address of the open Internet;
 * networks in `allow` (`10.1.0.0/16`, `fd00:1::/64`, `192.0.2.7`) are let through besides.
 */
export type AddressRule = "any" | "public" | { readonly allow: readonly string[] };

/** One address that a name resolves to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Resolves a name as the host would. */
export type ResolveName = (hostname: string) => Promise<readonly ResolvedAddress[]>;

const MAX_NETWORKS = 1000;

/**
 * Keeps connections away from addresses that the other end of a setting has no business to reach: loopback,
 * cloud metadata, the private network. What is judged is the address that is connected to, inside the
 * connection's own look-up, so that a name cannot be one thing when it is checked and another when it is used.
 */
export class AddressGuard {
  /** For `net.connect`, `tls.connect` and `dgram.createSocket`. They do not ask it about literal addresses. */
  readonly lookup: LookupFunction;
  readonly #isAny: boolean;
  readonly #allowed: BlockList;
  readonly #resolve: ResolveName;

  /** Throws `NETWORK_MALFORMED`. */
  constructor(rule: AddressRule, resolve: ResolveName = resolveName) {
    this.#isAny = rule === "any";
    this.#allowed = networksOf(typeof rule === "string" ? [] : rule.allow);
    this.#resolve = resolve;
    this.lookup = (hostname, options, callback) => {
      void this.#answer(hostname, options.all === true, callback);
    };
  }

  /** Whether a connection to an address, given as a literal, may be made. */
  permits(address: string): boolean {
    if (this.#isAny) return true;
    const bare = withoutZone(address);
    if (isIP(bare) === 0) return false;
    return isPublicAddress(address) || this.#allowed.check(bare, isIP(bare) === 6 ? "ipv6" : "ipv4");
  }

  /** Throws `ADDRESS_FORBIDDEN` for a host that is a literal address which may not be connected to. */
  checkLiteral(host: string): void {
    const bare = host.replace(/^\[(?<inner>.*)\]$/u, "$<inner>");
    if (isIP(bare) !== 0 && !this.permits(bare)) throw forbidden(host, [bare]);
  }

  /** Throws `ADDRESS_FORBIDDEN` for a connected socket whose other end is not permitted, or unknown. */
  checkPeer(host: string, address: string | undefined): void {
    if (!this.permits(address ?? "")) throw forbidden(host, [address ?? "unknown"]);
  }

  /** The addresses of a name or literal that may be connected to. Rejects with `ADDRESS_FORBIDDEN` for none. */
  async resolve(host: string): Promise<readonly ResolvedAddress[]> {
    this.checkLiteral(host);
    const found = await this.#resolve(host);
    const permitted = found.filter(({ address }) => this.permits(address));
    if (permitted.length > 0) return permitted;
    throw forbidden(
      host,
      found.map(({ address }) => address),
    );
  }

  async #answer(host: string, all: boolean, callback: Parameters<LookupFunction>[2]): Promise<void> {
    const found = await this.resolve(host).catch(asError);
    if (found instanceof Error) callback(found, []);
    else if (all) callback(null, [...found]);
    else callback(null, found[0]?.address ?? "", found[0]?.family);
  }
}

function networksOf(networks: readonly string[]): BlockList {
  if (networks.length > MAX_NETWORKS) {
    throw new HttpError("NETWORK_MALFORMED", `expected at most ${MAX_NETWORKS} networks`);
  }
  const list = new BlockList();
  for (const network of networks) addNetwork(list, network);
  return list;
}

function addNetwork(list: BlockList, network: string): void {
  const [address = "", prefix, ...rest] = network.split("/");
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/u.test(prefix) && Number(prefix) <= bits);
  if (family === 0 || address.includes("%") || !isPrefix || rest.length > 0) {
    throw new HttpError("NETWORK_MALFORMED", `expected a network, found ${JSON.stringify(network)}`);
  }
  list.addSubnet(address, prefix === undefined ? bits : Number(prefix), family === 6 ? "ipv6" : "ipv4");
}

function forbidden(host: string, addresses: readonly string[]): HttpError {
  const named = addresses.slice(0, 3).map((address) => JSON.stringify(address));
  const found = named.length === 0 ? "no address" : named.join(", ");
  return new HttpError(
    "ADDRESS_FORBIDDEN",
    `expected an address that may be connected to for ${JSON.stringify(host)}, found ${found}`,
  );
}

function resolveName(hostname: string): Promise<readonly ResolvedAddress[]> {
  // As the platform does for its own connections: no IPv6 where the host has none.
  return lookUpName(hostname, { all: true, hints: ADDRCONFIG });
}

function withoutZone(address: string): string {
  return address.split("%", 1)[0] ?? address;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
