import type { Digest, FromBase, ScanReport } from "@pratique/core";
import { originOf } from "@pratique/core";
import type { FindingRow } from "./rows.ts";

/** What one layer brought. */
export interface LayerGroup {
  /** Counted from the lowest, which is 1. */
  readonly place: number;
  readonly instruction?: string;
  readonly fromBase: FromBase;
  readonly findings: number;
}

/**
 * The layers that brought what was found, those with most first. A row of packages that came with several layers counts
 * for each. Empty where nobody knows of any layer what made it or whose it is: numbers alone help nobody.
 */
export function layerGroups({ target }: ScanReport, rows: readonly FindingRow[]): readonly LayerGroup[] {
  if (target.instructions === undefined && target.base?.layers === undefined) return [];
  const counts = new Map<Digest, number>();
  for (const { packages } of rows) {
    for (const layer of new Set(packages.map((owner) => owner.layer))) {
      if (layer !== undefined) counts.set(layer, (counts.get(layer) ?? 0) + 1);
    }
  }
  const groups = [...counts].map(([layer, findings]) => {
    const { instruction, fromBase } = originOf(target, layer);
    const place = (target.layers ?? []).indexOf(layer) + 1;
    return { place, ...(instruction !== undefined && { instruction }), fromBase, findings };
  });
  return groups.sort((left, right) => right.findings - left.findings || left.place - right.place);
}

/** Whose a layer is, in one word; empty where nobody knows. */
export function baseWord(fromBase: FromBase | undefined): string {
  if (fromBase === undefined || fromBase === "unknown") return "";
  return fromBase ? "base image" : "own layer";
}
