import { expect, it } from "vitest";
import { anyPort, canonicalName, nearPeers, peerSubject, siteOf, widePeers } from "./peer-pattern.ts";

it.each([
  ["www.example.com", "example.com"],
  ["example.com", "example.com"],
  ["a.b.example.co.uk", "example.co.uk"],
  ["example.co.uk", "example.co.uk"],
  ["*.example.com", "example.com"],
  ["db", "db"],
  ["evil.github.io", "evil.github.io"],
  ["a.evil.github.io", "evil.github.io"],
  ["*.evil.github.io", "evil.github.io"],
  ["github.io", "github.io"],
  ["bucket.s3.amazonaws.com", "bucket.s3.amazonaws.com"],
  ["x.bucket.s3.amazonaws.com", "bucket.s3.amazonaws.com"],
  ["192.0.2.1", undefined],
  ["192.0.0.0/16", undefined],
  ["2001:db8::1", undefined],
])("takes %s for a name of %s", (host, site) => {
  expect(siteOf(host)).toBe(site);
});

it.each([
  ["WWW.Example.COM.", "www.example.com"],
  ["_sip._tcp.example.com", "_sip._tcp.example.com"],
  ["*.example.com", undefined],
  ["a..b", undefined],
  ["", undefined],
  ["a b", undefined],
  ["192.0.2.1", undefined],
  ["x".repeat(300), undefined],
])("writes the name %j as %j", (text, expected) => {
  expect(canonicalName(text)).toBe(expected);
});

it.each([
  ["192.0.2.1 tcp/443", "192.0.0.0/16", "192.0.2.0/24 tcp/443", "192.0.0.0/16 tcp/443", "192.0.0.0/16 *"],
  [
    "2001:db8:1::9 udp/53",
    "2001:db8::/32",
    "2001:db8:1::/64 udp/53",
    "2001:db8::/32 udp/53",
    "2001:db8::/32 *",
  ],
  ["a.example.com tcp/80", "example.com", "*.example.com tcp/80", "*.example.com tcp/80", "*.example.com *"],
  ["db tcp/5432", "db", "db tcp/5432", "db tcp/5432", "db *"],
])("makes %s coarser", (peer, subject, near, wide, any) => {
  expect([peerSubject(peer), nearPeers(peer), widePeers(peer), anyPort(peer)]).toEqual([
    subject,
    near,
    wide,
    any,
  ]);
});
