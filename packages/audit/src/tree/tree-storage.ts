import type { Opening } from "./commitment.ts";
import type { HashTile } from "./tree-edge.ts";
import type { EntryColumns } from "./tree-entry.ts";

/** The end of a tree. */
export interface TreeHead {
  readonly size: number;
  /** The time of the last entry, ISO 8601; empty where there is none. */
  readonly time: string;
  /** The hashes of the complete subtrees that make up the tree, the largest first. */
  readonly frontier: readonly Uint8Array[];
}

/** An entry as it is handed to storage. */
export interface StoredEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly leafHash: Uint8Array;
  /** To be indexed where storage can; they say nothing that `bytes` does not. */
  readonly columns: EntryColumns;
  /** To be kept apart from `bytes`, and to be erasable. */
  readonly openings: readonly Opening[];
}

/** What one commit adds. */
export interface TreeGrowth {
  /** Without gaps from the expected size on. */
  readonly entries: readonly StoredEntry[];
  /** Each tile that changed, in its new width. A narrower state of the same tile is a prefix of it. */
  readonly tiles: readonly HashTile[];
  readonly head: TreeHead;
}

/**
 * Where a log lies. Any number of logs in any number of processes may write to one storage.
 *
 * What a method throws means that nothing was stored: `DISK_FULL` and `LOG_UNWRITABLE` of `AuditError`, and
 * `LOG_CORRUPT` where what is stored cannot be.
 */
export interface TreeStorage {
  head(): Promise<TreeHead>;
  /**
   * Adds all of a growth or nothing, in one step. When it says `stored`, all of it survives the death of the
   * machine; `conflict` means that the tree has another size than the expected one, and that nothing was done.
   */
  extend(expectedSize: number, growth: TreeGrowth): Promise<"stored" | "conflict">;
  /** The bytes of entries, half-open; fewer where the log ends before. */
  entries(from: number, to: number): Promise<readonly Uint8Array[]>;
  /** A tile as wide as it is, or undefined where it does not exist. */
  tile(level: number, index: number): Promise<Uint8Array | undefined>;
  /** Keeps a signed checkpoint, unless the one that is kept is of a larger tree. */
  putCheckpoint(checkpoint: string): Promise<void>;
  checkpoint(): Promise<string | undefined>;
  /** What is still known behind the commitments of an entry. */
  openings(index: number): Promise<readonly Opening[]>;
  /** Forgets what is behind the commitments of an entry. The entry stays as it is. */
  eraseOpenings(index: number): Promise<void>;
}
