import type { ScanReport } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { type CsafValidator, csafValidator } from "../testdata/csaf-validator.ts";
import { evilReport, evilTexts, largeReport, sample } from "../testdata/reports.ts";
import { csafVex } from "./formats/csaf.ts";
import { vexStatements } from "./vex-statements.ts";

const { basic, recommended, validate } = await csafValidator();

function documentOf(report: ScanReport) {
  const source = {
    target: report.target,
    time: report.scannedAt,
    author: "Acme",
    namespace: "https://acme.example",
    version: "1.2.3",
    statements: vexStatements({ report, clearances: [] }),
  };
  return JSON.parse([...csafVex.render(source)].join(""));
}

/** The tests of the standard (CSAF 2.0, section 6) of which a document does not pass all. */
function failedTests({ tests }: Awaited<ReturnType<CsafValidator["validate"]>>): readonly unknown[] {
  return tests
    .filter(({ isValid, errors, warnings }) => !isValid || errors.length > 0 || warnings.length > 0)
    .map(({ name, errors }) => (errors.length === 0 ? name : [name, errors]));
}

describe("CSAF's own tests", () => {
  it.each<readonly [string, ScanReport]>([
    ["a report", sample],
    ["one of many findings", largeReport(2000)],
    ["what has no package URL", { ...sample, target: { reference: "dir:/srv/a b" } }],
    ...evilTexts.map((evil) => [`one that says ${JSON.stringify(evil)}`, evilReport(evil)] as const),
  ])("are passed by %s", async (_, report) => {
    expect(failedTests(await validate(basic, documentOf(report)))).toEqual([]);
  });

  it("find of what is recommended only what nobody has said: scores, what to do meanwhile, TLP, an address", async () => {
    expect(failedTests(await validate(recommended, documentOf(sample)))).toEqual([
      "optionalTest_6_2_10",
      "optionalTest_6_2_11",
      "optionalTest_6_2_2",
      "optionalTest_6_2_3",
    ]);
  });

  it.each<readonly [string, string, (changed: ReturnType<typeof JSON.parse>) => unknown]>([
    ["no reason", "mandatoryTest_6_1_27_9", ({ vulnerabilities }) => delete vulnerabilities[0].threats],
    ["a product that is none", "mandatoryTest_6_1_1", ({ product_tree: tree }) => tree.relationships.pop()],
    ["a member of its own", "csaf_2_0_strict", (changed) => (changed.document.more = "x")],
  ])("refuse %s", async (_, test, change) => {
    const changed = documentOf(sample);
    change(changed);
    const failed = await validate(basic, changed);
    expect(failed.isValid).toBe(false);
    expect(failed.tests.filter(({ isValid }) => !isValid).map(({ name }) => name)).toContain(test);
  });
});
