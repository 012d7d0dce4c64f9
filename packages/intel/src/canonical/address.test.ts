import { assert, bigInt, constantFrom, integer, ipV6, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { formatAddress, formatNetwork, maskOf, parseAddress, parseNetwork } from "./address.ts";

const canonical = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
};

it.each([
  ["8.8.8.8", "8.8.8.8"],
  ["255.255.255.255", "255.255.255.255"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::", "::"],
  ["1::", "1::"],
  ["::1.2.3.4", "::102:304"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::FFFF:CB00:7107", "203.0.113.7"],
  ["0:0:0:0:0:ffff:8.8.8.8", "8.8.8.8"],
  ["64:ff9b::8.8.8.8", "8.8.8.8"],
])("reads %s as %s", (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

it.each([
  ["octal", "010.8.8.8"],
  ["a leading zero", "8.8.8.08"],
  ["hexadecimal", "0x8.8.8.8"],
  ["three parts", "127.0.1"],
  ["one number", "2130706433"],
  ["five parts", "1.2.3.4.5"],
  ["a part that is too large", "1.2.3.256"],
  ["a part that is missing", "1..3.4"],
  ["a dot at the end", "1.2.3.4."],
  ["a sign", "+1.2.3.4"],
  ["other digits", "１.2.3.4"],
  ["two gaps", "1::2::3"],
  ["a gap of nothing", "1:2:3:4:5:6:7::8"],
  ["nine groups", "1:2:3:4:5:6:7:8:9"],
  ["seven groups", "1:2:3:4:5:6:7"],
  ["a long group", "12345::"],
  ["a zone", "fe80::1%eth0"],
  ["dotted decimal in front", "1.2.3.4::"],
  ["octal in IPv6", "::ffff:010.8.8.8"],
  ["one colon", ":1:2:3:4:5:6:7"],
  ["nothing", ""],
])("refuses %s", (_, text) => {
  expect(parseAddress(text)).toBeUndefined();
});

it.each([
  ["198.51.100.77/24", "198.51.100.0/24"],
  ["198.51.100.77/32", "198.51.100.77"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:db8:1:2:3::/48", "2001:db8:1::/48"],
  ["::ffff:198.51.100.77/120", "198.51.100.0/24"],
])("reads the network %s as %s", (text, expected) => {
  const network = parseNetwork(text);
  expect(network === undefined ? undefined : formatNetwork(network)).toBe(expected);
});

it.each([
  "1.2.3.4/33",
  "1.2.3.4/",
  "1.2.3.4/08",
  "1.2.3.4/-1",
  "1.2.3.4/8/8",
  "::1/129",
  "::ffff:1.2.3.4/90",
  "x/8",
])("refuses the network %s", (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});

it("writes every IPv4 address so that it reads it back", () => {
  assert(
    property(integer({ min: 0, max: 0xffff_ffff }), (value) => {
      expect(parseAddress(formatAddress({ family: 4, value }))).toEqual({ family: 4, value });
    }),
  );
});

it("writes IPv6 as browsers do, and reads it back", () => {
  assert(
    property(ipV6(), (text) => {
      const address = parseAddress(text);
      if (address?.family !== 6) return;
      expect(`[${formatAddress(address)}]`).toBe(new URL(`http://[${text}]/`).hostname);
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
    { numRuns: 500 },
  );
});

it("masks as arithmetic says", () => {
  const v6 = bigInt({ min: 1n << 100n, max: (1n << 128n) - 1n });
  assert(
    property(tuple(v6, integer({ min: 0, max: 128 })), ([value, prefix]) => {
      const size = 1n << BigInt(128 - prefix);
      const masked = maskOf({ family: 6, value }, prefix);
      expect(masked.value).toBe(value - (value % size));
    }),
  );
  assert(
    property(
      tuple(integer({ min: 0, max: 0xffff_ffff }), integer({ min: 0, max: 32 })),
      ([value, prefix]) => {
        expect(maskOf({ family: 4, value }, prefix).value).toBe(value - (value % 2 ** (32 - prefix)));
      },
    ),
  );
});

it("never throws, whatever it reads", () => {
  const piece = constantFrom("1", "ff", ":", "::", ".", "/", "%", "0x", "255", "256", " ", "é");
  assert(
    property(tuple(piece, piece, piece, piece, piece, piece), (pieces) => {
      const network = parseNetwork(pieces.join(""));
      const again = network === undefined ? undefined : parseNetwork(formatNetwork(network));
      expect(again).toEqual(network);
    }),
    { numRuns: 2000 },
  );
});
