import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { removeUnfinished, unfinishedPath } from "./unfinished.ts";

it("removes what is unfinished, and nothing else", async () => {
  using directory = tempDirectory();
  const paths = [".sqlite", ".sqlite", ""].map((ending) => unfinishedPath(directory.path, ending));
  expect(new Set(paths).size).toBe(3);
  for (const path of paths.slice(1)) writeFileSync(path, "x");
  mkdirSync(paths[0] ?? "");
  writeFileSync(`${paths[0]}/file`, "x");
  writeFileSync(directory.at("current"), "x");
  await removeUnfinished(directory.path);
  expect(readdirSync(directory.path)).toEqual(["current"]);
});
