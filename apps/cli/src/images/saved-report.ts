import { statSync } from "node:fs";
import { scanReport } from "@pratique/api";
import { messageOf, type ScanReport } from "@pratique/core";
import { CliError } from "../errors.ts";
import { readSmallFile } from "../read-small-file.ts";

const MAX_BYTES = 256 * 1024 * 1024;
const SCHEME = "report:";

/**
 * The file of a saved report, where one is named: `report:FILE`, or a file that is there and whose name ends in
 * `.json`. Undefined where an image is meant.
 */
export function savedReportFile(text: string): string | undefined {
  if (text.startsWith(SCHEME)) return text.slice(SCHEME.length);
  const isFile = text.endsWith(".json") && statSync(text, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? text : undefined;
}

/** Reads what `pratique image scan --format json` wrote. Throws `REPORT_UNREADABLE`. */
export function readSavedReport(file: string): ScanReport {
  const parsed = scanReport.safeParse(parseJson(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new CliError(
    "REPORT_UNREADABLE",
    `${JSON.stringify(file)} is no report of an image${place}: ${issue?.message ?? "unknown form"}`,
  );
}

function parseJson(file: string): unknown {
  const text = readSmallFile(file, MAX_BYTES, "REPORT_UNREADABLE");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError("REPORT_UNREADABLE", `${JSON.stringify(file)} is no JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
}
