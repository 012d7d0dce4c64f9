import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  oneof,
  tuple,
} from "fast-check";
import { expect, it } from "vitest";
import { maskOf, parseAddress, parseNetwork } from "../canonical/address.ts";
import { workshop } from "../testdata/workshop.ts";

const octet = integer({ min: 0, max: 3 });
const v4: Arbitrary<string> = tuple(octet, octet).map(([third, last]) => `203.0.${third}.${last}`);
const v6: Arbitrary<string> = tuple(octet, octet).map(([group, last]) => `2001:db8::${group}:${last}`);
const network = oneof(
  tuple(v4, integer({ min: 20, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`),
  tuple(v6, integer({ min: 100, max: 128 })).map(([address, prefix]) => `${address}/${prefix}`),
);
const label = constantFrom("a", "b", "evil");
const name = array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join(".")}.example`);

it("finds the addresses and names that a look at every row finds", async () => {
  using shop = workshop();
  await assert(
    asyncProperty(
      array(oneof(network, name), { minLength: 1, maxLength: 12 }),
      array(oneof(v4, v6), { maxLength: 8 }),
      array(name, { maxLength: 8 }),
      async (listed, addresses, names) => {
        const feed = shop.feed("c2.txt", listed.join("\n"));
        await shop.update([`list:${feed}`], { replace: true, accept: true });
        using set = shop.open();
        for (const address of addresses) {
          const expected = listed.flatMap((text) => holds(text, address) ?? []).sort((a, b) => b - a);
          const found = set.byAddress(address).map(({ indicator }) => prefixOf(indicator.value));
          expect(found).toEqual([...new Set(expected)]);
        }
        for (const asked of names) {
          const expected = listed.filter((text) => asked === text || asked.endsWith(`.${text}`));
          const found = set.byName(asked).map(({ indicator }) => indicator.value);
          expect(found).toEqual([...new Set(expected)].sort((a, b) => b.length - a.length));
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** The length of a listed network that an address is in. */
function holds(listed: string, address: string): number | undefined {
  const around = parseNetwork(listed);
  const inside = parseAddress(address);
  if (around === undefined || inside === undefined || around.family !== inside.family) return undefined;
  return maskOf(inside, around.prefix).value === around.value ? around.prefix : undefined;
}

function prefixOf(value: string): number | undefined {
  return parseNetwork(value)?.prefix;
}

it.each(["", " ", "not a thing!", "999.1.1.1", "/", "http://", "a".repeat(10_000), "1.1.1.1/99"])(
  "finds nothing for %j",
  async (text) => {
    using shop = workshop();
    await shop.update([`list:${shop.feed("c2.txt", "evil.example\n")}`]);
    using set = shop.open();
    expect(set.find(text)).toEqual([]);
  },
);

it("says that there is no set", () => {
  using shop = workshop();
  expect(() => shop.open()).toThrow(expect.objectContaining({ code: "SET_MISSING" }));
});
