import { BlockList, isIP } from "node:net";

/** IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast and reserved space (RFC 1112). */
const SPECIAL_V4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // Public by number, but answered by the host of a virtual machine: the platform address of one cloud.
  ["168.63.129.16", 32],
] as const;

/** Global unicast (RFC 4291 section 2.4): what is outside is mapped, translated, local, or not assigned. */
const GLOBAL_V6 = ["2000::", 3] as const;

/** Parts of global unicast that are not: IETF protocols with Teredo, 6to4, and documentation. */
const SPECIAL_V6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
] as const;

const special = new BlockList();
for (const [network, prefix] of SPECIAL_V4) special.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of SPECIAL_V6) special.addSubnet(network, prefix, "ipv6");
const global = new BlockList();
global.addSubnet(...GLOBAL_V6, "ipv6");

/**
 * Whether a literal address is one of the open Internet. Everything else is not: loopback, link-local with
 * the clouds' metadata, private, carrier-grade NAT, multicast, unspecified, documentation; and every IPv6 form
 * that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo), since it may mean another host than
 * it says. What is not an address is not a public one.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4");
    case 6:
      return !address.includes("%") && global.check(address, "ipv6") && !special.check(address, "ipv6");
    default:
      return false;
  }
}
