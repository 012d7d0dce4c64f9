import { readdirSync } from "node:fs";
import { imageSchemes } from "@pratique/core";
import { expect, it } from "vitest";

it("has a folder for every scheme that users can name", () => {
  const folders = readdirSync(new URL("./sources", import.meta.url));
  expect(folders.sort()).toEqual([...imageSchemes].sort());
});
