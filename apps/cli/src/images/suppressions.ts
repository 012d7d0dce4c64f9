import { existsSync } from "node:fs";
import path from "node:path";
import { ignoreFileNames } from "@pratique/matching";
import type { SuppressionOptions, Suppressions } from "./suppression-files.ts";

/** Which files of the user's take findings out of the count. */
export interface SuppressionFlags {
  readonly vex?: readonly string[];
  readonly ignoreFile?: readonly string[];
  /** False: files in the working directory are left alone. */
  readonly ignoreFiles?: boolean;
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
