import { readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { openStarter } from "../starter/starter.ts";
import { workshop } from "../testdata/workshop.ts";
import { openDatabase } from "./advisory-database.ts";
import { readStatus } from "./status.ts";
import { verifyDatabase } from "./testdata/verify-database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const corrupt: unknown = expect.objectContaining({ code: "DATABASE_CORRUPT" });

it("answers with the starter set where nothing has been built", () => {
  using shop = workshop();
  using database = openDatabase(path.join(shop.directory, "nothing"), { clock: shop.now });
  expect(database.revision).toBe(openStarter().revision);
  expect(database.sources).toEqual(openStarter().sources);
  expect(database.coverage(ecosystem("Debian:12"))).toBe("starter");
  expect(database.coverage(ecosystem("Hex"))).toBe("none");
  expect(database.lookUp(ecosystem("Debian:12"), "bash").map(({ id }) => id)).toContain("CVE-2014-6271");
  expect(database.details("CVE-2014-6271")?.title).toContain("Shellshock");
  expect(database.enrichment("CVE-2014-6271")).toEqual({ knownExploited: true });
  expect(database.find("CVE-2014-6271").length).toBeGreaterThan(3);
  expect(readStatus(shop.databases, { clock: shop.now })).toEqual({
    sources: [],
    starter: { builtAt: openStarter().builtAt, advisories: openStarter().size },
  });
  expect(verifyDatabase(shop.databases)).toBe(false);
});

it("answers with the starter set exactly where no full source speaks", async () => {
  using shop = workshop();
  await shop.build(["debian-dsa-dla:DSA.list"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.coverage(ecosystem("Debian:12"))).toBe("full");
  expect(database.lookUp(ecosystem("Debian:12"), "bash")).toEqual([]);
  expect(database.coverage(ecosystem("npm"))).toBe("starter");
  expect(database.lookUp(ecosystem("npm"), "lodash").map(({ source }) => source)).toContain("starter");
  expect(database.find("CVE-2014-6271").map((found) => found.ecosystem)).not.toContain("Debian:12");
  // Without a catalog of its own, the embedded marks hold.
  expect(database.enrichment("CVE-2014-6271").knownExploited).toBe(true);
});

it("lets a catalog of exploited vulnerabilities replace the embedded marks", async () => {
  using shop = workshop();
  await shop.build(["kev:kev.json"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.enrichment("CVE-2014-6271").knownExploited).toBe(false);
  expect(database.enrichment("CVE-2023-0001").knownExploited).toBe(true);
});

it("knows what stands of an identifier, beside what others say of it", async () => {
  using shop = workshop();
  const cve = { id: "CVE-2026-0001", vulnStatus: "Modified", cveTags: [{ tags: ["disputed"] }] };
  const rejected = { id: "CVE-2026-0002", vulnStatus: "Rejected" };
  const known = {
    id: "CVE-2026-0003",
    configurations: [
      {
        nodes: [
          {
            operator: "OR",
            cpeMatch: [{ vulnerable: true, criteria: "cpe:2.3:a:f5:nginx:1.4.0:*:*:*:*:*:*:*" }],
          },
        ],
      },
    ],
  };
  const vulnerabilities = [cve, rejected, known].map((one) => ({ cve: one }));
  shop.feed("nvdcve-2.0-2026.json", JSON.stringify({ vulnerabilities }));
  const record = {
    id: "CVE-2026-0001",
    modified: "x",
    summary: "a hole",
    affected: [{ package: { ecosystem: "npm", name: "a" }, versions: ["1"] }],
  };
  shop.feed("osv.json", JSON.stringify(record));
  await shop.build(["osv:osv.json", "nvd:nvdcve-2.0-2026.json"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.details("CVE-2026-0001")).toMatchObject({ title: "a hole", standing: "disputed" });
  expect(database.details("CVE-2026-0002")).toEqual({ id: "CVE-2026-0002", standing: "rejected" });
  expect(database.details("CVE-2026-0003")?.standing).toBeUndefined();
});

it("finds a package under any spelling of its ecosystem", async () => {
  using shop = workshop();
  const record = {
    id: "PYSEC-1",
    modified: "x",
    affected: [{ package: { ecosystem: "PyPI", name: "Zope.Interface" }, versions: ["1"] }],
  };
  shop.feed("osv.json", JSON.stringify(record));
  await shop.build(["osv:osv.json"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  for (const name of ["zope-interface", "Zope_Interface", "zope.interface"]) {
    expect(database.lookUp(ecosystem("PyPI"), name)).toHaveLength(1);
  }
});

it.each([
  ["younger than the limit", 4, {}, false],
  ["older than the limit", 6, {}, true],
  ["of an hour from now, by a clock that is ahead", -1 / 24, {}, false],
  ["of days from now", -2, { staleAfterMs: 10 * DAY_MS }, true],
  ["older than a limit of one's own", 2, { staleAfterMs: DAY_MS }, true],
  ["younger than the limit of its provider", 6, { staleAfterMsByProvider: { osv: 9 * DAY_MS } }, false],
])("says whether data %s are stale", async (_, days, limits, stale) => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  shop.clock.advance(days * DAY_MS);
  using database = openDatabase(shop.databases, { clock: shop.now, ...limits });
  expect(database.sources[0]).toMatchObject({ source: "osv", stale, coverage: "full" });
  expect(readStatus(shop.databases, { clock: shop.now, ...limits }).sources[0]).toMatchObject({
    ageMs: Math.max(0, days * DAY_MS),
    stale,
  });
});

it("calls several feeds of one provider as old as the oldest", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  const old = shop.now().toISOString();
  shop.clock.advance(DAY_MS);
  shop.feed(
    "second.json",
    JSON.stringify({
      id: "X-1",
      modified: "x",
      affected: [{ package: { ecosystem: "Hex", name: "a" }, versions: ["1"] }],
    }),
  );
  await shop.build(["osv:osv.json", "osv:second.json", "kev:kev.json"]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.sources.map(({ source }) => source)).toEqual(["kev", "osv", "starter"]);
  expect(database.sources[1]?.builtAt).not.toBe(old);
});

it.each([
  ["a pointer that is no JSON", (shop: string) => writeFileSync(path.join(shop, "current"), "nonsense")],
  ["a pointer cut short", (shop: string) => truncateSync(path.join(shop, "current"), 20)],
  [
    "a pointer that leads out",
    (shop: string) => writeFileSync(path.join(shop, "current"), '{"revision": "../../etc/x"}'),
  ],
  ["an endless pointer", (shop: string) => writeFileSync(path.join(shop, "current"), " ".repeat(2_000_000))],
  ["a database cut short", (_: string, file: string) => truncateSync(file, 5000)],
  ["a database that is gone", (_: string, file: string) => rmSync(file)],
  [
    "another file in its place",
    (_: string, file: string) => writeFileSync(file, Buffer.alloc(readFileSync(file).length, "x")),
  ],
])("refuses %s rather than answer less", async (_, damage) => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json"]);
  damage(shop.databases, file);
  expect(() => openDatabase(shop.databases, { clock: shop.now })).toThrow(corrupt);
  expect(() => readStatus(shop.databases, { clock: shop.now })).toThrow(corrupt);
});

it("refuses a database of another form", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json"]);
  const other = new DatabaseSync(file);
  other.exec("PRAGMA user_version = 99");
  other.close();
  expect(() => openDatabase(shop.databases, { clock: shop.now })).toThrow(corrupt);
});

it("notices one changed byte in a row although the file looks untouched, and in a whole reading", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json"]);
  change(file, '"1.3.1"', '"9.3.1"', { untouched: true });
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(() => database.lookUp(ecosystem("npm"), "left-pad")).toThrow(corrupt);
  expect(() => database.find("CVE-2023-0001")).toThrow(corrupt);
  expect(() => verifyDatabase(shop.databases)).toThrow(corrupt);
});

it("refuses a database with a changed key, which would hide a row rather than damage it", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json"]);
  change(file, "left-pad", "lost-pad");
  expect(() => openDatabase(shop.databases, { clock: shop.now })).toThrow(corrupt);
});

it("takes a database that was touched, or copied, and is the same", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json"]);
  writeFileSync(file, readFileSync(file));
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(ecosystem("npm"), "left-pad")).toHaveLength(1);
});

/** Overwrites the first place of a text with one of the same length, later or as if nothing had been. */
function change(file: string, from: string, to: string, { untouched = false } = {}): void {
  const { mtimeMs } = statSync(file);
  const bytes = readFileSync(file);
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.write(to, at);
  writeFileSync(file, bytes);
  // In the middle of its millisecond, where rounding cannot move it to the next; or in one that a coarse clock tells apart.
  const seconds = (Math.trunc(mtimeMs) + 0.5) / 1000 + (untouched ? 0 : 1);
  utimesSync(file, seconds, seconds);
}

it("can be read by many at once", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  const open = Array.from({ length: 20 }, () => openDatabase(shop.databases, { clock: shop.now }));
  expect(open.map((database) => database.lookUp(ecosystem("npm"), "left-pad").length)).toEqual(
    open.map(() => 1),
  );
  for (const database of open) database[Symbol.dispose]();
});
