import { existsSync } from "node:fs";
import path from "node:path";
import type { ScanReport } from "@pratique/core";
import { ignoreFileNames, type SuppressionSubject } from "@pratique/matching";
import type { Console } from "./console.ts";

/** Which files of the user's take findings out of the count. */
export interface SuppressionFlags {
  readonly vex?: readonly string[];
  readonly ignoreFile?: readonly string[];
  /** False: files in the working directory are left alone. */
  readonly ignoreFiles?: boolean;
}

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

/**
 * Reads the files that the user named, and those in the working directory: before an image is read. What reads them is
 * loaded where there are any.
 */
export async function readSuppressions(
  flags: SuppressionFlags,
  options: SuppressionOptions,
): Promise<Suppressions> {
  const { vex = [], ignoreFile: named = [], ignoreFiles } = flags;
  const found = ignoreFiles === false ? [] : foundIn(options.directory ?? ".", named);
  if (vex.length + named.length + found.length === 0) return { apply: (report) => report };
  const { FileSuppressions } = await import("./file-suppressions.ts");
  return new FileSuppressions({ vex, named, found }, options);
}

/** A file that was named is not read twice. */
function foundIn(directory: string, named: readonly string[]): readonly string[] {
  const known = new Set(named.map((file) => path.resolve(file)));
  return ignoreFileNames
    .map((name) => path.join(directory, name))
    .filter((file) => existsSync(file) && !known.has(path.resolve(file)));
}
