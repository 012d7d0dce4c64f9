import type { ScanReport } from "@pratique/core";
import type { SuppressionSubject } from "@pratique/matching";
import type { Console } from "../console.ts";

export interface SuppressionOptions {
  readonly console: Console;
  readonly now: () => Date;
  /** Where files with the names that tools look for are read; the working directory where absent. */
  readonly directory?: string;
}

/** What the user's files say of findings. */
export interface Suppressions {
  /** Takes out of the count what the files say, and tells which of their rules fit nothing. */
  apply(report: ScanReport, subject?: Omit<SuppressionSubject, "target">): ScanReport;
}

/** Those files, by what they are. */
export interface SuppressionFiles {
  readonly vex: readonly string[];
  /** Files of ignore rules that the user named. */
  readonly named: readonly string[];
  /** Those that lie in the working directory. */
  readonly found: readonly string[];
}
