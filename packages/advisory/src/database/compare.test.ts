import { type AdvisoryIndex, type Ecosystem, ecosystem } from "@pratique/core";
import { array, assert, asyncProperty, constantFrom, record, subarray } from "fast-check";
import { expect, it } from "vitest";
import { osvRecord } from "../testdata/feeds.ts";
import { type Workshop, workshop } from "../testdata/workshop.ts";
import { openDatabase } from "./advisory-database.ts";
import { type AdvisoryDelta, compareDatabases } from "./compare.ts";
import { currentVersion, openVersion } from "./versions.ts";

const npm = ecosystem("npm");

function recordOf(id: string, name: string, more: Readonly<Record<string, unknown>> = {}): object {
  const { fixed = "1.3.1", ecosystem: of = "npm", ...rest } = more;
  return osvRecord({
    id,
    aliases: [],
    affected: [
      {
        package: { ecosystem: of, name },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed }] }],
      },
    ],
    ...rest,
  });
}

/** Builds from records in the OSV schema, and gives the path of the file. */
async function build(shop: Workshop, records: readonly object[], kev?: readonly string[]): Promise<string> {
  shop.feed("records.jsonl", records.map((each) => JSON.stringify(each)).join("\n"));
  shop.feed("kev.json", JSON.stringify({ vulnerabilities: (kev ?? []).map((cveID) => ({ cveID })) }));
  const from = kev === undefined ? ["osv:records.jsonl"] : ["osv:records.jsonl", "kev:kev.json"];
  return (await shop.build(from, { replace: true })).path;
}

async function deltaOf(
  before: Parameters<typeof build>,
  after: [records: readonly object[], kev?: readonly string[]],
): Promise<AdvisoryDelta> {
  const [shop] = before;
  return await compareDatabases(await build(...before), await build(shop, ...after));
}

function names({ keys }: AdvisoryDelta): readonly string[] {
  return keys.map((key) => `${key.ecosystem} ${key.package}`);
}

it("names the packages of which other things are said", async () => {
  using shop = workshop();
  const same = recordOf("GHSA-1", "same");
  const delta = await deltaOf(
    [shop, [same, recordOf("GHSA-2", "gone"), recordOf("GHSA-3", "changed")]],
    [[recordOf("GHSA-3", "changed", { fixed: "2.0.0" }), same, recordOf("GHSA-4", "new")]],
  );
  expect(names(delta)).toEqual(["npm changed", "npm gone", "npm new"]);
  expect(delta).toMatchObject({ ecosystems: [], everything: false });
});

it("names nothing where only the dates differ", async () => {
  using shop = workshop();
  const records = [recordOf("GHSA-1", "a"), recordOf("PYSEC-1", "b", { ecosystem: "PyPI" })];
  const before = await build(shop, records);
  shop.clock.advance(86_400_000);
  const after = await build(shop, records.toReversed());
  expect(after).not.toBe(before);
  expect(await compareDatabases(before, after)).toEqual({ keys: [], ecosystems: [], everything: false });
});

it("names packages whose vulnerabilities are described otherwise, or exploited now, by any of their names", async () => {
  using shop = workshop();
  const aliased = recordOf("GHSA-2", "aliased", { aliases: ["CVE-2026-0002"] });
  const delta = await deltaOf(
    [shop, [recordOf("GHSA-1", "told"), aliased, recordOf("GHSA-3", "same")], ["CVE-2026-0009"]],
    [
      [recordOf("GHSA-1", "told", { summary: "Another title" }), aliased, recordOf("GHSA-3", "same")],
      ["CVE-2026-0009", "CVE-2026-0002"],
    ],
  );
  expect(names(delta).toSorted()).toEqual(["npm aliased", "npm told"]);
  expect(delta.everything).toBe(false);
});

it("tells of ecosystems that only one of both speaks of", async () => {
  using shop = workshop();
  const delta = await deltaOf(
    [shop, [recordOf("GHSA-1", "a")]],
    [[recordOf("GHSA-1", "a"), recordOf("PYSEC-1", "b", { ecosystem: "PyPI" })]],
  );
  expect(names(delta)).toEqual(["PyPI b"]);
  expect(delta.ecosystems).toEqual(["PyPI"]);
});

it("says that anything may differ where only one of both knows what is exploited", async () => {
  using shop = workshop();
  const records = [recordOf("GHSA-1", "a")];
  expect((await deltaOf([shop, records], [records, ["CVE-2026-0001"]])).everything).toBe(true);
});

it("ends when it is called off", async () => {
  using shop = workshop();
  const many = Array.from({ length: 1_200 }, (_, index) => recordOf(`GHSA-${index}`, `package-${index}`));
  const path = await build(shop, many);
  const reason = new Error("enough");
  await expect(compareDatabases(path, path, AbortSignal.abort(reason))).rejects.toBe(reason);
});

it("refuses what is no database, and a name that is none", async () => {
  using shop = workshop();
  const path = await build(shop, [recordOf("GHSA-1", "a")]);
  await expect(compareDatabases(shop.feed("x.sqlite", "no database"), path)).rejects.toMatchObject({
    code: "DATABASE_CORRUPT",
  });
  expect(() => openVersion(shop.databases, "../x.sqlite", { clock: shop.now })).toThrow("no name of");
});

it("opens the database before the current one, and none that is gone", async () => {
  using shop = workshop();
  const files: string[] = [];
  for (const name of ["first", "second", "third"]) {
    await build(shop, [recordOf("GHSA-1", name)]);
    files.push(currentVersion(shop.databases) ?? "");
    shop.clock.advance(1000);
  }
  const opened = files.map((file) => openVersion(shop.databases, file, { clock: shop.now }));
  expect(opened.map((each) => each?.lookUp(npm, "second").length)).toEqual([undefined, 1, 0]);
  expect(opened[2]?.builtAt).toBe(
    opened[2]?.sources
      .map(({ builtAt }) => new Date(builtAt).toISOString())
      .sort()
      .at(-1),
  );
  for (const each of opened) each?.[Symbol.dispose]();
});

const anyRecord = record({
  id: constantFrom("GHSA-1", "GHSA-2", "GHSA-3", "PYSEC-1"),
  name: constantFrom("a", "b", "\u{1F600}", "\uFFFD"),
  of: constantFrom("npm", "PyPI", "Go"),
  fixed: constantFrom("1.0.0", "2.0.0"),
  summary: constantFrom("One", "Other"),
  aliases: subarray(["CVE-2026-0001", "CVE-2026-0002"]),
}).map(({ id, name, of, ...more }) => recordOf(id, name, { ecosystem: of, ...more }));
const anyFeed = record({
  records: array(anyRecord, { minLength: 1, maxLength: 6 }),
  kev: subarray(["CVE-2026-0001", "CVE-2026-0002"]).map((ids) => ["CVE-2026-0009", ...ids]),
});

/** All that matching asks of an index about a package. */
function answersOf(index: AdvisoryIndex, of: Ecosystem, name: string): unknown {
  const advisories = index.lookUp(of, name);
  const ids = advisories.flatMap(({ id, aliases }) => [id, ...aliases]);
  return [advisories, ids.map((id) => [index.details(id), index.enrichment(id)])];
}

it("leaves out only what is answered alike", async () => {
  using shop = workshop();
  await assert(
    asyncProperty(anyFeed, anyFeed, async (one, other) => {
      const before = await build(shop, one.records, one.kev);
      using was = openDatabase(shop.databases, { clock: shop.now });
      const after = await build(shop, other.records, other.kev);
      using is = openDatabase(shop.databases, { clock: shop.now });
      const delta = await compareDatabases(before, after);
      const touched = new Set(names(delta));
      for (const of of ["npm", "PyPI", "Go"].map(ecosystem)) {
        if (delta.ecosystems.includes(of)) continue;
        expect(was.coverage(of)).toBe(is.coverage(of));
        for (const name of ["a", "b", "\u{1F600}", "\uFFFD", "c"]) {
          if (touched.has(`${of} ${name}`)) continue;
          expect(answersOf(is, of, name)).toEqual(answersOf(was, of, name));
        }
      }
    }),
    { numRuns: 15 },
  );
});
