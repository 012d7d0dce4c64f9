import {
  type Arbitrary,
  array,
  assert,
  bigInt,
  constantFrom,
  integer,
  oneof,
  property,
  tuple,
} from "fast-check";
import { expect, it } from "vitest";
import { type IpNetwork, maskOf, parseNetwork } from "./address.ts";
import { prefixSetOf } from "./prefix-set.ts";

// Few bits differ, so that networks meet.
const v4: Arbitrary<IpNetwork> = tuple(integer({ min: 0, max: 255 }), integer({ min: 22, max: 32 })).map(
  ([low, prefix]) => maskOf({ family: 4, value: 0xc633_6400 + low * 4 }, prefix),
);
const v6: Arbitrary<IpNetwork> = tuple(bigInt({ min: 0n, max: 255n }), integer({ min: 118, max: 128 })).map(
  ([low, prefix]) => maskOf({ family: 6, value: (0x2001n << 112n) + low }, prefix),
);
const network = oneof(v4, v6);

/** Two networks overlap where the shorter prefix of both is the same. */
function overlap(left: IpNetwork, right: IpNetwork): boolean {
  if (left.family !== right.family) return false;
  const prefix = Math.min(left.prefix, right.prefix);
  return maskOf(left, prefix).value === maskOf(right, prefix).value;
}

it("finds what a look at every network finds", () => {
  assert(
    property(
      array(network, { maxLength: 30 }),
      array(network, { minLength: 1, maxLength: 20 }),
      (held, asked) => {
        const set = prefixSetOf(held.map((each) => [each, each] as const));
        expect(set.size).toBe(held.length);
        for (const each of asked) {
          const found = set.find(each);
          expect(found !== undefined).toBe(held.some((other) => overlap(other, each)));
          expect(found === undefined || overlap(found, each)).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it("keeps the two families apart", () => {
  const any = parseNetwork("::/0");
  const set = prefixSetOf(any === undefined ? [] : [[any, "all of IPv6"] as const]);
  assert(property(v4, (each) => set.find(each) === undefined));
  assert(property(v6, (each) => set.find(each) === "all of IPv6"));
});

it("holds the widest network there is, to its last address", () => {
  const any = parseNetwork("0.0.0.0/0");
  const last = parseNetwork("255.255.255.255");
  assert(
    property(constantFrom(any, last), (asked) => {
      const set = prefixSetOf(any === undefined ? [] : [[any, 1] as const]);
      return asked !== undefined && set.find(asked) === 1;
    }),
  );
});
