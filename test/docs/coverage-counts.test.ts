import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readers } from "../../packages/advisory/src/index.ts";
import { catalogers } from "../../packages/inventory/src/index.ts";
import { canCount, countCoverage } from "../../scripts/what-is-read/count.ts";
import { coveragePage } from "../../scripts/what-is-read/page.ts";

// The title says why, as what is not proven should not look as if it were.
describe.skipIf(!canCount())(
  "what is read of real feeds and fixtures (skipped without ../shared/data)",
  () => {
    it("is what the page says, file by file", { timeout: 120_000 }, async () => {
      const coverage = await countCoverage();
      expect(coverage.unknown).toEqual([]);
      const names = {
        readers: readers.map(({ name }) => name),
        catalogers: catalogers.map(({ name }) => name),
      };
      // Another count is a change of what is read: look at it, and run node scripts/write-coverage.ts.
      expect(coveragePage(coverage, names)).toBe(readFileSync("docs/reference/coverage.md", "utf8"));
    });
  },
);
