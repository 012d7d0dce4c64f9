import { expect, it } from "vitest";
import { addressKey } from "./address-key.ts";
import { isTrackedLive, parseConntrackLine } from "./conntrack.ts";

it.each<[string, string, boolean, readonly string[]]>([
  [
    "ipv4     2 tcp      6 431999 ESTABLISHED src=172.17.0.2 dst=203.0.113.7 sport=40000 dport=443 src=203.0.113.7 dst=192.0.2.1 sport=443 dport=40000 [ASSURED] mark=0 zone=0 use=2",
    "tcp",
    true,
    ["172.17.0.2", "203.0.113.7", "192.0.2.1"],
  ],
  [
    "ipv4     2 tcp      6 100 TIME_WAIT src=172.17.0.2 dst=203.0.113.7 sport=1 dport=2 src=203.0.113.7 dst=172.17.0.2 sport=2 dport=1 [ASSURED] use=1",
    "tcp",
    false,
    ["172.17.0.2", "203.0.113.7"],
  ],
  [
    "ipv6     10 udp      17 29 src=2001:0db8:0000:0000:0000:0000:0000:0001 dst=2001:0db8:0000:0000:0000:0000:0000:0002 sport=1 dport=53 [UNREPLIED] src=2001:0db8:0000:0000:0000:0000:0000:0002 dst=2001:0db8:0000:0000:0000:0000:0000:0001 sport=53 dport=1 use=1",
    "udp",
    true,
    ["2001:db8::1", "2001:db8::2"],
  ],
])("reads %s", (line, protocol, live, addresses) => {
  const connection = parseConntrackLine(line);
  expect(connection).toEqual({
    protocol,
    state: expect.any(String),
    addresses: new Set(addresses.map(addressKey)),
  });
  expect(connection === undefined ? undefined : isTrackedLive(connection)).toBe(live);
});

it.each(["", "ipv4 2 tcp", "ipv4 2 tcp 6 1 ESTABLISHED src=nobody dst=x"])("takes %j for none", (line) => {
  expect(parseConntrackLine(line)).toBeUndefined();
});
