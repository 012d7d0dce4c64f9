import type { AdvisorySource } from "./advisory.ts";
import type { AssessmentReason, AssessmentState } from "./assessment.ts";
import type { Digest } from "./digest.ts";
import type { Distro } from "./distro.ts";
import type { Finding } from "./finding.ts";
import type { ImageConfig } from "./image-config.ts";
import type { LicenseFinding } from "./license.ts";
import type { Package } from "./package.ts";
import type { Secret } from "./secret.ts";
import type { SoughtList } from "./sought-list.ts";

/** What a report speaks of. */
export interface ScanTarget {
  /** As the user named it, scheme included where it was given. */
  readonly reference: string;
  /** The manifest's digest where there is a manifest, else the image id; absent for `dir:`. */
  readonly digest?: Digest;
  /** The digest of the image configuration, which Docker calls the image id; absent for `dir:`. */
  readonly imageId?: Digest;
  readonly platform?: string;
  readonly distro?: Distro;
  /** Content read, uncompressed, in bytes. */
  readonly sizeBytes?: number;
  readonly layers?: readonly Digest[];
  /** What made each of `layers`, in their order; empty where the image does not tell. Absent where it tells of none. */
  readonly instructions?: readonly string[];
  readonly base?: ImageBase;
  /**
   * False where the layers were read without holding them against `layers`: the report is true of the file that
   * was read, and perhaps not of the image that `imageId` stands for. Absent where they were, or there are none.
   */
  readonly layersVerified?: boolean;
}

/** The image that another was built on. */
export interface ImageBase {
  /** Its name, as the image itself or the user says it. */
  readonly name?: string;
  /** The digest of its manifest, as the image itself says it. */
  readonly digest?: string;
  /** How many of the lowest layers are its own. Absent where that it is the base is only claimed. */
  readonly layers?: number;
}

/** How far the target could be judged, and from which advisories. */
export interface Assessment {
  readonly state: AssessmentState;
  readonly reasons: readonly AssessmentReason[];
  readonly advisories: readonly AdvisorySource[];
}

/** Names of accounts, other than `root`, that have the user id 0 in the image's own passwd file. */
export type RootAccounts = readonly string[];

/** The result of scanning one target: the JSON report is this, to the letter. Additions only. */
export interface ScanReport {
  readonly schemaVersion: 1;
  /** ISO 8601, UTC. */
  readonly scannedAt: string;
  readonly target: ScanTarget;
  readonly assessment: Assessment;
  readonly config?: ImageConfig;
  readonly rootAccounts: RootAccounts;
  readonly packages: readonly Package[];
  readonly findings: readonly Finding[];
  /** Absent where nobody looked for secrets: an empty list says that there are none, no list says nothing. */
  readonly secrets?: readonly Secret[];
  /** Of each package one at least. Absent where nobody asked for licences. */
  readonly licenses?: readonly LicenseFinding[];
  /** By which revision of their rules the lists were made that were asked for, as `soughtRevisions` counts. */
  readonly rules?: { readonly [List in SoughtList]?: number };
}
