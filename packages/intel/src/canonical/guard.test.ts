import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { formatAddress } from "./address.ts";
import { Guard } from "./guard.ts";
import { parseObservable } from "./observable.ts";

const guard = new Guard(["9.9.9.0/24", "2620:fe::fe", "registry.shop.example", "Ünicode.shop.example"]);

function faultOf(text: string): string | undefined {
  const observable = parseObservable(text);
  return observable.kind === "refused" ? "refused" : guard.faultOf(observable);
}

it.each([
  "0.0.0.0/0",
  "::/0",
  "8.0.0.0/8",
  "2600::/16",
  "10.1.2.3",
  "127.0.0.1:80",
  "169.254.169.254",
  "172.31.255.255",
  "192.168.0.0/16",
  "100.64.1.1",
  "224.0.0.251",
  "255.255.255.255",
  "0.0.0.0",
  "::1",
  "::ffff:127.0.0.1",
  "64:ff9b::10.0.0.1",
  "fe80::1",
  "fd00::1",
  "ff02::1",
  "2002:a00:1::1",
  "::8.8.8.8",
  "com",
  "localhost",
  "a.localhost",
  "co.uk",
  "com.br",
  "printer.local",
  "hidden.onion",
  "1.0.0.127.in-addr.arpa",
  "http://127.0.0.1/a",
  "http://10.0.0.1:8080/a",
  "http://localhost/a",
  // Allowed: itself, in it, around it, below it, above it.
  "9.9.9.9",
  "9.9.9.0/25",
  "9.9.0.0/16",
  "2620:fe::/48",
  "http://9.9.9.9/a",
  "registry.shop.example",
  "a.registry.shop.example",
  "shop.example",
  "xn--nicode-2ya.shop.example",
  "http://registry.shop.example/a",
])("lets no feed list %s", (text) => {
  expect(faultOf(text)).toEqual(expect.any(String));
});

it.each([
  "8.8.8.8",
  "198.52.0.0/14",
  "11.0.0.0/12",
  "2a00:1450::/29",
  "evil.example.com",
  "other.shop.example.org",
  "blog.co.uk",
  "http://shop.example/a",
  "d41d8cd98f00b204e9800998ecf8427e",
])("lets a feed list %s", (text) => {
  expect(faultOf(text)).toBeUndefined();
});

it.each(["10.0.0.0/33", "a b", "", "http://x.example/"])(
  "names what is no address, network or name: %j",
  (text) => {
    expect(() => new Guard([text])).toThrow(expect.objectContaining({ code: "ALLOW_MALFORMED" }));
  },
);

it("refuses every private address, and every network around one", () => {
  assert(
    property(
      integer({ min: 0x0a00_0000, max: 0x0aff_ffff }),
      integer({ min: 0, max: 32 }),
      (value, prefix) => {
        expect(faultOf(`${formatAddress({ family: 4, value })}/${prefix}`)).toBeDefined();
      },
    ),
  );
});
