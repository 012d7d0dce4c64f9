import { isIPv4, isIPv6 } from "node:net";
import { assert, ipV4, ipV6, property } from "fast-check";
import { expect, it } from "vitest";
import { addressKey, formatAddress, isLoopback, isUnspecified } from "./address-key.ts";

it.each([
  ["203.0.113.7", "::ffff:203.0.113.7"],
  ["203.0.113.7", "::FFFF:cb00:7107"],
  ["203.0.113.7", "64:ff9b::203.0.113.7"],
  ["203.0.113.7", "64:ff9b::cb00:7107"],
  ["2001:db8::1", "2001:0db8:0:0:0:0:0:1"],
  ["fe80::1", "fe80::1%eth0"],
])("takes %s and %s for one peer", (left, right) => {
  expect(addressKey(right)).toBe(addressKey(left));
  expect(addressKey(left)).toMatch(/^[0-9a-f]{32}$/u);
});

it.each(["", "203.0.113", "203.0.113.256", "example.com", "1::2::3", "::ffff:203.0.113.7:443"])(
  "takes %j for no address",
  (text) => {
    expect(addressKey(text)).toBeUndefined();
  },
);

it("gives different peers different keys, and writes each so that it is read again", () => {
  const bytes = (key: string | undefined) => Buffer.from(key ?? "", "hex");
  assert(property(ipV4(), (address) => formatAddress(bytes(addressKey(address))) === address));
  assert(
    property(ipV6(), (address) => {
      const text = formatAddress(bytes(addressKey(address)));
      return (isIPv6(text) || isIPv4(text)) && addressKey(text) === addressKey(address);
    }),
  );
});

it.each([
  ["127.0.0.1", true, false],
  ["127.8.9.10", true, false],
  ["::1", true, false],
  ["::ffff:127.0.0.1", true, false],
  ["0.0.0.0", false, true],
  ["::", false, true],
  ["::ffff:0.0.0.0", false, true],
  ["10.0.0.1", false, false],
  ["::1:0", false, false],
])("knows whether %s is loopback (%s) or nobody's (%s)", (address, loopback, unspecified) => {
  expect([isLoopback(address), isUnspecified(address)]).toEqual([loopback, unspecified]);
});
