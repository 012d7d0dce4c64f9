import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { sbomAt } from "./sbom-target.ts";

it("names a directory that was given for a document", () => {
  using directory = tempDirectory();
  const value = directory.path;
  const target = { scheme: "sbom", value, text: `sbom:${value}` } as const;
  expect(() => sbomAt(target)).toThrow(
    `${JSON.stringify(value)}: expected CycloneDX or SPDX, found a directory`,
  );
});
