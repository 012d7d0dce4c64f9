import { HttpClient } from "@pratique/http";
import { expect, it } from "vitest";
import { collector } from "../../testdata/collect.ts";
import { type StoredObject, type TaxiiServerOptions, taxiiServer } from "../../testdata/taxii-server.ts";
import { taxii } from "./taxii.ts";

function stored(number: number): StoredObject {
  return {
    addedAt: `2026-01-01T00:00:${String(number).padStart(2, "0")}.000000Z`,
    object: {
      type: "indicator",
      id: `indicator--${number}`,
      pattern_type: "stix",
      pattern: `[ipv4-addr:value = '198.51.100.${number}']`,
    },
  };
}

interface FetchOptions extends Partial<TaxiiServerOptions> {
  readonly path?: string;
  readonly credentials?: string;
}

async function fetchFrom({ path = "/taxii2/", credentials, ...options }: FetchOptions) {
  await using server = await taxiiServer({
    collections: { one: [1, 2, 3, 4, 5].map(stored), two: [stored(6)], "closed-1": [stored(7)] },
    ...options,
  });
  await using http = new HttpClient({ now: () => 0, random: () => 0, retry: { maxRetries: 0 } });
  const sink = collector();
  const context = {
    http,
    credentials: (origin: string) =>
      origin === server.url && credentials !== undefined ? { authorization: credentials } : {},
    signal: undefined,
    onBytes: () => undefined,
  };
  let next: string | undefined;
  const read = async () =>
    taxii.fetch?.(new URL(path, server.url), { ...context, state: next }, (file) => taxii.read(file, sink));
  next = await read();
  const texts = sink.collected().indicators.map(({ text }) => text);
  return { next, texts, again: await read(), requests: server.requests };
}

const ONE = [1, 2, 3, 4, 5].map((number) => `198.51.100.${number}`);

it.each([
  ["discovery", "/taxii2/", [...ONE, "198.51.100.6"]],
  ["an API root", "/api1", [...ONE, "198.51.100.6"]],
  ["the collections", "/api1/collections/", [...ONE, "198.51.100.6"]],
  ["one collection", "/api1/collections/two/", ["198.51.100.6"]],
])("reads what may be read from %s on", async (_, path, expected) => {
  expect((await fetchFrom({ path })).texts).toEqual(expected);
});

it("follows pages to the end", async () => {
  const { texts, requests } = await fetchFrom({ pageSize: 2, path: "/api1/collections/one/" });
  expect(texts).toEqual(ONE);
  expect(requests.filter((target) => target.includes("next="))).toHaveLength(2);
});

it("asks only whether something was added, where nothing was", async () => {
  const { texts, again, requests } = await fetchFrom({ path: "/api1/collections/one/" });
  expect(texts).toEqual(ONE);
  expect(again).toBeUndefined();
  expect(requests.at(-1)).toContain("added_after=2026-01-01T00%3A00%3A05");
  expect(requests).toHaveLength(2);
});

it.each([
  ["Basic", `Basic ${Buffer.from("reader:word").toString("base64")}`],
  ["Bearer", "Bearer token"],
])("shows who it is by %s", async (_, authorization) => {
  expect((await fetchFrom({ authorization, credentials: authorization })).texts).toHaveLength(6);
  await expect(fetchFrom({ authorization })).rejects.toMatchObject({ code: "STATUS", status: 401 });
});

it.each([
  ["leads in circles", { circles: true }, "FEED_DAMAGED"],
  ["leads to another server", { root: "http://127.0.0.2:1/api1/" }, "FEED_DAMAGED"],
  ["has nothing that may be read", { collections: { "closed-1": [stored(1)] } }, "FEED_EMPTY"],
])("refuses a server that %s", async (_, options, code) => {
  await expect(fetchFrom(options)).rejects.toMatchObject({ code });
});

it("takes an empty collection for what it is", async () => {
  expect((await fetchFrom({ collections: { one: [] } })).texts).toEqual([]);
});
