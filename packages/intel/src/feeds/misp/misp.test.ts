import { HttpClient } from "@pratique/http";
import { expect, it } from "vitest";
import { collect, collector } from "../../testdata/collect.ts";
import { mispEvent } from "../../testdata/feeds.ts";
import { loopback } from "../../testdata/loopback.ts";
import { misp } from "./misp.ts";

const read = (document: unknown) => collect("misp", JSON.stringify(document), { path: "event.json" });

it("reads attributes, those of objects too, with the family by the galaxy", async () => {
  const { indicators } = await read(mispEvent());
  expect(indicators).toMatchObject([
    { text: "198.51.100.7", expected: "address", port: 443, family: "Emotet", firstSeen: 1_767_323_045_000 },
    { text: "evil.example", expected: "domain" },
    { text: "198.51.100.8", expected: "address" },
  ]);
});

it.each([
  ["not for detection", { type: "ip-dst", value: "198.51.100.9", to_ids: false }],
  ["deleted", { type: "ip-dst", value: "198.51.100.9", to_ids: true, deleted: true }],
  ["of a type that is not looked at", { type: "ip-src", value: "198.51.100.9", to_ids: true }],
])("leaves out what is %s", async (reason, attribute) => {
  const { indicators, ignored } = await read(mispEvent(attribute));
  expect(ignored).toEqual([reason]);
  expect(indicators.map(({ text }) => text)).not.toContain("198.51.100.9");
});

it.each([
  ["a list of events", [mispEvent()]],
  ["the answer of a search", { response: [mispEvent()] }],
])("reads %s", async (_, document) => {
  expect((await read(document)).indicators).toHaveLength(3);
});

it("refuses what is no event", async () => {
  await expect(read({ Feed: 1 })).rejects.toMatchObject({ code: "FEED_DAMAGED" });
});

const UUID = "22222222-2222-4222-8222-222222222222";

async function fetchFrom(documents: Readonly<Record<string, unknown>>, state?: string) {
  await using server = await loopback((request, response) => {
    const document = documents[request.url ?? ""];
    response.writeHead(document === undefined ? 404 : 200).end(JSON.stringify(document));
  });
  await using http = new HttpClient({ now: () => 0, random: () => 0 });
  const sink = collector();
  const context = { http, credentials: () => ({}), state, signal: undefined, onBytes: () => undefined };
  const next = await misp.fetch?.(new URL(`${server.url}/feed/`), context, (file) => misp.read(file, sink));
  return { next, requests: server.requests, ...sink.collected() };
}

it("reads a feed by its manifest, and again only when that has changed", async () => {
  const documents = {
    "/feed/manifest.json": { [UUID]: { timestamp: "1" } },
    [`/feed/${UUID}.json`]: mispEvent(),
  };
  const first = await fetchFrom(documents);
  expect(first.indicators).toHaveLength(3);
  const second = await fetchFrom(documents, first.next);
  expect(second).toMatchObject({ next: undefined, indicators: [], requests: ["/feed/manifest.json"] });
});

it("asks for nothing but events", async () => {
  await expect(fetchFrom({ "/feed/manifest.json": { "../../admin": {} } })).rejects.toMatchObject({
    code: "FEED_DAMAGED",
  });
});
