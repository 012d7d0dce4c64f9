import { expect, it } from "vitest";
import { context, largeReport, sample } from "../../testdata/reports.ts";
import { sarif } from "./sarif.ts";

it("cuts what code scanning refuses, the worst first, and says so", () => {
  const large = largeReport(25_001);
  const [first, ...others] = large.findings;
  if (first === undefined) throw new Error("no finding");
  const report = {
    ...large,
    findings: [...others, { ...first, id: "CVE-2024-9", severity: "critical" as const }],
  };
  const [run] = JSON.parse([...sarif.render(report, context)].join("")).runs;
  expect(run.results).toHaveLength(25_000);
  expect(run.results[0].ruleId).toBe("CVE-2024-9");
  const said =
    "only the worst 25000 of 25001 findings are given: code scanning takes no more; narrow them with --severity";
  expect(run.invocations[0].toolExecutionNotifications[0]).toEqual({
    level: "error",
    message: { text: said },
  });
  expect(sarif.remarks?.(report, context)).toEqual([`sarif: ${said}`]);
  expect(sarif.remarks?.(sample, context)).toEqual([]);
});
