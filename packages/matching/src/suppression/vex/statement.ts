import { type VexJustification, vexJustifications } from "@pratique/core";
import type { PurlPattern } from "../purl-pattern.ts";

/** A word of OpenVEX and CSAF, which use the same; undefined for any other. */
export function parseJustification(word: unknown): VexJustification | undefined {
  return vexJustifications.find((known) => known === word);
}

/** The four words that every VEX format has (CISA, "Minimum Requirements for VEX", 2023). */
export type VexStatus = "not_affected" | "affected" | "fixed" | "under_investigation";

/** How a document calls a product. */
export type ProductName =
  | { readonly kind: "purl"; readonly pattern: PurlPattern }
  /** A component of the CycloneDX document with that serial number, by its `bom-ref`. */
  | { readonly kind: "reference"; readonly serialNumber: string | undefined; readonly reference: string }
  /** The name of an image, its digest, or whatever else. */
  | { readonly kind: "name"; readonly name: string };

/** A product, under any of its names, or what lies in it. */
export interface VexProduct {
  readonly names: readonly ProductName[];
  /** Where given, the statement holds only for packages of one of these versions. */
  readonly versions?: readonly string[];
  /** Where given, the statement is about these in the product, and about nothing else in it. */
  readonly parts: readonly (readonly ProductName[])[];
}

/** One statement of a VEX document, in the words that all formats share. */
export interface VexStatement {
  /** Its number in the document, from 1. */
  readonly number: number;
  readonly vulnerabilities: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: VexStatus;
  /** Justification, and what else is said for people. */
  readonly words: readonly string[];
  readonly justification?: VexJustification;
  /** ISO 8601. */
  readonly time?: string;
}

export interface VexDocument {
  readonly format: string;
  readonly statements: readonly VexStatement[];
  readonly problems: readonly string[];
}
