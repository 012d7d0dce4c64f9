import type { Digest } from "./digest.ts";
import type { Finding } from "./finding.ts";
import type { FromBase } from "./from-base.ts";
import { type RiskContext, riskOf } from "./risk.ts";
import type { ScanReport, ScanTarget } from "./scan-report.ts";

/** Which layer brought something, and what made that layer. */
export interface LayerOrigin {
  readonly layer?: Digest;
  /** The instruction that made the layer; absent where the image does not tell. */
  readonly instruction?: string;
  readonly fromBase: FromBase;
}

/**
 * Where what lies in a layer comes from. A base that the image merely claims to have proves nothing: only layers that
 * were found to be the base's count.
 */
export function originOf({ layers = [], instructions = [], base }: ScanTarget, layer?: Digest): LayerOrigin {
  // The same layer may lie in an image twice; all that it brings was there after the first.
  const place = layer === undefined ? -1 : layers.indexOf(layer);
  if (layer === undefined || place < 0) return { fromBase: "unknown" };
  const instruction = instructions[place];
  return {
    layer,
    ...(instruction !== undefined && instruction !== "" && { instruction }),
    fromBase: base?.layers === undefined ? "unknown" : place < base.layers,
  };
}

/** How many of an image's lowest layers are those of another, all of them; undefined where it is not built on it. */
export function layersOfBase(layers: readonly Digest[], base: readonly Digest[]): number | undefined {
  const isBase =
    base.length > 0 && base.length < layers.length && base.every((one, at) => layers[at] === one);
  return isBase ? base.length : undefined;
}

/** How one package of an image is used, where that is known. */
export type UseOf = (packageId: string) => RiskContext;

/** Adds to each finding of a report where it comes from and how urgent it is; nothing else changes. */
export function explainFindings(report: ScanReport, useOf: UseOf = () => ({})): ScanReport {
  const layers = new Map(report.packages.map(({ id, layer }) => [id, layer]));
  const explain = (finding: Finding): Finding => ({
    ...finding,
    ...originOf(report.target, layers.get(finding.packageId)),
    risk: riskOf(finding, useOf(finding.packageId)),
  });
  return { ...report, findings: report.findings.map(explain) };
}
