import { inTurn, jsonText } from "../../json-text.ts";
import type { ReportFormat } from "../../report-format.ts";

/** The JSON report: the contract of `docs/reference/report.schema.json`, to the letter. */
export const json: ReportFormat = {
  name: "json",
  description: "Pratique's own report, which has all there is",
  render: (report) =>
    jsonText({
      ...report,
      packages: inTurn(report.packages),
      findings: inTurn(report.findings),
      ...(report.secrets !== undefined && { secrets: inTurn(report.secrets) }),
      ...(report.licenses !== undefined && { licenses: inTurn(report.licenses) }),
    }),
};
