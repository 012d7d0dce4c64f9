import { readdirSync } from "node:fs";
import { mountAt, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { workshop } from "../testdata/workshop.ts";
import { openSet } from "./intel-set.ts";
import { updateSet } from "./update.ts";

it("says that the disk is full, and keeps the set before", async (context) => {
  using shop = workshop();
  using room = tempDirectory();
  const directory = room.at("tiny");
  using mounted = mountAt(directory, { type: "tmpfs", options: "size=512k" });
  if (mounted === undefined) return context.skip("mounting a small file system needs root");
  const update = (location: string) =>
    updateSet({ directory, sources: [{ feed: "list", location }], clock: () => new Date(shop.clock.now()) });
  await update(shop.feed("one.txt", "198.51.100.7\n"));
  const before = readdirSync(directory).sort();
  const names = Array.from({ length: 20_000 }, (_, index) => `host-${index}.evil.example\n`);
  await expect(update(shop.feed("large.txt", names.join("")))).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(readdirSync(directory).sort()).toEqual(before);
  using set = openSet(directory, { now: shop.clock.now });
  expect(set.find("198.51.100.7")).toHaveLength(1);
});
