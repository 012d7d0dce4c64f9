import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Package } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Inventory, readSbom } from "../index.ts";

const DATA = path.resolve(import.meta.dirname, "../../../../../shared/data");

describe.skipIf(!existsSync(DATA))("real documents (skipped where ../shared/data is not there)", () => {
  const directory = tempDirectory();

  beforeAll(() => {
    for (const name of ["cyclonedx-bom-examples", "trivy-fixtures"]) {
      const archive = path.join(DATA, name, `${name}.tar.gz`);
      const members =
        name === "trivy-fixtures" ? ["pkg/sbom", "integration/testdata/fixtures/sbom"] : ["SBOM"];
      execFileSync("tar", ["-xzf", archive, "-C", directory.path, ...members]);
    }
  });

  afterAll(() => directory[Symbol.dispose]());

  function files(pattern: string): readonly string[] {
    return globSync(directory.at(pattern)).sort();
  }

  it("reads every example of CycloneDX, and the same from JSON as from XML", () => {
    const jsons = files("SBOM/**/*.json");
    expect(jsons).toHaveLength(16);
    for (const json of jsons) {
      const [ofJson, ofXml] = [json, json.replace(/json$/u, "xml")].map((file) =>
        readSbom(readFileSync(file)),
      );
      expect(ofJson?.inventory.packages.length).toBeGreaterThan(40);
      expect(ofJson?.inventory.failures).toEqual([]);
      // The published XML of this one does not tell a licence that the JSON tells.
      const untold = /\/osgi-resource-locator@1\.0\.1\?/u;
      const isUntold = ({ id }: Package): boolean => json.includes("dropwizard") && untold.test(id);
      expect(ofXml?.inventory).toEqual(withoutLicenses(ofJson?.inventory, isUntold));
      expect(ofJson?.inventory.packages.some(({ licenses }) => licenses !== undefined)).toBe(true);
    }
  });

  it("reads each fixture of Trivy, or says what it cannot", () => {
    const all = files("{pkg,integration}/**/*.{json,jsonl,txt}");
    const counts = all.map((file) => readSbom(readFileSync(file)).inventory.packages.length);
    expect(counts).toHaveLength(33);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(20);
  });
});

function withoutLicenses(inventory: Inventory | undefined, isMeant: (one: Package) => boolean) {
  const packages = inventory?.packages.map((one) => {
    const { licenses: _licenses, ...rest } = one;
    return isMeant(one) ? rest : one;
  });
  return { ...inventory, packages };
}
