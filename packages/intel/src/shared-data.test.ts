import { existsSync } from "node:fs";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { type IntelSet, openSet, type UpdateResult, updateSet } from "./index.ts";
import { loadWarningLists } from "./warning-lists/load.ts";

const DATA = path.resolve(import.meta.dirname, "../../../../shared/data");
const clock = () => new Date("2026-01-01T00:00:00Z");

// The title says why, as what is not proven should not look as if it were.
describe.skipIf(!existsSync(DATA))("the real feeds (skipped where ../shared/data is not there)", () => {
  let result: UpdateResult;
  let set: IntelSet;
  const directory = tempDirectory();

  beforeAll(async () => {
    result = await updateSet({
      directory: directory.path,
      sources: [
        { feed: "maltrail", location: path.join(DATA, "maltrail-trails") },
        { feed: "stix", location: path.join(DATA, "stix-example") },
      ],
      warningLists: [path.join(DATA, "misp-warninglists")],
      clock,
    });
    set = openSet(directory.path, { now: () => clock().getTime() });
    return () => {
      set[Symbol.dispose]();
      directory[Symbol.dispose]();
    };
  }, 120_000);

  it("reads nearly every trail: what is refused is counted by its reason", () => {
    const trails = result.sources.find(({ feed }) => feed === "maltrail");
    expect(trails?.indicators).toBeGreaterThan(1_500_000);
    expect(trails?.refused).toBeLessThan(3000);
    expect(Object.keys(trails?.reasons ?? {})).toContain("a path without a server");
    expect(result.snapshot.v4).toBeGreaterThan(300_000);
    expect(result.snapshot.names).toBeGreaterThan(1_000_000);
  });

  it("reads the example of STIX, and refuses its address, which is private", () => {
    const example = result.sources.find(({ feed }) => feed === "stix");
    expect(example).toMatchObject({
      indicators: 0,
      refused: 1,
      reasons: { "not an address of the open Internet: private": 1 },
    });
  });

  it.each([
    ["66.210.228.178:443", "emotet"],
    ["deep.below.dvr.petcp.com", "emotet"],
    ["http://capecod-junk.com/qwj/39f/cxbk6k0w4cc", "404_tds"],
    ["[2a01:7e01::f03c:91ff:feac:f30f]:8080", "hak5cloud_c2"],
  ])("knows %s", (text, family) => {
    expect(set.find(text)[0]?.indicator.family).toBe(family);
  });

  it("has all of MISP's lists, and each entry that speaks of what is called", async () => {
    expect(result.warningLists).toBeGreaterThan(120);
    const ids: string[] = [];
    await loadWarningLists(path.join(DATA, "misp-warninglists"), ({ id }) => ids.push(id));
    expect(ids).toContain("amazon-aws");
    // Lists of mail addresses, telephone numbers and hashes.
    for (const id of ["phone_numbers", "eicar.com", "mozilla-CA", "disposable-email"]) {
      expect(ids).not.toContain(id);
    }
  });

  it("blocks most addresses and names, and what lies below providers of names for everybody", () => {
    const trails = result.sources.find(({ feed }) => feed === "maltrail");
    expect(trails?.reportOnly).toBeLessThan(200_000);
    expect(set.find("darkgem.duckdns.org")[0]?.reportOnlyBy).toBeUndefined();
    expect(set.find("darkgem.duckdns.org")[0]?.indicator.value).toBe("darkgem.duckdns.org");
  });

  it.each(["google.com", "www.google.com", "github.com", "8.8.8.8", "cloudflare.com"])(
    "would not block %s",
    (text) => {
      expect(set.find(text).filter(({ reportOnlyBy }) => reportOnlyBy === undefined)).toEqual([]);
    },
  );
});
