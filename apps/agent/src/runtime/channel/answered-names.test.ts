import type { DnsMessage } from "@pratique/sensor";
import { expect, it } from "vitest";
import { AnsweredNames } from "./answered-names.ts";

const HOUR = 3_600_000;

function answerOf(
  name: string,
  addresses: readonly string[],
  { alias, ttlSeconds = 60 }: { readonly alias?: string; readonly ttlSeconds?: number } = {},
): DnsMessage {
  const owner = alias ?? name;
  return {
    isResponse: true,
    responseCode: 0,
    questions: [{ name, type: 1 }],
    answers: [
      ...(alias === undefined ? [] : [{ owner: name, ttlSeconds, kind: "alias", value: alias } as const]),
      ...addresses.map((value) => ({ owner, ttlSeconds, kind: "address", value }) as const),
    ],
  };
}

it("knows every name on the way to the addresses, of each container by itself", () => {
  const names = new AnsweredNames();
  names.observe("a", answerOf("honest.example", ["203.0.113.1"], { alias: "evil.example" }), 0);
  names.observe("b", answerOf("honest.example", ["203.0.113.2"]), 0);
  expect(names.all(1)).toMatchObject([
    { containerId: "a", names: ["honest.example", "evil.example"], addresses: ["203.0.113.1"] },
    { containerId: "b", names: ["honest.example"], addresses: ["203.0.113.2"] },
  ]);
});

it("adds what is answered later, the newest first, and keeps no more than so many", () => {
  const names = new AnsweredNames();
  names.observe("a", answerOf("evil.example", ["203.0.113.1"]), 0);
  const after = names.observe("a", answerOf("evil.example", ["2001:db8::1"]), 1);
  expect(after?.addresses).toEqual(["2001:db8::1", "203.0.113.1"]);
  const many = Array.from({ length: 256 }, (_, place) => `198.51.100.${place}`);
  const flooded = names.observe("a", answerOf("evil.example", many), 2);
  expect(flooded?.addresses.length).toBe(32);
});

it.each([
  ["for some minutes at least", 1, 0.1, 1],
  ["for as long as it may be used", 7200, 1.9, 1],
  ["for a day at most", 4_000_000, 25, 0],
])("counts %s", (_, ttlSeconds, hours, count) => {
  const names = new AnsweredNames();
  names.observe("a", answerOf("evil.example", ["203.0.113.1"], { ttlSeconds }), 0);
  expect(names.all(hours * HOUR)).toHaveLength(count);
});

it("learns nothing from a question, and from an answer without an address", () => {
  const names = new AnsweredNames();
  const question = { ...answerOf("evil.example", ["203.0.113.1"]), isResponse: false };
  expect(names.observe("a", question, 0)).toBeUndefined();
  expect(names.observe("a", answerOf("evil.example", []), 0)).toBeUndefined();
  expect(names.all(0)).toEqual([]);
});

it("is bounded, whatever containers ask for", () => {
  const names = new AnsweredNames();
  for (let i = 0; i < 10_000; i++) names.observe("a", answerOf(`n${i}.example`, ["203.0.113.1"]), 0);
  expect(names.all(0)).toHaveLength(4096);
});
