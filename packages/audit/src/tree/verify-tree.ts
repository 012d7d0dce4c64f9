import { messageOf } from "@pratique/core";
import { AuditError } from "../errors.ts";
import { type CheckpointNote, parseCheckpoint, verifyCheckpoint } from "./checkpoint.ts";
import { type EntryCheckOptions, EntryChecks } from "./entry-checks.ts";
import { HASH_BYTES, isSameHash, prefixedLeafHash } from "./merkle.ts";
import type { VerifierKey } from "./note-key.ts";
import { checkQuorum, type Quorum } from "./quorum.ts";
import { type BundleParts, ReadAhead } from "./read-ahead.ts";
import { TILE_WIDTH, tilePath, tileWidth } from "./tile-path.ts";
import type { TileSource } from "./tile-source.ts";
import { firstDifference, type HashTile, TreeEdge } from "./tree-edge.ts";
import { parseEntry } from "./tree-entry.ts";
import type { TreeEntry } from "./tree-event.ts";
import { ProblemList, type TreeProblem } from "./tree-problem.ts";

const LENGTH_BYTES = 2;

export interface VerifyTreeOptions extends EntryCheckOptions {
  readonly source: TileSource;
  /** Keys of the log that the verifier trusts. Without one, nothing tells whose log it is. */
  readonly logKeys: readonly VerifierKey[];
  /** A checkpoint that was kept elsewhere: the log must still contain it. It must be signed by the same keys. */
  readonly earlier?: string;
  readonly quorum?: Quorum;
  /** Is handed each entry that could be read, in order. */
  readonly onEntry?: (entry: TreeEntry, index: number, bytes: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** What was found. */
export interface TreeVerification {
  readonly origin: string;
  /** As the checkpoint says. */
  readonly size: number;
  /** Lower-case hexadecimal, as it follows from the entries. */
  readonly root: string;
  /** Entries that were read. */
  readonly entries: number;
  readonly firstTime: string;
  readonly lastTime: string;
  readonly signedBy: readonly string[];
  readonly cosignedBy: readonly string[];
  readonly openIntents: readonly number[];
  readonly problems: readonly TreeProblem[];
  /** With those that are too many to list. */
  readonly problemCount: number;
  /** Whether all that was asked could be checked: false without a trusted key, or where a part is missing. */
  readonly complete: boolean;
}

/**
 * Reads a log from its first entry to its last and names everything that does not fit: entries against the tiles,
 * tiles against each other, the root against the signed checkpoint, and the checkpoint against one that was kept
 * elsewhere. Nothing that the source gives is trusted.
 *
 * Throws `LOG_UNREADABLE` where the source cannot be read or has no checkpoint, and `NOTE_MALFORMED` for a
 * checkpoint, here or elsewhere, that is none.
 */
export async function verifyTree(options: VerifyTreeOptions): Promise<TreeVerification> {
  const text = await options.source.checkpoint();
  if (text === undefined) throw new AuditError("LOG_UNREADABLE", "the log has no checkpoint");
  return new TreeVerifier(options, text).run();
}

class TreeVerifier {
  readonly #options: VerifyTreeOptions;
  readonly #text: string;
  readonly #checkpoint: CheckpointNote;
  readonly #earlier: CheckpointNote | undefined;
  readonly #problems = new ProblemList();
  readonly #checks: EntryChecks;
  readonly #edge = new TreeEdge();
  #entries = 0;
  #firstTime = "";
  #lastTime = "";
  #complete = true;

  constructor(options: VerifyTreeOptions, text: string) {
    this.#options = options;
    this.#text = text;
    this.#checkpoint = parseCheckpoint(text);
    this.#earlier = options.earlier === undefined ? undefined : parseCheckpoint(options.earlier);
    this.#checks = new EntryChecks((...problem) => this.#problems.add(...problem), options);
  }

  async run(): Promise<TreeVerification> {
    const signers = this.#checkSigners();
    this.#checkEarlier();
    const { size } = this.#checkpoint;
    const parts = new ReadAhead(this.#options.source, size);
    for (let bundle = 0; bundle * TILE_WIDTH < size; bundle += 1) {
      this.#options.signal?.throwIfAborted();
      if (!(await this.#readBundle(bundle, parts.take(bundle)))) break;
      await this.#checkTiles(this.#edge.takeChanged().filter(({ width }) => width === TILE_WIDTH));
    }
    this.#checks.finish();
    const root = this.#edge.root();
    if (this.#edge.size === size) await this.#checkEnd(root);
    return {
      ...signers,
      origin: this.#checkpoint.origin,
      size,
      root: Buffer.from(root).toString("hex"),
      entries: this.#entries,
      firstTime: this.#firstTime,
      lastTime: this.#lastTime,
      openIntents: this.#checks.openIntents,
      problems: this.#problems.listed,
      problemCount: this.#problems.count,
      complete: this.#complete,
    };
  }

  #checkSigners(): { readonly signedBy: readonly string[]; readonly cosignedBy: readonly string[] } {
    const { logKeys, quorum } = this.#options;
    if (logKeys.length === 0) {
      this.#complete = false;
      return { signedBy: [], cosignedBy: [] };
    }
    const { size } = this.#checkpoint;
    try {
      const { signedBy, cosignedBy, ...checkpoint } = verifyCheckpoint(
        this.#text,
        logKeys,
        quorum?.witnesses,
      );
      if (!signedBy.some(({ key }) => key.name === checkpoint.origin)) {
        const message = `the origin ${JSON.stringify(checkpoint.origin)} is not the name of a trusted key`;
        this.#problems.add("checkpoint-untrusted", size, message);
      }
      if (quorum !== undefined) this.#checkQuorum({ ...checkpoint, signedBy, cosignedBy }, quorum);
      return {
        signedBy: signedBy.map(({ key }) => key.vkey),
        cosignedBy: cosignedBy.map(({ key }) => key.vkey),
      };
    } catch (thrown) {
      this.#problems.add("checkpoint-untrusted", size, messageOf(thrown));
      return { signedBy: [], cosignedBy: [] };
    }
  }

  #checkQuorum(...question: Parameters<typeof checkQuorum>): void {
    try {
      checkQuorum(...question);
    } catch (thrown) {
      this.#problems.add("quorum-missed", this.#checkpoint.size, messageOf(thrown));
    }
  }

  #checkEarlier(): void {
    const { earlier, logKeys } = this.#options;
    const kept = this.#earlier;
    if (kept === undefined || earlier === undefined) return;
    if (logKeys.length > 0) {
      try {
        verifyCheckpoint(earlier, logKeys);
      } catch (thrown) {
        this.#problems.add("history-changed", kept.size, `the kept checkpoint: ${messageOf(thrown)}`);
      }
    }
    const { origin, size } = this.#checkpoint;
    if (kept.origin !== origin) {
      const message = `the kept checkpoint is of ${JSON.stringify(kept.origin)}`;
      this.#problems.add("history-changed", 0, message);
    }
    if (kept.size > size) {
      const message = `the log ends at ${size} entries, and ${kept.size} were known`;
      this.#problems.add("log-shortened", size, message);
    }
    this.#compareEarlier();
  }

  /** Compares the tree with the kept checkpoint when it has just its size. */
  #compareEarlier(): void {
    const kept = this.#earlier;
    if (kept === undefined || this.#edge.size !== kept.size || isSameHash(this.#edge.root(), kept.root))
      return;
    const message = `the first ${kept.size} entries are not those of the kept checkpoint`;
    this.#problems.add("history-changed", kept.size === 0 ? 0 : kept.size - 1, message);
  }

  /** False when the rest cannot be read for want of this part. */
  async #readBundle(bundle: number, parts: BundleParts): Promise<boolean> {
    const start = bundle * TILE_WIDTH;
    const width = tileWidth(0, bundle, this.#checkpoint.size);
    const bytes = await this.#read("entry-missing", start, parts.entries);
    if (bytes === undefined) return false;
    const buffer = Buffer.from(bytes);
    const tile = await this.#read("tile-missing", start, parts.hashes);
    let offset = 0;
    for (let at = 0; at < width; at += 1) {
      const end = endOfEntry(buffer, offset);
      if (end === undefined) {
        this.#problems.add("entry-missing", start + at, `the log breaks off before entry ${start + at}`);
        this.#complete = false;
        return false;
      }
      this.#takeEntry(buffer.subarray(offset + LENGTH_BYTES - 1, end), start + at, hashIn(tile, at));
      offset = end;
    }
    if (offset !== buffer.length) {
      this.#problems.add("entry-changed", start + width - 1, "more entries follow than the log has");
    }
    return true;
  }

  /** `prefixed` is the entry behind half of its length, which is ours to overwrite. */
  #takeEntry(prefixed: Buffer, index: number, expected: Uint8Array | undefined): void {
    const leaf = prefixedLeafHash(prefixed);
    if (expected !== undefined && !isSameHash(leaf, expected)) {
      this.#problems.add("entry-changed", index, `entry ${index} is not the one that the tree holds`);
    }
    this.#edge.push(leaf);
    this.#compareEarlier();
    this.#entries += 1;
    const bytes = prefixed.subarray(1);
    try {
      const entry = parseEntry(bytes);
      if (this.#firstTime === "") this.#firstTime = entry.time;
      this.#lastTime = entry.time;
      this.#checks.check(entry, index);
      this.#options.onEntry?.(entry, index, bytes);
    } catch (thrown) {
      if (!(thrown instanceof AuditError)) throw thrown;
      this.#problems.add("entry-malformed", index, thrown.message);
    }
  }

  /** Level 0 was compared entry by entry, so that each change is named. */
  async #checkTiles(tiles: readonly HashTile[]): Promise<void> {
    for (const { level, index, width, hashes } of tiles) {
      if (level === 0) continue;
      const first = index * TILE_WIDTH ** (level + 1);
      const name = { level, index, width };
      const found = await this.#read("tile-missing", first, this.#options.source.tile(name));
      const place = found === undefined ? undefined : firstDifference(found, hashes);
      if (place === undefined) continue;
      const at = first + place * TILE_WIDTH ** level;
      this.#problems.add("tile-changed", at, `${tilePath(name)} does not follow from the entries`);
    }
  }

  async #checkEnd(root: Uint8Array): Promise<void> {
    const { size, root: signed } = this.#checkpoint;
    await this.#checkTiles(this.#edge.partial());
    if (isSameHash(root, signed)) return;
    const message = `the ${size} entries have another root than the one that was signed`;
    this.#problems.add("root-differs", Math.max(0, size - 1), message);
  }

  /** A part that is missing is a problem; one that cannot be reached ends the verification. */
  async #read<T>(
    kind: "entry-missing" | "tile-missing",
    index: number,
    read: Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await read;
    } catch (thrown) {
      if (!(thrown instanceof AuditError) || thrown.code === "LOG_UNREADABLE") throw thrown;
      this.#problems.add(kind, index, thrown.message);
      this.#complete = false;
      return undefined;
    }
  }
}

function endOfEntry(bundle: Buffer, offset: number): number | undefined {
  if (offset + LENGTH_BYTES > bundle.length) return undefined;
  const end = offset + LENGTH_BYTES + bundle.readUInt16BE(offset);
  return end > bundle.length ? undefined : end;
}

function hashIn(tile: Uint8Array | undefined, at: number): Uint8Array | undefined {
  return tile?.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}
