import { assert, oneof, property, string, webUrl } from "fast-check";
import { expect, it } from "vitest";
import { parseObservable } from "./observable.ts";

it.each([
  ["8.8.4.4", "address", "8.8.4.4", 0],
  ["8.8.4.4:8443", "address", "8.8.4.4", 8443],
  ["::ffff:8.8.4.4", "address", "8.8.4.4", 0],
  ["[2606:4700::1]:443", "address", "2606:4700::1", 443],
  ["2606:4700:0::1", "address", "2606:4700::1", 0],
  ["198.51.100.9/24", "network", "198.51.100.0/24", 0],
  ["Evil.Example.COM.", "domain", "evil.example.com", 0],
  ["*.evil.example", "domain", "evil.example", 0],
  [".evil.example", "domain", "evil.example", 0],
  ["evil.example:8080", "domain", "evil.example", 8080],
  ["bücher.example", "domain", "xn--bcher-kva.example", 0],
  ["faß.example", "domain", "xn--fa-hia.example", 0],
  ["_dmarc.evil.example", "domain", "_dmarc.evil.example", 0],
  ["http://8.8.4.4", "address", "8.8.4.4", 80],
  ["https://8.8.4.4/", "address", "8.8.4.4", 443],
  ["http://evil.example", "domain", "evil.example", 0],
  ["http://evil.example:81/", "domain", "evil.example", 81],
  ["HTTP://Evil.Example/A?b#c", "url", "http://evil.example/A?b", 80],
  ["http://user:word@evil.example/a", "url", "http://evil.example/a", 80],
  ["https://evil.example:443/a", "url", "https://evil.example/a", 443],
  ["evil.example/a/b", "url", "http://evil.example/a/b", 80],
  ["http://[2606:4700::1]:81/x", "url", "http://[2606:4700::1]:81/x", 81],
  ["hxxp://evil[.]example/a", "url", "http://evil.example/a", 80],
  ["8[.]8[.]4[.]4", "address", "8.8.4.4", 0],
  ["D41D8CD98F00B204E9800998ECF8427E", "hash", "d41d8cd98f00b204e9800998ecf8427e", 0],
])("reads %s as %s %s, port %i", (text, kind, value, port) => {
  expect(parseObservable(text)).toMatchObject({ kind, value, port });
});

it.each([
  ["octal, as a URL", "http://010.8.8.8/"],
  ["hexadecimal, as a URL", "http://0x7f.1/"],
  ["one number, as a URL", "http://2130706433/x"],
  ["a host that is hidden in percents", "http://%65vil.example/x"],
  ["a host behind a backslash", "http://good.example\\@evil.example/"],
  ["a scheme that is not looked at", "javascript://evil.example/%0aalert(1)"],
  ["octal", "010.8.8.8"],
  ["a port of nothing", "8.8.4.4:0"],
  ["a port that is too large", "8.8.4.4:65536"],
  ["a port with a zero in front", "8.8.4.4:0443"],
  ["a label that is too long", `${"a".repeat(64)}.example`],
  ["a name that is too long", `${"a.".repeat(130)}example`],
  ["an empty label", "evil..example"],
  ["a dash in front", "-evil.example"],
  ["a blank", "evil example"],
  ["a wild card in the middle", "a.*.example"],
  ["a last label of digits", "evil.123"],
  ["a last label of hexadecimal digits", "evil.0x7f"],
  ["text without end", "a".repeat(3000)],
])("refuses %s", (_, text) => {
  expect(parseObservable(text)).toMatchObject({ kind: "refused" });
});

it.each([
  ["address", "evil.example"],
  ["address", "http://8.8.4.4/"],
  ["domain", "8.8.4.4"],
  ["domain", "evil.example/a"],
  ["hash", "evil.example"],
  ["url", "not a url"],
] as const)("takes no other for a %s: %s", (expected, text) => {
  const found = parseObservable(text, expected);
  expect(found.kind === "refused" || found.kind === "url").toBe(true);
});

it("finds a URL by the same key whatever its scheme", () => {
  const keyOf = (text: string): unknown => {
    const found = parseObservable(text, "url");
    return found.kind === "refused" ? found : found.key;
  };
  expect(keyOf("https://evil.example/a?b")).toBe(keyOf("http://evil.example/a?b"));
  expect(keyOf("https://evil.example/a?b")).toBe("evil.example/a?b");
});

it("reads what it has written as the same again, and never throws", () => {
  assert(
    property(oneof(string(), string({ unit: "binary" }), webUrl()), (text) => {
      const first = parseObservable(text);
      if (first.kind === "refused") return;
      const again = parseObservable(first.value, first.kind === "network" ? "address" : first.kind);
      expect(again).toMatchObject({ kind: first.kind, value: first.value, key: first.key });
    }),
    { numRuns: 2000 },
  );
});
