import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hourFileName } from "../past/past-hours.ts";
import { PastWriter } from "../past/past-writer.ts";
import { containerOf, meetingOf } from "../testdata/past.ts";
import { type Workshop, workshop } from "../testdata/workshop.ts";
import { type HuntOptions, type HuntReport, huntIn } from "./hunt.ts";

const HOUR = 3_600_000;
const limits = { days: 30, maxBytes: 64 * 2 ** 20 };
const web = containerOf("web");
const db = containerOf("db");

/** Records meetings, each list in an hour of its own, the last in the present one. */
async function record(
  shop: Workshop,
  hours: readonly (readonly Parameters<PastWriter["meet"]>[])[],
): Promise<HuntOptions> {
  const directory = join(shop.sets, "../past");
  const { now } = shop.clock;
  for (const [index, meetings] of hours.entries()) {
    const at = now() - (hours.length - 1 - index) * HOUR;
    const writer = new PastWriter({ directory, limits, now: () => at, elapsedMs: () => 0 });
    await writer.open();
    for (const [container, meeting] of meetings) writer.meet(container, { ...meeting, time: at });
    await writer.close();
  }
  return { directory, now };
}

/** `CONTAINER KIND PEER TIMES`. */
function shown({ hits }: HuntReport): readonly string[] {
  return hits.map(({ container, kind, peer, count }) => `${container.name} ${kind} ${peer} ${count}`);
}

const called = (peer: string, port = 443) => meetingOf(peer, 0, { port });
const asked = (peer: string) => meetingOf(peer, 0, { kind: "name" });

it("finds what was met and is listed now, with who, by what, when and how often", async () => {
  using shop = workshop();
  const feed = shop.feed("c2.txt", "198.51.100.7\n203.0.113.0/24\nevil.example\n192.0.2.1:80\n2001:db8::7\n");
  await shop.update([`list:${feed}`]);
  using set = shop.open();
  const options = await record(shop, [
    [
      [web, called("198.51.100.7")],
      [web, called("192.0.2.2")],
    ],
    [
      [web, called("198.51.100.7")],
      [db, called("::ffff:198.51.100.7")],
      [db, called("2001:DB8::7")],
      [web, called("203.0.113.9", 8080)],
      // Listed at another port.
      [web, called("192.0.2.1")],
      [db, called("192.0.2.1", 80)],
      [web, asked("WWW.evil.example.")],
      [web, meetingOf("cdn.evil.example", 0, { kind: "alias" })],
      [web, meetingOf("evil.example", 0, { kind: "sni" })],
      [web, asked("good.example")],
      // Called from a listed network, from whatever port.
      [db, meetingOf("203.0.113.10", 0, { kind: "in", port: 5432 })],
      [db, meetingOf("192.0.2.1", 0, { kind: "in", port: 80 })],
    ],
  ]);
  const report = await huntIn(set, options);
  expect(shown(report)).toEqual([
    "web out 198.51.100.7 2",
    "web out 203.0.113.9 1",
    "web name WWW.evil.example. 1",
    "web alias cdn.evil.example 1",
    "web sni evil.example 1",
    "db out ::ffff:198.51.100.7 1",
    "db out 2001:DB8::7 1",
    "db out 192.0.2.1 1",
    "db in 203.0.113.10 1",
  ]);
  const [first] = report.hits;
  expect(first).toMatchObject({
    container: web,
    executable: "/usr/bin/curl",
    port: 443,
    lastAt: shop.clock.now(),
    firstAt: shop.clock.now() - HOUR,
    listed: [{ indicator: { value: "198.51.100.7", source: `list:${feed}`, confidence: 60 } }],
    isNew: undefined,
  });
  expect(report).toMatchObject({ contacts: 14, hours: 2, hoursMissing: 0, told: 0, complete: true });
});

it("finds a name that is listed at a port where an address was called for it", async () => {
  using shop = workshop();
  await shop.update([`list:${shop.feed("c2.txt", "relay.example:8443\n")}`]);
  using set = shop.open();
  const at = (port: number) => meetingOf("192.0.2.5", 0, { port, name: "relay.example" });
  const options = await record(shop, [
    [
      [web, at(8443)],
      [web, at(443)],
      [web, asked("relay.example")],
    ],
  ]);
  const report = await huntIn(set, options);
  expect(report.hits.map(({ peer, port }) => [peer, port])).toEqual([["192.0.2.5", 8443]]);
});

it("counts what is told and not blocked, and shows it when it is asked to", async () => {
  using shop = workshop();
  const text = "8.8.8.8\n198.51.100.7\nhttp://192.0.2.9/one/page.php\nhttp://shared.example/page\n";
  await shop.update([`list:${shop.feed("c2.txt", text)}`], { blockFromConfidence: 0 });
  using set = shop.open();
  const options = await record(shop, [
    [
      [web, called("8.8.8.8", 53)],
      [web, called("192.0.2.9", 80)],
      [web, asked("shared.example")],
      [db, called("198.51.100.7")],
    ],
  ]);
  const report = await huntIn(set, options);
  expect([shown(report), report.told]).toEqual([["db out 198.51.100.7 1"], 2]);
  const all = await huntIn(set, { ...options, all: true });
  expect(all.hits.map(({ peer, listed }) => [peer, listed[0]?.reportOnlyBy])).toEqual([
    ["8.8.8.8", "builtin-resolvers"],
    ["192.0.2.9", "the server of a URL"],
    ["198.51.100.7", undefined],
  ]);
});

it("says what the set before would not have done", async () => {
  using before = workshop();
  using after = workshop();
  await before.update([`list:${before.feed("c2.txt", "198.51.100.7\n8.8.8.8\n")}`]);
  const ignoreWarningLists = ["builtin-resolvers"];
  await after.update([`list:${after.feed("c2.txt", "198.51.100.0/24\n8.8.8.8\n")}`], { ignoreWarningLists });
  using known = before.open();
  using set = after.open();
  const options = await record(after, [
    [
      [web, called("198.51.100.7")],
      [web, called("198.51.100.8")],
      [web, called("8.8.8.8", 53)],
    ],
  ]);
  const report = await huntIn(set, { ...options, known });
  // What was only told before would be blocked now: that is news.
  expect(report.hits.map(({ peer, isNew }) => [peer, isNew])).toEqual([
    ["198.51.100.7", false],
    ["198.51.100.8", true],
    ["8.8.8.8", true],
  ]);
});

it("heeds the span, and tells hours that nobody recorded", async () => {
  using shop = workshop();
  await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\n")}`]);
  using set = shop.open();
  const met = [[web, called("198.51.100.7")]] as const;
  const options = await record(shop, [met.map(([a, b]) => [a, b]), [], met.map(([a, b]) => [a, b])]);
  const ofLast = await huntIn(set, { ...options, since: shop.clock.now() - 60_000 });
  expect([ofLast.hits[0]?.count, ofLast.complete]).toEqual([1, true]);
  const ofDay = await huntIn(set, { ...options, since: shop.clock.now() - 24 * HOUR });
  expect(ofDay).toMatchObject({ hours: 3, hoursMissing: 22, complete: false, hits: [{ count: 2 }] });
  const empty = await huntIn(set, { ...options, directory: join(shop.sets, "nowhere") });
  expect(empty).toMatchObject({ from: undefined, hours: 0, complete: false });
});

it("tells what was left out, what is damaged, and when it was called off", async () => {
  using shop = workshop();
  await shop.update([`list:${shop.feed("c2.txt", "198.51.100.7\n11.0.0.0/16\n")}`]);
  using set = shop.open();
  // Long texts take the place of several contacts.
  const executable = `/${"x".repeat(2000)}`;
  const flood = Array.from({ length: 300 }, (_, number): Parameters<PastWriter["meet"]> => {
    return [web, { ...called(`11.0.${number >> 8}.${number & 255}`), executable }];
  });
  const options = await record(shop, [[...flood, [db, called("198.51.100.7")]], [[db, called("192.0.2.1")]]]);
  const report = await huntIn(set, { ...options, maxHitsOfOne: 100 });
  expect(report).toMatchObject({ leftOut: 44, leftOutContainers: 1, complete: false });
  // One container with many hits hides no other.
  expect(report.hits).toHaveLength(101);
  expect(report.hits.at(-1)?.container.name).toBe("db");
  expect(report.hitsLeftOut).toBe(256 - 100);
  const file = hourFileName(Math.floor(shop.clock.now() / HOUR) * HOUR - HOUR);
  appendFileSync(join(options.directory, file), "x");
  expect((await huntIn(set, options)).damaged).toEqual([{ file, reason: "a block breaks off" }]);
  expect(await huntIn(set, { ...options, signal: AbortSignal.abort() })).toMatchObject({
    contacts: 0,
    complete: false,
  });
});
