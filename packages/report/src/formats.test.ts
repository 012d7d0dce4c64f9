import { readdirSync } from "node:fs";
import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { billsOfMaterials, reportFormats } from "./formats.ts";
import type { ReportFormat } from "./report-format.ts";
import {
  clean,
  context,
  evilReport,
  evilTexts,
  largeReport,
  sample,
  unassessed,
} from "./testdata/reports.ts";

/** Longer than any one part of a report, and much shorter than a large report. */
const LONGEST_PIECE = 20_000;

function textOf(format: ReportFormat, report = sample): string {
  return [...format.render(report, context)].join("");
}

it("has every format that there is, sorted", () => {
  const names = reportFormats.map(({ name }) => name);
  expect(names).toEqual(readdirSync(`${import.meta.dirname}/formats`).sort());
  expect(reportFormats).toEqual(expect.arrayContaining([...billsOfMaterials]));
});

describe.each(reportFormats.map((format) => [format.name, format] as const))("%s", (name, format) => {
  it("writes the same of the same", () => {
    expect(textOf(format)).toBe(textOf(format));
  });

  it("ends with one line end", () => {
    for (const report of [sample, clean, unassessed]) expect(textOf(format, report)).toMatch(/[^\n]\n$/u);
  });

  it("says that not all could be assessed", () => {
    expect(textOf(format)).toMatch(/a record has no version|"assessment": "partial"/u);
    expect(textOf(format, unassessed)).toMatch(/no installed packages were found|"assessment": "none"/u);
    expect(textOf(format, clean)).not.toMatch(/only partly|"partial"|Only partly/u);
  });

  it.runIf(name !== "github")("names each finding that counts", () => {
    const text = textOf(format);
    expect(["CVE-2024-0001", "CVE-2021-23337", "PYSEC-2023-74"].filter((id) => !text.includes(id))).toEqual(
      [],
    );
  });

  it.each(evilTexts)("gives %j no power over a terminal", (evil) => {
    expect(textOf(format, evilReport(evil))).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it("takes whatever text there is", () => {
    assert(
      property(string({ unit: "binary" }), (evil) => {
        expect(textOf(format, evilReport(evil)).isWellFormed()).toBe(true);
      }),
      // One that is wider in a table than its column.
      { numRuns: 25, examples: [["\u0000಼🥇𿿾"]] },
    );
  });

  it("comes in pieces", () => {
    const pieces = [...format.render(largeReport(2000), context)];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(LONGEST_PIECE);
  });
});
