/** An IPv4 address as a number, or an IPv6 address as a big one. */
export type IpAddress =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly value: bigint };

/** An address with the length of its prefix; a whole address has 32 or 128. Bits behind the prefix are zero. */
export type IpNetwork = IpAddress & { readonly prefix: number };

const V4_BITS = 32;
const V6_BITS = 128;
const GROUPS = 8;

/** `::ffff:0:0/96` (RFC 4291 section 2.5.5.2) and `64:ff9b::/96` (RFC 6052): an IPv4 host in other clothes. */
const CARRIES_V4 = [0xffffn << 32n, 0x64_ff9bn << 96n] as const;
const LOW_32 = 0xffff_ffffn;

/**
 * Reads an address in one of its unambiguous forms: dotted decimal without leading zeros, or any text of RFC 4291
 * without a zone. What C's `inet_aton` takes besides (octal, hexadecimal, fewer parts) means different hosts to
 * different programs, and is none. IPv4 in IPv6 is the IPv4 address that it stands for.
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (!text.includes(":")) {
    const value = parseV4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseV6(text);
  return value === undefined ? undefined : carried(value);
}

/** Reads `ADDRESS/LENGTH`, or an address as a network of its own. Bits behind the prefix are cleared. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf("/");
  const bare = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(bare);
  if (address === undefined) return undefined;
  if (slash < 0) return wholeOf(address);
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/u.test(length)) return undefined;
  // A mapped network counts its bits from the start of the IPv6 address.
  const prefix = Number(length) - (address.family === 4 && bare.includes(":") ? V6_BITS - V4_BITS : 0);
  return prefix < 0 || prefix > bitsOf(address) ? undefined : maskOf(address, prefix);
}

/** An address as the network that holds nothing else. */
export function wholeOf(address: IpAddress): IpNetwork {
  return { ...address, prefix: bitsOf(address) };
}

/** The network of a length that an address is in. */
export function maskOf(address: IpAddress, prefix: number): IpNetwork {
  if (address.family === 4) {
    // A shift by 32 is none in JavaScript.
    const mask = prefix === 0 ? 0 : (-1 << (V4_BITS - prefix)) >>> 0;
    return { family: 4, value: (address.value & mask) >>> 0, prefix };
  }
  const host = BigInt(V6_BITS - prefix);
  return { family: 6, value: (address.value >> host) << host, prefix };
}

/** Whether a network is a single address. */
export function isWhole({ family, prefix }: IpNetwork): boolean {
  return prefix === (family === 4 ? V4_BITS : V6_BITS);
}

/** As RFC 5952 has it; a network that is more than an address with its length. */
export function formatNetwork(network: IpNetwork): string {
  const text = formatAddress(network);
  return isWhole(network) ? text : `${text}/${network.prefix}`;
}

/** As RFC 5952 has it. */
export function formatAddress(address: IpAddress): string {
  if (address.family === 4) {
    const { value } = address;
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  const groups = groupsOf(address.value);
  const { start, length } = longestZeros(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function bitsOf({ family }: IpAddress): number {
  return family === 4 ? V4_BITS : V6_BITS;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** By hand: feeds have hundreds of thousands of them. */
function parseV4(text: string): number | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || dots === 3) return undefined;
      value = value * 256 + part;
      part = 0;
      digits = 0;
      dots += 1;
    } else {
      const digit = code - ZERO;
      // A leading zero is octal to some, decimal to others.
      if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return undefined;
      part = part * 10 + digit;
      digits += 1;
      if (part > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + part : undefined;
}

function parseV6(text: string): bigint | undefined {
  if (text.length > 45) return undefined;
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const left = parseGroups(head, tail === undefined);
  const right = tail === undefined ? [] : parseGroups(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = GROUPS - left.length - right.length;
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  let value = 0n;
  for (const group of [...left, ...Array.from({ length: missing }, () => 0), ...right]) {
    value = (value << 16n) | BigInt(group);
  }
  return value;
}

/** The groups of one side of `::`; the last may be dotted decimal where the address ends with it. */
function parseGroups(text: string, mayEndDotted: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/iu.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const value = mayEndDotted && index === parts.length - 1 ? parseV4(part) : undefined;
      if (value === undefined) return undefined;
      groups.push(value >>> 16, value & 0xffff);
    }
  }
  return groups.length > GROUPS ? undefined : groups;
}

function carried(value: bigint): IpAddress {
  const high = value - (value & LOW_32);
  return CARRIES_V4.some((prefix) => prefix === high)
    ? { family: 4, value: Number(value & LOW_32) }
    : { family: 6, value };
}

function groupsOf(value: bigint): readonly number[] {
  return Array.from({ length: GROUPS }, (_, index) =>
    Number((value >> BigInt(16 * (GROUPS - 1 - index))) & 0xffffn),
  );
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
