import { array, assert, constantFrom, property, string } from "fast-check";
import { expect, it } from "vitest";
import { readPattern } from "./pattern.ts";

const termsOf = (pattern: string): unknown => {
  const reading = readPattern(pattern);
  return reading.kind === "terms"
    ? reading.terms.map(({ text, port }) => (port === undefined ? text : `${text} at ${port}`))
    : reading.reason;
};

it.each([
  ["[ipv4-addr:value = '198.51.100.7']", ["198.51.100.7"]],
  ["[ ipv6-addr:value='2001:db8::1' ]", ["2001:db8::1"]],
  [
    "[domain-name:value = 'a.example'] OR [url:value = 'http://b.example/x']",
    ["a.example", "http://b.example/x"],
  ],
  ["[ipv4-addr:value IN ('198.51.100.7', '198.51.100.8')]", ["198.51.100.7", "198.51.100.8"]],
  ["[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ["198.51.100.0/24"]],
  ["[(domain-name:value = 'a.example' OR domain-name:value = 'b.example')]", ["a.example", "b.example"]],
  ["([domain-name:value = 'a.example'])", ["a.example"]],
  [
    "[network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
    ["198.51.100.7 at 443"],
  ],
  [
    "[network-traffic:dst_port IN (80, 443) AND ipv4-addr:value = '198.51.100.7']",
    ["198.51.100.7 at 80", "198.51.100.7 at 443"],
  ],
  ["[file:hashes.'SHA-256' = 'aa']", ["aa"]],
  ["[domain-name:value = 'it\\'s.example']", ["it's.example"]],
])("reads %s", (pattern, terms) => {
  expect(termsOf(pattern)).toEqual(terms);
});

it.each([
  ["two conditions of one event", "[ipv4-addr:value = '198.51.100.7' AND domain-name:value = 'a.example']"],
  ["two events", "[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']"],
  [
    "one event after another",
    "[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']",
  ],
  ["a qualifier", "[domain-name:value = 'a.example'] REPEATS 5 TIMES"],
  ["a window", "[domain-name:value = 'a.example'] WITHIN 60 SECONDS"],
  ["what is not so", "[NOT domain-name:value = 'a.example']"],
  ["an inequality", "[domain-name:value != 'a.example']"],
  ["a negated list", "[ipv4-addr:value NOT IN ('198.51.100.7')]"],
  ["a likeness", "[domain-name:value LIKE '%.example']"],
  ["an expression", "[domain-name:value MATCHES '.*']"],
  ["a subset of names", "[domain-name:value ISSUBSET 'a.example']"],
  ["a port alone", "[network-traffic:dst_port = 443]"],
  ["a port or an address", "[network-traffic:dst_port = 443 OR ipv4-addr:value = '198.51.100.7']"],
  ["a port and a name", "[domain-name:value = 'a.example' AND network-traffic:dst_port = 443]"],
  ["another object", "[process:name = 'sh']"],
  ["the source of traffic", "[network-traffic:src_ref.value = '198.51.100.7']"],
  ["a number for an address", "[ipv4-addr:value = 7]"],
  ["no end", "[ipv4-addr:value = '198.51.100.7'"],
  ["text that does not end", "[ipv4-addr:value = '198.51.100.7]"],
  ["something behind", "[ipv4-addr:value = '198.51.100.7'] x"],
  ["nothing", ""],
  ["a prototype's name", "[constructor:name = 'a']"],
  ["deep nesting", `${"(".repeat(5000)}[url:value = 'a']${")".repeat(5000)}`],
  ["a list without end", `[ipv4-addr:value IN (${Array.from({ length: 5000 }, () => "'1'").join(",")})]`],
  [
    "millions of addresses at ports",
    `[ipv4-addr:value IN (${Array.from({ length: 999 }, () => "'1'").join(",")}) AND network-traffic:dst_port IN (${"1,".repeat(25_000)}1)]`,
  ],
  ["a pattern without end", `[url:value = '${"a".repeat(100_000)}']`],
])("does not read half of a pattern with %s", (_, pattern) => {
  expect(readPattern(pattern)).toEqual({ kind: "unsupported", reason: expect.any(String) });
});

it("never throws, whatever the pattern", () => {
  const pieces = [
    "[",
    "]",
    "(",
    ")",
    "'a'",
    "ipv4-addr:value",
    "=",
    " AND ",
    " OR ",
    " IN ",
    ",",
    "443",
    "\\",
  ];
  assert(
    property(array(constantFrom(...pieces), { maxLength: 15 }), string(), (parts, noise) => {
      readPattern(parts.join("") + noise);
      return true;
    }),
    { numRuns: 1000 },
  );
});
