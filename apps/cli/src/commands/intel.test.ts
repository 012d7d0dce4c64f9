import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { AuditLog } from "@pratique/audit";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { type IntelUpdateFlags, intelStatus, intelUpdate } from "./intel.ts";
import { intelLookup } from "./intel-lookup.ts";

const NOW = new Date("2026-11-26T10:00:00Z");

const none: IntelUpdateFlags = { from: [], warningLists: [] };

it("builds a set, tells what it has, and finds what is listed", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("c2.txt"), "198.51.100.7:443\nevil.example\n10.0.0.1\n");
  const { context, console } = await contextIn(directory);
  const flags = { ...none, from: [`list:${directory.at("c2.txt")}`] };
  expect(await intelUpdate(context, flags)).toBe(0);
  expect(console.printed.join("")).toMatch(/list: 2 indicators, 1 refused \(.*private.*10\.0\.0\.1.*\)/u);
  expect(intelStatus(context, {})).toBe(0);
  expect(console.printed.join("")).toMatch(/2 indicators; in the kernel 1 of IPv4, 0 of IPv6, 1 names/u);
  expect(intelLookup(context, "www.evil.example", {})).toBe(2);
  expect(console.printed.at(-1)).toMatch(
    /^domain evil\.example: no family named, confidence 60, since 2026-11-26/u,
  );
  expect(intelLookup(context, "198.51.100.8", {})).toBe(0);
  expect(console.printed.at(-1)).toBe("198.51.100.8 is not listed\n");
});

it("speaks JSON", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("c2.txt"), "198.51.100.7:443\n8.8.8.8\n");
  const { context, console } = await contextIn(directory);
  await intelUpdate(context, { ...none, from: [`list:${directory.at("c2.txt")}`], json: true });
  expect(JSON.parse(console.printed.splice(0).join(""))).toMatchObject({
    changed: true,
    indicators: 2,
    failures: [],
    held: [],
  });
  intelStatus(context, { json: true });
  expect(JSON.parse(console.printed.splice(0).join(""))).toMatchObject({
    sources: [{ feed: "list", indicators: 2, reportOnly: 1, stale: false }],
  });
  intelLookup(context, "8.8.8.8", { json: true });
  expect(JSON.parse(console.printed.join(""))).toMatchObject({
    listed: true,
    indicators: [{ kind: "address", value: "8.8.8.8", reportOnlyBy: "builtin-resolvers" }],
  });
});

it("reads what the configuration says, and heeds what it allows", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("c2.txt"), "198.51.100.7\n203.0.113.7\n");
  const config = `intel:
  feeds: ["list:${directory.at("c2.txt")}"]
  allow: [203.0.113.0/24]
  expireDays: { address: 2 }
  staleAfterDays: 1
`;
  const { context } = await contextIn(directory, { config });
  expect(await intelUpdate(context, none)).toBe(0);
  expect(intelLookup(context, "198.51.100.7", {})).toBe(2);
  expect(intelLookup(context, "203.0.113.7", {})).toBe(0);
  const later = await contextIn(directory, { config, now: new Date("2026-11-29T10:00:00Z") });
  expect(intelStatus(later.context, {})).toBe(3);
  // It has ended, and the feed that could still name it was not read.
  expect(intelLookup(later.context, "198.51.100.7", {})).toBe(3);
});

it("says what is held, and takes it when it is told to", async () => {
  using directory = tempDirectory();
  const addresses = (count: number) =>
    Array.from({ length: count }, (_, index) => `203.0.113.${index}\n`).join("");
  writeFileSync(directory.at("c2.txt"), addresses(10));
  const { context, console } = await contextIn(directory);
  await intelUpdate(context, { ...none, from: [`list:${directory.at("c2.txt")}`] });
  writeFileSync(directory.at("c2.txt"), addresses(200));
  expect(await intelUpdate(context, none)).toBe(3);
  expect(console.said.join("\n")).toMatch(/10-fold, from 10 to 200 indicators; .*--accept takes it/u);
  expect(intelStatus(context, {})).toBe(3);
  expect(await intelUpdate(context, { ...none, accept: true })).toBe(0);
  expect(intelStatus(context, {})).toBe(0);
});

it("writes down what was put in force, and without secrets", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("c2.txt"), "198.51.100.7\n");
  const { context } = await contextIn(directory);
  await intelUpdate(context, { ...none, from: [`list:${directory.at("c2.txt")}`] });
  using audit = new AuditLog({ directory: context.settings.layout.audit, now: () => NOW });
  const [record] = [...audit.read({})];
  expect(record).toMatchObject({
    action: "intel.replaced",
    data: { sources: [{ feed: "list", indicators: 1 }] },
  });
});

it("draws a bar of known length", async () => {
  using directory = tempDirectory();
  const feed = `${"evil.example\n".repeat(50_000)}`;
  const server = createServer((_, response) => response.setHeader("content-length", feed.length).end(feed));
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const { context, console } = await contextIn(directory, { showsProgress: true });
    await intelUpdate(context, { ...none, from: [`list:http://127.0.0.1:${port}/c2.txt`] });
    const downloading = console.drawn.filter((line) => line.startsWith("downloading list"));
    expect(downloading.at(-1)).toMatch(/^downloading list {2}━+ +100 % .* of 650 kB$/u);
    expect(console.drawn.some((line) => line.startsWith("reading list"))).toBe(true);
    expect(console.drawn.at(-1)).toBe("");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it.each([["c2.txt"], [":x"], ["list:"]])("refuses --from %s", async (from) => {
  using directory = tempDirectory();
  const { context } = await contextIn(directory);
  await expect(intelUpdate(context, { ...none, from: [from] })).rejects.toMatchObject({ code: "USAGE" });
});

it.each(["not a thing!", "", "http://", "10.0.0.256:99999"])(
  "looks up nothing that is none: %s",
  async (what) => {
    using directory = tempDirectory();
    writeFileSync(directory.at("c2.txt"), "198.51.100.7\n");
    const { context } = await contextIn(directory);
    await intelUpdate(context, { ...none, from: [`list:${directory.at("c2.txt")}`] });
    expect(() => intelLookup(context, what, {})).toThrow(/expected/u);
  },
);

it("says that there is no set", async () => {
  using directory = tempDirectory();
  const { context, console } = await contextIn(directory);
  expect(intelStatus(context, {})).toBe(3);
  expect(console.said.join("")).toContain("pratique intel update --from");
  expect(() => intelLookup(context, "8.8.8.8", {})).toThrow(expect.objectContaining({ code: "SET_MISSING" }));
});
