import { array, assert, nat, property } from "fast-check";
import { expect, it } from "vitest";
import { formatAddress, maskAddress, parseAddress } from "./network-address.ts";

it.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:0201", "192.0.2.1"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::", "fe80::"],
  ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
])("reads %s as %s", (text, expected) => {
  const groups = parseAddress(text);
  expect(groups === undefined ? undefined : formatAddress(groups)).toBe(expected);
});

it.each([
  "",
  "1.2.3",
  "1.2.3.256",
  "01.2.3.4",
  "1.2.3.4.5",
  "::1::",
  ":::",
  "1:2:3",
  "12345::",
  "g::",
  "1.2.3.4::",
  "::1%eth0",
])("refuses %j", (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

it.each([
  ["203.0.113.77", 24, "203.0.113.0"],
  ["203.0.113.77", 16, "203.0.0.0"],
  ["2001:db8:1:2:3::9", 64, "2001:db8:1:2::"],
  ["2001:db8:1:2:3::9", 32, "2001:db8::"],
])("gives of %s the first %i bits", (text, bits, expected) => {
  expect(formatAddress(maskAddress(parseAddress(text) ?? [], bits))).toBe(expected);
});

it("reads what it wrote", () => {
  assert(
    property(array(nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
      const text = formatAddress(groups);
      expect(formatAddress(parseAddress(text) ?? [])).toBe(
        groups.slice(0, 6).join() === "0,0,0,0,0,65535" ? formatAddress(groups.slice(6)) : text,
      );
    }),
  );
});
