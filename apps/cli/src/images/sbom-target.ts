import { readFileSync, statSync } from "node:fs";
import type { DocumentTarget } from "@pratique/core";
import { InventoryError, MAX_SBOM_BYTES, readSbom, type Sbom, sbomOfPurl } from "@pratique/inventory";

/** Reads what is to be judged in place of an image. Throws where there is no such file, or none that can be read. */
export function sbomAt({ scheme, value }: DocumentTarget): Sbom {
  if (scheme === "purl") return sbomOfPurl(value);
  const stats = statSync(value);
  const name = JSON.stringify(value);
  if (stats.isDirectory()) {
    throw new InventoryError("SBOM_UNKNOWN", `${name}: expected CycloneDX or SPDX, found a directory`);
  }
  if (stats.size > MAX_SBOM_BYTES) throw new InventoryError("SBOM_TOO_LARGE", `${name} is too large`);
  try {
    return readSbom(readFileSync(value));
  } catch (cause) {
    if (!(cause instanceof InventoryError)) throw cause;
    throw new InventoryError(cause.code, `${name}: ${cause.message}`, { cause });
  }
}
