import type { ScanTarget } from "@pratique/core";
import { imagePurl, plainImageName } from "../image-name.ts";

/**
 * What a VEX document calls the thing that was scanned: its package URL; of an image that lies in a file, one with its
 * digest; and where there is no digest either, how the user named it, as an address.
 */
export function addressOf(target: ScanTarget, purl: string | undefined): string {
  const known = purl ?? imagePurl(target);
  if (known !== undefined) return known;
  const digest = target.digest ?? target.imageId;
  if (digest === undefined) return encodeURI(target.reference.toWellFormed());
  const path = plainImageName(target);
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return `pkg:oci/${encodeURIComponent(name)}@${encodeURIComponent(digest)}`;
}

/** So that the document is told apart from others by what it says. */
export function statementTexts(source: {
  readonly time: string;
  readonly statements: readonly object[];
}): readonly string[] {
  return [source.time, ...source.statements.map((statement) => JSON.stringify(statement))];
}
