import { type IpNetwork, parseNetwork } from "./address.ts";
import { prefixSetOf } from "./prefix-set.ts";

/**
 * IANA's special-purpose registries (RFC 6890), multicast and reserved space. No feed has a say about them: a block
 * there would cut containers off from the host, from each other, or from the cloud's own services. Networks for
 * documentation are not among them: nobody is there, and examples and tests have to name something.
 */
const SPECIAL = [
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "shared by carriers"],
  ["127.0.0.0/8", "loopback"],
  ["168.63.129.16", "a cloud's own platform"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved for protocols"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "for benchmarks"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["::/8", "reserved, with loopback and unspecified"],
  ["64:ff9b:1::/48", "for local translation"],
  ["100::/8", "reserved, with discard-only"],
  ["2001::/23", "reserved for protocols"],
  ["2002::/16", "6to4"],
  ["fc00::/7", "private"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local"],
  ["ff00::/8", "multicast"],
] as const;

const special = prefixSetOf(SPECIAL.map(([network, why]) => [required(network), why] as const));

/** Why a network is none of the open Internet, or undefined where it is all of it. */
export function specialUseOf(network: IpNetwork): string | undefined {
  return special.find(network);
}

function required(text: string): IpNetwork {
  const network = parseNetwork(text);
  if (network === undefined) throw new TypeError(`no network: ${text}`);
  return network;
}
