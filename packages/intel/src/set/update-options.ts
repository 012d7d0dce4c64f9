import type { LocationLimits } from "@pratique/archive";
import type { HttpClient } from "@pratique/http";
import type { IntelError } from "../errors.ts";
import type { ExpireDays } from "./intake.ts";
import type { IntelSet } from "./intel-set.ts";
import type { UpdateProgress } from "./read-source.ts";
import type { HeldChange, SourceLocation, SourceRecord } from "./source-record.ts";

export interface UpdateOptions {
  /** Where sets live; made where it does not exist. */
  readonly directory: string;
  /** Sources to read besides those that the set holds. */
  readonly sources?: readonly SourceLocation[];
  /** Whether a source of `sources` that cannot be read ends the update; else it is told in `failures`. */
  readonly strict?: boolean;
  /** Reads only `sources`, and takes the others over as they are. */
  readonly only?: boolean;
  /** Leaves out all sources that are not in `sources`. */
  readonly replace?: boolean;
  /** Where MISP's warning lists are; those that were named before where absent. */
  readonly warningLists?: readonly string[];
  /** Ids of warning lists that are not heeded; {@link defaultIgnoredWarningLists} where absent. */
  readonly ignoreWarningLists?: readonly string[];
  /** Addresses, networks and names that are never listed: the host's resolvers, its networks, its registries. */
  readonly allow?: readonly string[];
  readonly expireDays?: { readonly [Kind in keyof ExpireDays]?: number | undefined };
  /** Indicators of less confidence are told and not blocked; 50 by default. */
  readonly blockFromConfidence?: number;
  /** Takes changes that would be held. */
  readonly accept?: boolean;
  readonly clock: () => Date;
  /**
   * Looks at the set before it is put in force, beside the one that is; where it says no, that one stays. What was read
   * is forgotten then.
   */
  readonly review?: (candidate: IntelSet, before: IntelSet | undefined) => Promise<boolean>;
  /** Needed for URLs only. */
  readonly http?: HttpClient;
  readonly credentials?: (origin: string) => Readonly<Record<string, string>>;
  readonly onProgress?: (progress: UpdateProgress) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for another update, in milliseconds; by default not at all. */
  readonly lockWaitMs?: number;
  readonly limits?: Partial<LocationLimits>;
  /** Of one source. */
  readonly maxIndicators?: number;
}

/** What an update has come to. */
export interface UpdateResult {
  readonly revision: string;
  readonly databasePath: string;
  readonly snapshotPath: string;
  /** Whether the answers differ from those of the set before. */
  readonly changed: boolean;
  /** Whether it is in force now; false where the review said no. */
  readonly inForce: boolean;
  readonly indicators: number;
  readonly snapshot: { readonly v4: number; readonly v6: number; readonly names: number };
  readonly warningLists: number;
  readonly sources: readonly SourceRecord[];
  /** Sources that could not be read, and keep what the set before held of them. */
  readonly failures: readonly SourceFailure[];
  /** Sources whose change waits to be accepted, and that keep what the set before held of them. */
  readonly held: readonly (SourceLocation & { readonly change: HeldChange })[];
  /** Why the set before could not be read, where it could not; nothing was taken over from it. */
  readonly previousDamage?: string;
}

/** A source that could not be read. */
export interface SourceFailure extends SourceLocation {
  readonly error: IntelError;
}
