import { readdirSync } from "node:fs";
import path from "node:path";
import { ecosystem } from "@pratique/core";
import { mountAt } from "@pratique/testkit";
import { expect, it } from "vitest";
import { osvRecord } from "../testdata/feeds.ts";
import { workshop } from "../testdata/workshop.ts";
import { openDatabase } from "./advisory-database.ts";
import { buildDatabase } from "./build.ts";
import { verifyDatabase } from "./testdata/verify-database.ts";

it("says that the disk is full, and keeps the database before", async (context) => {
  using shop = workshop();
  const directory = path.join(shop.directory, "tiny");
  using mounted = mountAt(directory, { type: "tmpfs", options: "size=512k" });
  if (mounted === undefined) return context.skip("mounting a small file system needs root");
  const build = (location: string) =>
    buildDatabase({ directory, from: [{ provider: "osv", location }], clock: shop.now });
  await build(shop.feed("osv.json", JSON.stringify(osvRecord())));
  const before = readdirSync(directory).sort();
  const names = Array.from({ length: 4000 }, (_, index) => `package-${index}`);
  const affected = names.map((name) => ({
    package: { ecosystem: "npm", name },
    versions: ["1.0.0", "1.0.1"],
  }));
  const large = shop.feed("large.json", JSON.stringify(osvRecord({ affected })));
  await expect(build(large)).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(readdirSync(directory).sort()).toEqual(before);
  expect(verifyDatabase(directory)).toBe(true);
  using database = openDatabase(directory, { clock: shop.now });
  expect(database.lookUp(ecosystem("npm"), "left-pad")).toHaveLength(1);
});
