/** An IPv4 or IPv6 address in parts that compare. Mapped ones are IPv4, as the kernel speaks to them. */
export type Address = readonly number[];

export interface Network {
  readonly address: Address;
  readonly bits: number;
}

/** Reads an address; undefined where it is none. IPv4 has one part of 32 bits, IPv6 four. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(":")) {
    const number = parseIpv4(text);
    return number === undefined ? undefined : [number];
  }
  const groups = parseGroups(text);
  if (groups === undefined) return undefined;
  const words = [0, 2, 4, 6].map((at) => (groups[at] ?? 0) * 65_536 + (groups[at + 1] ?? 0));
  const [first, second, third, last] = words;
  return first === 0 && second === 0 && third === 0xffff && last !== undefined ? [last] : words;
}

/** Reads an address with or without a length: `10.0.0.0/8`. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const whole = address.length * 32;
  if (slash < 0) return { address, bits: whole };
  const length = /^\d{1,3}$/u.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : -1;
  // The length of a mapped network counts from the start of the IPv6 address.
  const bits = text.includes(":") && address.length === 1 ? length - 96 : length;
  return bits >= 0 && bits <= whole ? { address, bits } : undefined;
}

/** One text for each address, however it was written. */
export function addressKey(address: Address): string {
  return address.join(":");
}

export function isInNetwork(address: Address, network: Network): boolean {
  if (address.length !== network.address.length) return false;
  for (let at = 0, left = network.bits; left > 0; at += 1, left -= 32) {
    const unit = 2 ** Math.max(0, 32 - left);
    if (Math.floor((address[at] ?? 0) / unit) !== Math.floor((network.address[at] ?? 0) / unit)) return false;
  }
  return true;
}

/** Networks by length, so that looking an address up does not depend on how many there are. */
export class NetworkSet {
  readonly #byBits = new Map<
    string,
    { readonly bits: number; readonly parts: number; readonly keys: Set<string> }
  >();

  constructor(networks: Iterable<Network>) {
    for (const { address, bits } of networks) {
      const id = `${address.length}/${bits}`;
      const group = this.#byBits.get(id) ?? { bits, parts: address.length, keys: new Set<string>() };
      this.#byBits.set(id, group);
      group.keys.add(prefixKey(address, bits));
    }
  }

  has(address: Address): boolean {
    for (const { bits, parts, keys } of this.#byBits.values()) {
      if (parts === address.length && keys.has(prefixKey(address, bits))) return true;
    }
    return false;
  }
}

function prefixKey(address: Address, bits: number): string {
  const parts = address.map((part, at) => {
    const unit = 2 ** Math.min(32, Math.max(0, 32 * (at + 1) - bits));
    return Math.floor(part / unit) * unit;
  });
  return addressKey(parts);
}

function parseIpv4(text: string): number | undefined {
  const bytes = text.split(".");
  if (bytes.length !== 4) return undefined;
  let number = 0;
  for (const byte of bytes) {
    if (!/^\d{1,3}$/u.test(byte) || Number(byte) > 255) return undefined;
    number = number * 256 + Number(byte);
  }
  return number;
}

function parseGroups(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] ?? "");
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? "") : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1) return missing === 0 ? head : undefined;
  return missing < 1 ? undefined : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [at, part] of parts.entries()) {
    const ipv4 = at === parts.length - 1 && part.includes(".") ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(Math.floor(ipv4 / 65_536), ipv4 % 65_536);
    else if (/^[0-9a-fA-F]{1,4}$/u.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
