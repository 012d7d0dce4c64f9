import type { Inventory } from "../inventory.ts";

/** A bill of materials: somebody's word on what is in a piece of software. */
export interface Sbom {
  /** The format in words: `CycloneDX 1.6 JSON`. */
  readonly format: string;
  /** What the document says is inside, as if it had been found there. */
  readonly inventory: Inventory;
  /** What the document is about, where it says so. */
  readonly subject?: SbomSubject;
  /** CycloneDX's `serialNumber`, without `urn:uuid:`. */
  readonly serialNumber?: string;
  /** The ids of packages by the names that the document itself has for them. */
  readonly references: ReadonlyMap<string, readonly string[]>;
}

export interface SbomSubject {
  readonly purl?: string;
  readonly version?: string;
  /** How the document itself calls it. */
  readonly reference?: string;
}
