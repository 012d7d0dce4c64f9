import type { ScanReport } from "@pratique/core";
import type { Look } from "./style.ts";

/** The commit and the run of a build, by which services file what they are given. */
export interface Build {
  /** The commit, 40 hex digits. */
  readonly sha: string;
  /** The branch or tag in full: `refs/heads/main`. */
  readonly ref: string;
  readonly jobId: string;
  /** The same for each run of the same job. */
  readonly correlator: string;
}

/** `risk` is what `riskOf` of core makes of all that is known. */
export const findingOrders = ["severity", "risk", "package", "vulnerability", "epss"] as const;

export type FindingOrder = (typeof findingOrders)[number];

/** What a format needs to know besides the report. */
export interface RenderContext {
  /** Pratique's own version. */
  readonly version: string;
  readonly look: Look;
  /** Absent outside of a build. */
  readonly build?: Build | undefined;
  /** Whether findings that were taken out of the count are listed where people read, with whose word that was. */
  readonly showSuppressed?: boolean | undefined;
  /** In which order findings are listed where people read; the worst severity first where absent. */
  readonly sort?: FindingOrder | undefined;
  /** True where only what is installed is asked for, and not what is wrong with it. */
  readonly inventoryOnly?: boolean;
}

/**
 * One way to write a report. The contract: the same report and context give the same text; nothing from an image or a
 * feed can end its place in the format or command a terminal; the time is linear in the size of the report, and the
 * text comes in pieces so that it is never in memory as a whole. What is left out is said in the text itself.
 */
export interface ReportFormat {
  /** The word after `--format`. */
  readonly name: string;
  /** One line for the help. */
  readonly description: string;
  render(report: ScanReport, context: RenderContext): Iterable<string>;
  /** What the user must hear besides, on standard error: what does not fit, what will be refused. */
  remarks?(report: ScanReport, context: RenderContext): readonly string[];
}
