import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ScanReport } from "@pratique/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hostileEntries } from "../../scripts/bench/hostile-shapes.ts";
import { writeManyEntries } from "../../scripts/bench/many-entries.ts";
import { peakMemory, repository } from "../../scripts/bench/product.ts";

const BUNDLE = path.join(repository, "dist/pratique.js");
/** What is promised for files; of directories and links, which take more each, there is no promise but that of an end. */
const MAX_BYTES = { file: 250_000_000, directory: 350_000_000, symlink: 350_000_000 } as const;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "prm-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const images = hostileEntries.flatMap((entries) => [
  { ...entries, packed: false, how: "sought through" },
  { ...entries, packed: true, how: "unpacked as it streams" },
]);

it.each(images)(
  "an image of $count entries ($kind), $how, takes no more memory than it may",
  async (image) => {
    const layout = path.join(directory, "layout");
    const report = path.join(directory, "report.json");
    await writeManyEntries(layout, image);
    const args = ["image", "scan", `oci-dir:${layout}`, "--no-cache", `--data=${directory}`];
    const peak = await peakMemory([...args, "--format=json", `--output=${report}`], BUNDLE);
    expect(peak).toBeLessThan(MAX_BYTES[image.kind]);
    // All of it was read: nothing was given up for being too much.
    const { assessment }: ScanReport = JSON.parse(readFileSync(report, "utf8"));
    expect(assessment.reasons.filter(({ code }) => code === "LIMIT_REACHED")).toEqual([]);
  },
);
