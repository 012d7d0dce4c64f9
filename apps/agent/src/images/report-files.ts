import { readFileSync } from "node:fs";
import path from "node:path";
import type { Digest, ScanReport } from "@pratique/core";
import { replaceFile } from "../durable-file.ts";

/** The newest report of each image, one file an image. */
export class ReportFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  put(imageId: Digest, report: ScanReport): void {
    replaceFile(this.#fileOf(imageId), JSON.stringify(report));
  }

  /** Undefined where there is none that can be read: it can be made anew. */
  get(imageId: Digest): ScanReport | undefined {
    try {
      const report: ScanReport = JSON.parse(readFileSync(this.#fileOf(imageId), "utf8"));
      return report.schemaVersion === 1 ? report : undefined;
    } catch {
      // Whatever the reason, a scan makes it anew.
      return undefined;
    }
  }

  #fileOf(imageId: Digest): string {
    return path.join(this.#directory, `${imageId.slice("sha256:".length)}.json`);
  }
}
