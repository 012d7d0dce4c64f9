import { type ImageTarget, parseDocumentTarget, parseImageTarget, type ScanReport } from "@pratique/core";
import type { SuppressionSubject } from "@pratique/matching";
import { CliError } from "../errors.ts";
import { sbomAt } from "./sbom-target.ts";
import type { Scanner, ScannerFlags } from "./scanner.ts";

export interface Scanned {
  readonly report: ScanReport;
  /** What a document says of what it lists; absent for images. */
  readonly subject?: Omit<SuppressionSubject, "target">;
}

/** An image, or a document that lists what is in one: what is wrong with its name is told before anything is read. */
export function planScan(text: string, base?: ImageTarget): (scanner: Scanner) => Promise<Scanned> {
  const document = parseDocumentTarget(text);
  if (document === undefined) {
    const target = parseImageTarget(text);
    return async (scanner) => ({ report: await scanner.scan(target, base) });
  }
  if (base !== undefined) throw new CliError("USAGE", "--base is for images: a document lists no layers");
  const sbom = sbomAt(document);
  const { subject, serialNumber, references } = sbom;
  return async (scanner) => ({
    report: scanner.scanSbom(document.text, sbom),
    subject: { ...subject, references, ...(serialNumber !== undefined && { serialNumber }) },
  });
}

/** What a scan prints is not kept as the image's: it is verified when asked, and then of this very file. */
export function readingFlags({ verifyLayers = false, cache, ...flags }: ScannerFlags): ScannerFlags {
  return { ...flags, verifyLayers, cache: cache !== false && !verifyLayers };
}
