import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import { trails } from "../../testdata/feeds.ts";
import { maltrail } from "./maltrail.ts";

it("reads trails, with the family by the file's name", async () => {
  const { indicators, ignored } = await collect("maltrail", trails, {
    path: "trails/static/malware/emotet.txt",
  });
  expect(indicators.map(({ text }) => text)).toEqual([
    "198.51.100.7:443",
    "dvr.evil.example",
    "evil.example/x/y.php",
    "http://198.51.100.8",
    "2001:db8::8",
  ]);
  expect(indicators.every(({ family, confidence }) => family === "emotet" && confidence === 80)).toBe(true);
  expect(ignored).toEqual(["a path without a server", "an expression over requests"]);
});

it.each([
  ["trails/static/malicious/a.txt", 70],
  ["trails/static/suspicious/a.txt", 40],
  ["trails/static/mass_scanner.txt", 20],
  ["a.txt", 60],
])("is as sure of %s as %i", async (path, confidence) => {
  const { indicators } = await collect("maltrail", "198.51.100.7\n", { path });
  expect(indicators[0]?.confidence).toBe(confidence);
});

it("drops a remark, and takes no time over lines of spaces", async () => {
  const spaces = `198.51.100.9${" ".repeat(16_000)}.#\n`.repeat(500);
  const text = `evil.example \t # seen\n${spaces}`;
  const { indicators } = await collect("maltrail", text, { path: "a.txt" });
  expect(indicators[0]?.text).toBe("evil.example");
  expect(indicators).toHaveLength(501);
});

it("does not take the list of what is honest for trails", () => {
  expect(["data/whitelist.txt", "LICENSE", "trails/static/malware/a.txt"].filter(maltrail.wants)).toEqual([
    "trails/static/malware/a.txt",
  ]);
});
