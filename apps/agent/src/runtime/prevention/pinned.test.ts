import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { clearPinned, countPinned, pinsOf } from "./pinned.ts";

it("has one name for each data directory, which the native sensor takes", () => {
  expect(pinsOf("/var/lib/pratique")).toBe("pratique");
  expect(pinsOf("/srv/a")).toMatch(/^pratique-[0-9a-f]{12}$/u);
  expect(pinsOf("/srv/a")).not.toBe(pinsOf("/srv/b"));
});

it("counts and clears what is there, and finds nothing where nothing is", () => {
  using directory = tempDirectory();
  const pinned = directory.at("pins");
  expect([countPinned("", pinned), clearPinned("", pinned)]).toEqual([0, 0]);
  mkdirSync(pinned);
  writeFileSync(directory.at("pins/link_connect4"), "");
  writeFileSync(directory.at("pins/map_policies"), "");
  expect([countPinned("", pinned), clearPinned("", pinned), existsSync(pinned)]).toEqual([2, 2, false]);
});
