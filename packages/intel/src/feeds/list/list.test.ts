import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { hostsFile, plainList } from "../../testdata/feeds.ts";

it("takes the first word of each line, without comments", async () => {
  const { indicators } = await collect("list", plainList);
  expect(indicators.map(({ text }) => text)).toEqual([
    "198.51.100.7",
    "198.51.100.0/28",
    "[2001:db8::7]:443",
    "evil.example",
    "http://files.evil.example/x.sh",
  ]);
  expect(indicators[3]?.where).toBe("feed.txt:5");
});

it("takes the names of a hosts file, and not those that every one has", async () => {
  const { indicators, ignored } = await collect("list", hostsFile);
  expect(indicators.map(({ text }) => text)).toEqual([
    "ads.evil.example",
    "track.evil.example",
    "more.evil.example",
    "198.51.100.7",
  ]);
  expect(ignored).toHaveLength(4);
});

it("refuses a line without end, and goes on", async () => {
  const { indicators, refused } = await collect("list", `${"a".repeat(50_000)}\nevil.example\n`);
  expect(refused).toEqual(["the line is too long"]);
  expect(indicators.map(({ text }) => text)).toEqual(["evil.example"]);
});
