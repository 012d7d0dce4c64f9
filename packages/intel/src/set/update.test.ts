import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "@pratique/http";
import { expect, it } from "vitest";
import { stixBundle } from "../testdata/feeds.ts";
import { loopback } from "../testdata/loopback.ts";
import { workshop } from "../testdata/workshop.ts";
import { currentSnapshot, type IntelSet } from "./intel-set.ts";
import { readIntelStatus } from "./status.ts";

const DAY_MS = 86_400_000;
const addresses = (count: number, network = "198.51"): string =>
  Array.from({ length: count }, (_, index) => `${network}.${index >> 8}.${index & 255}\n`).join("");

it("makes a set that answers, and the kernel's rows beside it", async () => {
  using shop = workshop();
  const feed = shop.feed(
    "c2.txt",
    "198.51.100.7:443\n203.0.113.0/24\nevil.example\nhttp://h.example/x\n10.0.0.1\n",
  );
  const result = await shop.update([`list:${feed}`]);
  expect(result).toMatchObject({ changed: true, indicators: 4, snapshot: { v4: 2, v6: 0, names: 1 } });
  expect(result.sources[0]).toMatchObject({
    indicators: 4,
    refused: 1,
    reasons: { "not an address of the open Internet: private": 1 },
    samples: [{ where: "c2.txt:5" }],
  });
  using set = shop.open();
  expect(set.byAddress("198.51.100.7", 443)).toHaveLength(1);
  expect(set.byAddress("198.51.100.7", 80)).toEqual([]);
  expect(set.byAddress("::ffff:203.0.113.9")[0]?.indicator.value).toBe("203.0.113.0/24");
  expect(set.byName("a.b.EVIL.example.")[0]?.indicator.value).toBe("evil.example");
  expect(set.byName("notevil.example")).toEqual([]);
  expect(set.byUrl("https://h.example/x")).toHaveLength(1);
  expect(set.byUrl("https://h.example/y")).toEqual([]);
  expect(set.byUrl("https://203.0.113.9:8443/y")).toHaveLength(1);
  const { v4 } = shop.snapshot(result);
  expect(v4.map(({ found, port }) => `${found} ${port}`)).toEqual([
    "198.51.100.7/32 443",
    "203.0.113.0/24 0",
  ]);
  for (const { indicator, found } of v4) {
    expect(found).toContain(set.byId(indicator)?.indicator.value.split("/")[0]);
  }
  expect(currentSnapshot(shop.sets)).toEqual({ path: result.snapshotPath, revision: result.revision });
});

it("says who listed what, since when and until when", async () => {
  using shop = workshop();
  const feed = shop.feed("bundle.json", JSON.stringify(stixBundle({ confidence: 85, name: "x" })));
  await shop.update([`stix:${feed}`]);
  using set = shop.open();
  expect(set.find("198.51.100.7")).toEqual([
    {
      id: 0,
      reportOnlyBy: undefined,
      indicator: {
        kind: "address",
        value: "198.51.100.7",
        port: 0,
        source: `stix:${feed}`,
        family: "Emotet",
        confidence: 85,
        // What lies in the future is not taken for seen.
        firstSeen: shop.clock.now(),
        expiresAt: shop.clock.now() + 30 * DAY_MS,
      },
    },
  ]);
});

it("lets indicators end, and renews those that their feed still names", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", "198.51.100.7\n");
  await shop.update([`list:${feed}`], { expireDays: { address: 10 } });
  shop.clock.advance(9 * DAY_MS);
  await shop.update([], { expireDays: { address: 10 } });
  shop.clock.advance(9 * DAY_MS);
  using set = shop.open();
  expect(set.byAddress("198.51.100.7")).toHaveLength(1);
  shop.clock.advance(2 * DAY_MS);
  expect(set.byAddress("198.51.100.7")).toEqual([]);
});

it("leaves out what has ended already", async () => {
  using shop = workshop();
  const feed = shop.feed("bundle.json", JSON.stringify(stixBundle({ valid_until: "2025-01-01T00:00:00Z" })));
  const result = await shop.update([`stix:${feed}`]);
  expect(result).toMatchObject({ indicators: 0, sources: [{ reasons: { expired: 1 } }] });
});

it.each([
  ["a warning list", "8.8.8.8\n", "builtin-resolvers"],
  ["too little confidence", "198.51.100.7\n", "low confidence"],
])("tells and does not block by %s", async (_, content, reason) => {
  using shop = workshop();
  const result = await shop.update([`list:${shop.feed("c2.txt", content)}`], { blockFromConfidence: 61 });
  expect(result.sources[0]?.reportOnly).toBe(1);
  using set = shop.open();
  expect(set.find(content.trim())[0]?.reportOnlyBy).toBe(reason);
  expect(shop.snapshot(result).v4).toMatchObject([{ reportOnly: true }]);
});

it("tells and does not block the server of a page", async () => {
  using shop = workshop();
  const result = await shop.update([`list:${shop.feed("c2.txt", "http://198.51.100.7:81/x\n")}`]);
  expect(shop.snapshot(result).v4).toMatchObject([{ port: 81, reportOnly: true }]);
});

it("tells and does not block a name that is listed at one port", async () => {
  using shop = workshop();
  const result = await shop.update([`list:${shop.feed("c2.txt", "relay.example:15178\n")}`]);
  expect(shop.snapshot(result).names).toEqual([]);
  using set = shop.open();
  expect(set.byName("relay.example")[0]?.indicator.port).toBe(15_178);
});

it("finds the port that is asked for among all ports there are", async () => {
  using shop = workshop();
  const ports = Array.from({ length: 3000 }, (_, index) => `198.51.100.7:${index + 1}\n`).join("");
  await shop.update([`list:${shop.feed("c2.txt", ports)}`]);
  using set = shop.open();
  expect(set.byAddress("198.51.100.7", 2999)).toHaveLength(1);
  expect(set.byAddress("198.51.100.7", 3001)).toEqual([]);
});

it("reads MISP's lists, remembers where they are, and does not go on without them", async () => {
  using shop = workshop();
  const list = {
    name: "Honest",
    type: "hostname",
    list: ["honest.example"],
    matching_attributes: ["domain"],
  };
  const lists = shop.feed("list.json", JSON.stringify(list));
  const feed = shop.feed("c2.txt", "www.honest.example\nevil.example\n");
  const first = await shop.update([`list:${feed}`], { warningLists: [lists] });
  expect(shop.snapshot(first).names).toHaveLength(1);
  appendFileSync(feed, "more.example\n");
  const second = await shop.update([]);
  expect(shop.snapshot(second).names).toHaveLength(2);
  writeFileSync(lists, "broken");
  await expect(shop.update([])).rejects.toMatchObject({ code: "FEED_DAMAGED" });
  using set = shop.open();
  expect(set.byName("www.honest.example")[0]?.reportOnlyBy).toBe("Honest");
});

it("takes a warning list out of force by its name", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", "8.8.8.8\n");
  const result = await shop.update([`list:${feed}`], { ignoreWarningLists: ["builtin-resolvers"] });
  expect(shop.snapshot(result).v4).toMatchObject([{ reportOnly: false }]);
});

it("does not read again what has not changed, and tells it is fresh", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", "198.51.100.7\n");
  const first = await shop.update([`list:${feed}`]);
  shop.clock.advance(3_600_000);
  const second = await shop.update([]);
  expect(second).toMatchObject({ changed: false, revision: first.revision });
  expect(second.sources[0]?.readAt).toBe("2026-01-01T01:00:00.000Z");
  shop.clock.advance(4 * DAY_MS);
  const status = readIntelStatus(shop.sets, { clock: () => new Date(shop.clock.now()) });
  expect(status.sources).toMatchObject([{ stale: true, ageMs: 4 * DAY_MS }]);
});

it("judges anew what has not changed when the rules have", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", "198.51.100.7\n203.0.113.7\n");
  await shop.update([`list:${feed}`], { allow: ["203.0.113.0/24"] });
  const second = await shop.update([]);
  expect(second).toMatchObject({ changed: true, indicators: 2 });
  expect(await shop.update([], { allow: ["198.51.100.7"] })).toMatchObject({ indicators: 1 });
});

it("takes over the sources that are not named, and forgets them where it is told to", async () => {
  using shop = workshop();
  const [one, two] = [shop.feed("one.txt", "198.51.100.7\n"), shop.feed("two.txt", "evil.example\n")];
  await shop.update([`list:${one}`]);
  const both = await shop.update([`list:${two}`], { only: true });
  expect(both.sources.map(({ location, indicators }) => [location, indicators])).toEqual([
    [one, 1],
    [two, 1],
  ]);
  using set = shop.open();
  expect([set.find("198.51.100.7"), set.find("evil.example")].map(({ length }) => length)).toEqual([1, 1]);
  const alone = await shop.update([`list:${two}`], { replace: true });
  expect(alone.sources.map(({ location }) => location)).toEqual([two]);
});

it("keeps what it has of a feed that cannot be read any more, and says so", async () => {
  using shop = workshop();
  const bad = shop.feed("bundle.json", JSON.stringify(stixBundle()));
  const good = shop.feed("c2.txt", "evil.example\n");
  await shop.update([`stix:${bad}`, `list:${good}`]);
  shop.clock.advance(DAY_MS);
  writeFileSync(bad, "<html>");
  writeFileSync(good, "evil.example\nmore.example\n");
  const result = await shop.update([]);
  expect(result.failures).toMatchObject([{ feed: "stix", error: { code: "FEED_DAMAGED" } }]);
  expect(result).toMatchObject({ changed: true, indicators: 3 });
  expect(result.sources.find(({ feed }) => feed === "stix")).toMatchObject({
    indicators: 1,
    readAt: "2026-01-01T00:00:00.000Z",
    failure: { at: "2026-01-02T00:00:00.000Z", code: "FEED_DAMAGED" },
  });
});

it.each([
  ["is not there", undefined, "FEED_UNREADABLE"],
  ["holds nothing of its kind", "a b\nc d\n", "FEED_EMPTY"],
])("ends, and changes nothing, where a feed that was named %s", async (_, content, code) => {
  using shop = workshop();
  const before = await shop.update([`list:${shop.feed("one.txt", "198.51.100.7\n")}`]);
  const location = content === undefined ? "/nowhere" : shop.feed("two.txt", "//\n- -\n");
  await expect(shop.update([`list:${location}`], { strict: true, only: true })).rejects.toMatchObject({
    code,
  });
  using set = shop.open();
  expect(set.revision).toBe(before.revision);
  expect(readdirSync(shop.sets).filter((name) => name.startsWith("building-"))).toEqual([]);
});

it("asks for a feed to read where there is none", async () => {
  using shop = workshop();
  await expect(shop.update([])).rejects.toMatchObject({ code: "FEEDS_MISSING" });
  await expect(shop.update(["otx:/x"])).rejects.toMatchObject({ code: "FEED_UNKNOWN" });
});

it.each([
  ["explodes", 100, addresses(2000, "203.0")],
  ["is exchanged", 100, addresses(100, "203.0")],
  ["shrinks", 100, addresses(20)],
  ["falls silent", 100, "10.0.0.1\n"],
])("holds a feed that %s until somebody takes it", async (_, before, content) => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", addresses(before));
  const other = shop.feed("other.txt", "evil.example\n");
  await shop.update([`list:${feed}`, `list:${other}`]);
  writeFileSync(feed, content);
  writeFileSync(other, "evil.example\nmore.example\n");
  for (let round = 0; round < 2; round += 1) {
    const held = await shop.update([]);
    expect(held.held).toMatchObject([{ location: feed, change: { before } }]);
    expect(held).toMatchObject({ indicators: before + 2, sources: [{ indicators: before, held: {} }, {}] });
    expect(shop.snapshot(held).v4).toHaveLength(before);
  }
  const taken = await shop.update([], { accept: true });
  expect(taken.held).toEqual([]);
  expect(taken.sources[0]?.held).toBeUndefined();
  expect(taken.indicators).toBe(
    content
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith("10.")).length + 2,
  );
});

it("refuses a feed without end", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", addresses(100));
  await expect(shop.update([`list:${feed}`], { maxIndicators: 99 })).rejects.toMatchObject({
    code: "FEED_TOO_LARGE",
  });
  await expect(shop.update([`list:${feed}`], { limits: { bytes: 1000 } })).rejects.toMatchObject({
    code: "FEED_TOO_LARGE",
  });
});

it("never answers from a set that somebody has changed, and builds it anew", async () => {
  using shop = workshop();
  const { databasePath, snapshotPath } = await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\n")}`]);
  const database = readFileSync(databasePath);
  database.write("198.51.100.8", database.indexOf("198.51.100.7"));
  writeFileSync(databasePath, database);
  expect(() => shop.open()).toThrow(expect.objectContaining({ code: "SET_CORRUPT" }));
  writeFileSync(snapshotPath, readFileSync(snapshotPath).toReversed());
  expect(() => currentSnapshot(shop.sets)).toThrow(expect.objectContaining({ code: "SET_CORRUPT" }));
  const again = await shop.update([]);
  expect(again.previousDamage).toContain("has changed since it was built");
  using set = shop.open();
  expect(set.find("198.51.100.7")).toHaveLength(1);
});

it.each(["", "{}", "[]", '{"database":{"sha256":"../../x"}}', "x".repeat(100)])(
  "refuses a pointer that is not in its form: %j",
  async (content) => {
    using shop = workshop();
    await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\n")}`]);
    writeFileSync(join(shop.sets, "current"), content);
    expect(() => shop.open()).toThrow(expect.objectContaining({ code: "SET_CORRUPT" }));
  },
);

it("keeps the set before for those who have just read the pointer, and no more", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", "");
  for (let round = 1; round <= 4; round += 1) {
    writeFileSync(feed, addresses(round));
    await shop.update([`list:${feed}`]);
  }
  const files = readdirSync(shop.sets).filter((name) => /\.(?:sqlite|snapshot)$/u.test(name));
  expect(files).toHaveLength(4);
});

it("fetches what has changed, and nothing else, with the credentials of its server", async () => {
  using shop = workshop();
  let content = "198.51.100.7\n";
  const statuses: number[] = [];
  await using server = await loopback((request, response) => {
    const etag = `"${content.length}"`;
    if (request.headers["auth-key"] !== "secret") response.writeHead(403).end();
    else if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(content);
    statuses.push(response.statusCode);
  });
  await using http = new HttpClient({ now: () => 0, random: () => 0 });
  const credentials = (origin: string) => (origin === server.url ? { "auth-key": "secret" } : {});
  const progress: string[] = [];
  const options = {
    http,
    credentials,
    onProgress: ({ phase }: { phase: string }) => void progress.push(phase),
  };
  await shop.update([`list:${server.url}/c2.txt`], options);
  expect(progress).toContain("downloading");
  expect(await shop.update([], options)).toMatchObject({ changed: false });
  content += "evil.example\n";
  expect(await shop.update([], options)).toMatchObject({ changed: true, indicators: 2 });
  expect(statuses).toEqual([200, 304, 200]);
  const refused = await shop.update([], { http });
  expect(refused.failures).toMatchObject([{ error: { code: "FEED_UNREACHABLE" } }]);
  expect(refused.indicators).toBe(2);
});

it("tells nobody the key in a feed's URL", async () => {
  using shop = workshop();
  await using server = await loopback((_, response) => response.end("198.51.100.7\n"));
  await using http = new HttpClient({ now: () => 0, random: () => 0 });
  const url = (key: string): string => `list:${server.url}/c2.txt?key=${key}`;
  const result = await shop.update([url("hunter2"), url("hunter3")], { http });
  expect(result.sources).toHaveLength(2);
  using set = shop.open();
  const sources = set.find("198.51.100.7").map(({ indicator }) => indicator.source);
  expect(new Set(sources).size).toBe(2);
  expect(sources.join(" ")).not.toContain("hunter");
  const refused = await shop.update(["list:http://127.0.0.1:1/c2.txt?key=hunter4"], { http });
  expect(refused.failures[0]?.error.message).toMatch(/c2\.txt\?[0-9a-f]{8}"/u);
});

it("stops when it is called off, and leaves the set before", async () => {
  using shop = workshop();
  const before = await shop.update([`list:${shop.feed("one.txt", "198.51.100.7\n")}`]);
  const update = shop.update([`list:${shop.feed("two.txt", "evil.example\n")}`], {
    signal: AbortSignal.abort(),
  });
  await expect(update).rejects.toMatchObject({ code: "UPDATE_ABORTED" });
  using set = shop.open();
  expect(set.revision).toBe(before.revision);
});

it("shows a set before it is in force, and leaves the one before where the review says no", async () => {
  using shop = workshop();
  const first = await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\n")}`]);
  shop.feed("c2.txt", "198.51.100.7\nevil.example\n");
  const seen: unknown[] = [];
  const review = (answer: boolean) => async (candidate: IntelSet, before: IntelSet | undefined) => {
    seen.push([candidate.find("evil.example").length, before?.find("evil.example").length]);
    using current = shop.open();
    expect(current.revision).toBe(first.revision);
    return await Promise.resolve(answer);
  };
  const files = readdirSync(shop.sets).sort();
  expect(await shop.update([], { review: review(false) })).toMatchObject({ changed: true, inForce: false });
  expect(readdirSync(shop.sets).sort()).toEqual(files);
  const failing = async () => await Promise.reject(new Error("called off"));
  await expect(shop.update([], { review: failing })).rejects.toThrow("called off");
  expect(readdirSync(shop.sets).sort()).toEqual(files);
  expect(await shop.update([], { review: review(true) })).toMatchObject({ changed: true, inForce: true });
  using set = shop.open();
  expect(set.find("evil.example")).toHaveLength(1);
  expect(seen).toEqual([
    [1, 0],
    [1, 0],
  ]);
});
