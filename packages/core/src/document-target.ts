import { CoreError } from "./errors.ts";

/** What may be judged in place of an image: a bill of materials, or a single package. */
export interface DocumentTarget {
  readonly scheme: "sbom" | "purl";
  /** The file, or the package URL. */
  readonly value: string;
  /** As it was written. */
  readonly text: string;
}

/**
 * Reads `sbom:FILE`, `purl:PKG` and a bare package URL; undefined for whatever else there is. Throws
 * `REFERENCE_MALFORMED` where nothing is behind the scheme.
 */
export function parseDocumentTarget(text: string): DocumentTarget | undefined {
  if (text.startsWith("pkg:")) return { scheme: "purl", value: text, text };
  for (const scheme of ["sbom", "purl"] as const) {
    if (!text.startsWith(`${scheme}:`)) continue;
    const value = text.slice(scheme.length + 1);
    if (value === "" || text.includes("\0")) {
      throw new CoreError("REFERENCE_MALFORMED", `expected something after ${JSON.stringify(`${scheme}:`)}`);
    }
    return { scheme, value, text };
  }
  return undefined;
}
