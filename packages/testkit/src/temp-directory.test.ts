import { existsSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tempDirectory } from "./temp-directory.ts";

it("takes the directory away with all in it", () => {
  let path: string;
  {
    using directory = tempDirectory();
    path = directory.path;
    writeFileSync(directory.at("file"), "x");
    expect(existsSync(directory.at("file"))).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});
