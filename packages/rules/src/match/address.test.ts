import { describe, expect, it } from "vitest";
import { addressKey, isInNetwork, NetworkSet, parseAddress, parseNetwork } from "./address.ts";

describe("parseAddress", () => {
  it.each([
    ["::1", "0:0:0:0:0:0:0:1"],
    ["2001:DB8::1", "2001:db8:0:0:0:0:0:1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:c000:201", "192.0.2.1"],
    ["1::", "1:0:0:0:0:0:0:0"],
  ])("takes %s and %s for the same", (left, right) => {
    expect(parseAddress(left)).toEqual(parseAddress(right));
    expect(addressKey(parseAddress(left) ?? [])).not.toBe("");
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "a.b.c.d",
    "1.2.3.4:80",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "g::",
    "12345::",
    "::1.2.3",
    "localhost",
    "1.2.3.4 ",
  ])("refuses %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("networks", () => {
  it.each([
    ["10.0.0.0/8", "10.255.1.2", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["192.0.2.128/25", "192.0.2.127", false],
    ["192.0.2.128/25", "192.0.2.129", true],
    ["0.0.0.0/0", "203.0.113.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["203.0.113.1", "203.0.113.1", true],
    ["203.0.113.1", "203.0.113.2", false],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["fe80::/10", "febf::1", true],
    ["::/0", "::1", true],
    ["::ffff:10.0.0.0/104", "10.9.9.9", true],
    ["10.0.0.0/8", "::ffff:10.0.0.1", true],
  ])("%s and %s: %s", (network, address, expected) => {
    const [net, ip] = [parseNetwork(network), parseAddress(address)];
    if (net === undefined || ip === undefined) throw new Error("expected a network and an address");
    expect(isInNetwork(ip, net)).toBe(expected);
    expect(new NetworkSet([net]).has(ip)).toBe(expected);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "::ffff:10.0.0.0/8", "a/8"])(
    "refuses %s",
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );
});
