import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { stixBundle } from "../../testdata/feeds.ts";

const read = (document: unknown) => collect("stix", JSON.stringify(document), { path: "bundle.json" });

it("reads an indicator, with the malware that it indicates", async () => {
  const { indicators } = await read(stixBundle({ confidence: 85, valid_until: "2027-01-01T00:00:00Z" }));
  expect(indicators).toEqual([
    {
      where: "bundle.json#indicator--1",
      text: "198.51.100.7",
      expected: "address",
      port: undefined,
      family: "Emotet",
      confidence: 85,
      firstSeen: Date.parse("2026-01-02T03:04:05Z"),
      expiresAt: Date.parse("2027-01-01T00:00:00Z"),
    },
  ]);
});

it.each([
  ["revoked", { revoked: true }],
  ["a pattern that is not STIX", { pattern_type: "yara", pattern: "rule a {}" }],
])("leaves out what is %s", async (reason, more) => {
  expect(await read(stixBundle(more))).toMatchObject({ indicators: [], ignored: [reason], recognized: true });
});

it("refuses a pattern that says more than a list can", async () => {
  const { indicators, refused } = await read(stixBundle({ pattern: "[domain-name:value LIKE '%.example']" }));
  expect(indicators).toEqual([]);
  expect(refused).toHaveLength(1);
});

it("reads a list of objects, and one object alone", async () => {
  const indicator = {
    type: "indicator",
    id: "indicator--2",
    pattern: "[domain-name:value = 'evil.example']",
  };
  expect((await read([indicator])).indicators).toHaveLength(1);
  expect((await read(indicator)).indicators).toHaveLength(1);
});

it.each([["text"], [1], [null], [{ hello: 1 }]])("refuses %j", async (document) => {
  await expect(read(document)).rejects.toMatchObject({ code: "FEED_DAMAGED" });
});
