import type { Digest, Distro, SourcePackage } from "@pratique/core";

/** One entry of a bill of materials in any format, before anybody knows what it is. */
export interface Component {
  /** How the document itself calls it: `bom-ref`, `SPDXID`. */
  readonly reference?: string;
  readonly kind: ComponentKind;
  readonly name: string;
  readonly group?: string;
  readonly version?: string;
  readonly purl?: string;
  /** What it was built from, where the document says so beside the package URL. */
  readonly source?: SourcePackage;
  /** The distribution that an operating system says it is, more exactly than by name and version. */
  readonly distro?: Distro;
  readonly paths: readonly string[];
  /** All of them hold. */
  readonly licenses?: readonly string[];
  /** What our own documents say beside what the formats have members for. */
  readonly own?: OwnFacts;
}

/** Facts of a package that only our own documents tell; each as it was in the image. */
export interface OwnFacts {
  /** Where it is not the package URL. */
  readonly id?: string;
  readonly type?: string;
  readonly module?: string;
  readonly vendor?: string;
  readonly repository?: string;
  readonly isInert?: true;
  readonly functions?: string;
  readonly runnable?: string;
  readonly layer?: Digest;
  readonly ownedBy?: string;
}

/**
 * `package` can be asked of advisories; `operating-system` tells the distribution; `other` is a file, a device, the
 * lock file in which packages were found: nothing that is installed.
 */
export type ComponentKind = "package" | "operating-system" | "other";

/** A document, read. */
export interface SbomDocument {
  /** The format in words, with its version. */
  readonly format: string;
  /** CycloneDX's `serialNumber`, by which documents about it name it. */
  readonly serialNumber?: string;
  /** What the document is about; it is among the components only where the format has it there. */
  readonly subject?: Component;
  readonly components: readonly Component[];
  /** More was there than is read. */
  readonly isCut: boolean;
}

/** So many components are read of one document. */
export const MAX_COMPONENTS = 500_000;
