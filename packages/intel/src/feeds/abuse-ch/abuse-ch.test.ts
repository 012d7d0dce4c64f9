import { expect, it } from "vitest";
import { collect } from "../../testdata/collect.ts";
import {
  abuseChCsv,
  certificatesCsv,
  feodoJson,
  sslblCsv,
  threatFoxCsv,
  threatFoxJson,
  urlhausCsv,
  urlhausJson,
} from "../../testdata/feeds.ts";

const SEEN = Date.parse("2026-01-02T03:04:05Z");

it.each([
  [
    "Feodo Tracker's CSV",
    abuseChCsv,
    { text: "198.51.100.7", expected: "address", port: 443, family: "QakBot", firstSeen: SEEN },
  ],
  [
    "ThreatFox's CSV, with blanks between fields",
    threatFoxCsv,
    { text: "198.51.100.9:8443", expected: "address", family: "Cobalt Strike", confidence: 100 },
  ],
  [
    "URLhaus' CSV",
    urlhausCsv,
    { text: "http://198.51.100.10:37352/bin.sh", expected: "url", family: "Mozi" },
  ],
  ["SSLBL's addresses", sslblCsv, { text: "198.51.100.11", expected: "address", port: 447, firstSeen: SEEN }],
  ["SSLBL's certificates", certificatesCsv, { expected: "hash", family: "Vidar" }],
  ["Feodo Tracker's JSON", feodoJson, { text: "198.51.100.12", port: 8080, family: "Emotet" }],
  ["ThreatFox's JSON", threatFoxJson, { text: "198.51.100.13:80", confidence: 90, family: "Remcos" }],
  ["URLhaus' JSON", urlhausJson, { text: "http://198.51.100.14/x", family: "Mirai", firstSeen: SEEN }],
])("reads %s", async (_, content, first) => {
  const { indicators, recognized } = await collect("abuse-ch", content);
  expect(indicators[0]).toMatchObject(first);
  expect(recognized).toBe(true);
});

it("trusts a server that was broken into less than one that was set up", async () => {
  const { indicators, ignored } = await collect("abuse-ch", threatFoxCsv);
  expect(indicators.find(({ text }) => text === "shop.honest.example")?.confidence).toBe(40);
  expect(ignored).toEqual(["of a type that is not looked at"]);
});

it("keeps a comma in a URL", async () => {
  const { indicators } = await collect("abuse-ch", urlhausCsv);
  expect(indicators.map(({ text }) => text)).toContain("https://files.evil.example/a,b.exe");
});

it("reads a plain list, and refuses rows that have lost the names of their columns", async () => {
  const { indicators, refused } = await collect(
    "abuse-ch",
    "# a\n198.51.100.7\n2026-01-02,198.51.100.8,443\n",
  );
  expect(indicators.map(({ text }) => text)).toEqual(["198.51.100.7"]);
  expect(refused).toEqual(["a row before the names of its columns"]);
});

it("knows an empty list for one", async () => {
  const [header = ""] = sslblCsv.split("\n");
  expect(await collect("abuse-ch", header)).toMatchObject({ indicators: [], recognized: true });
});
