// Writes docs/reference/coverage.md from what is read of ../shared/data. A test holds the two together.

import { writeFileSync } from "node:fs";
import path from "node:path";
import { readers } from "../packages/advisory/src/index.ts";
import { catalogers } from "../packages/inventory/src/index.ts";
import { countCoverage } from "./what-is-read/count.ts";
import { coveragePage } from "./what-is-read/page.ts";

const coverage = await countCoverage();
for (const file of coverage.unknown) console.error(`no row speaks of ${file}`);
const names = {
  readers: readers.map(({ name }) => name),
  catalogers: catalogers.map(({ name }) => name),
};
writeFileSync(
  path.resolve(import.meta.dirname, "../docs/reference/coverage.md"),
  coveragePage(coverage, names),
);
