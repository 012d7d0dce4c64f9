import { AuditError, toAuditError } from "../errors.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { Checkpointer } from "./checkpointer.ts";
import { isSameHash, leafHash, rootOf } from "./merkle.ts";
import type { NoteSigner } from "./note-key.ts";
import { storageTileSource, type TileSource } from "./tile-source.ts";
import { TreeEdge } from "./tree-edge.ts";
import { columnsOf, entryBytes, type PreparedEvent, prepareEvent } from "./tree-entry.ts";
import type { TreeActor, TreeEvent } from "./tree-event.ts";
import { TreeReader } from "./tree-reader.ts";
import type { StoredEntry, TreeHead, TreeStorage } from "./tree-storage.ts";
import type { WitnessClient, WitnessOutcome } from "./witness-client.ts";

/** With the time until the next tick this makes a second. */
const CHECKPOINT_INTERVAL_MS = 900;
const WITNESS_DEADLINE_MS = 900;
const HEARTBEAT_MS = 3_600_000;
const CLOCK_TOLERANCE_MS = 2000;
/** How often a clock that stays behind the log is told again. */
const CLOCK_AGAIN_MS = 60_000;
const MAX_BATCH = 1024;
/** What a flood may hold in memory: then `append` refuses. */
const MAX_WAITING = 100_000;
/** How often a commit is tried again when other servers were first. */
const MAX_CONFLICTS = 50;
/** How often a head is signed anew because witnesses had seen a newer one of another server. */
const MAX_OVERTAKEN = 5;
const TICK_MS = 100;

const self: TreeActor = { id: "log", kind: "system", method: "link" };

/** Where an event came to lie. */
export interface TreeEntryRef {
  /** From 0, without gaps. */
  readonly index: number;
  /** ISO 8601. */
  readonly time: string;
  readonly leafHash: Uint8Array;
}

/** Something that the log could not do, and that nobody is waiting for. */
export type TreeLogProblem =
  | { readonly kind: "witness"; readonly witness: string; readonly outcome: WitnessOutcome }
  | { readonly kind: "checkpoint"; readonly error: AuditError }
  | { readonly kind: "heartbeat"; readonly error: AuditError };

export interface TreeLogOptions {
  readonly storage: TreeStorage;
  /** Signs checkpoints with a key that is not in the storage; its key's name is the log's origin. */
  readonly signer: NoteSigner;
  readonly now: () => Date;
  /** Milliseconds of a clock that never turns back: what is done every so often goes by it. */
  readonly elapsedMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly witnesses?: readonly WitnessClient[];
  readonly onProblem?: (problem: TreeLogProblem) => void;
  /** Further keys of the same origin: while one takes the place of another, both sign. */
  readonly furtherSigners?: readonly NoteSigner[];
  /** How long a changed head may go unsigned: 0.9 s, which with looking at the clock makes a second. */
  readonly checkpointIntervalMs?: number;
  /** How long witnesses may take, before the next head is signed without them: 0.9 s. */
  readonly witnessDeadlineMs?: number;
  /** How long the log may be silent: an hour. */
  readonly heartbeatMs?: number;
  /** By how much clocks of servers may differ before it is put down: 2 s. */
  readonly clockToleranceMs?: number;
  /** Entries of one commit: 1024. */
  readonly maxBatch?: number;
  /** Events that may wait for a commit before the next is refused: 100,000. */
  readonly maxWaiting?: number;
  /** Whether it looks by itself what {@link TreeLog.tick} has to do; true. */
  readonly ticking?: boolean;
}

interface Waiting {
  readonly prepared: PreparedEvent;
  readonly resolve: (ref: TreeEntryRef) => void;
  readonly reject: (error: AuditError) => void;
}

/** The end of the tree as this log saw it last. */
interface Position {
  readonly head: TreeHead;
  readonly edge: TreeEdge;
}

/**
 * An append-only log as a Merkle tree (RFC 6962), served as tiles (c2sp.org/tlog-tiles). Events that come while a
 * commit is being made durable go into the next one together. Several servers may write to one storage.
 *
 * It refuses to build on a storage that has lost or changed what was there before, as far as that can be told from
 * its last checkpoint and from what this process has seen: `LOG_ROLLED_BACK`.
 */
export class TreeLog implements AsyncDisposable {
  readonly origin: string;
  readonly #options: TreeLogOptions;
  readonly #source: TileSource;
  readonly #checkpointer: Checkpointer;
  readonly #queue: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #publishing: Promise<string> | undefined;
  #position: Position | undefined;
  /** The last head that was seen, kept when the position is given up. */
  #lastSeen: TreeHead | undefined;
  #publishedSize = -1;
  /** By the clock that never turns back, as what is told of the other one is. */
  #publishedAt = Number.NEGATIVE_INFINITY;
  #lastEventAt: number;
  #clockIsBehind = false;
  #clockToldAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(options: TreeLogOptions) {
    this.origin = options.signer.key.name;
    this.#options = options;
    this.#source = storageTileSource(options.storage);
    this.#lastEventAt = options.elapsedMs();
    this.#checkpointer = new Checkpointer({
      storage: options.storage,
      signer: options.signer,
      furtherSigners: options.furtherSigners ?? [],
      witnesses: options.witnesses ?? [],
      witnessDeadlineMs: options.witnessDeadlineMs ?? WITNESS_DEADLINE_MS,
      onWitness: (witness, outcome) => options.onProblem?.({ kind: "witness", witness, outcome }),
    });
    if (options.ticking !== false) this.#timer = setInterval(() => void this.tick(), TICK_MS).unref();
  }

  /**
   * Adds an event. Resolves when it is durable. Rejects with `EVENT_MALFORMED` or `EVENT_TOO_LARGE`, with `LOG_BUSY`
   * when too many are waiting, and with what storage says: `DISK_FULL`, `LOG_UNWRITABLE`, `LOG_ROLLED_BACK`. What
   * was rejected is not in the log, and the next call may succeed.
   */
  async append(event: TreeEvent): Promise<TreeEntryRef> {
    if (this.#closed) throw new AuditError("LOG_CLOSED", "the log is closed");
    const { maxWaiting = MAX_WAITING } = this.#options;
    if (this.#queue.length >= maxWaiting) {
      throw new AuditError("LOG_BUSY", `${maxWaiting} events are waiting for the log`);
    }
    const prepared = prepareEvent(event, this.#options.random);
    const { promise, resolve, reject } = Promise.withResolvers<TreeEntryRef>();
    this.#queue.push({ prepared, resolve, reject });
    this.#committing ??= this.#commitAll();
    return promise;
  }

  /** Signs and keeps the present head, cosigned by the witnesses that answer. Gives the note. */
  async checkpoint(): Promise<string> {
    // Somebody else's may have begun before the caller's last event.
    await this.#publishing?.catch(() => undefined);
    this.#publishing ??= this.#publish().finally(() => {
      this.#publishing = undefined;
    });
    return this.#publishing;
  }

  /**
   * Does what is due by the clock: a checkpoint where something changed, a heartbeat after silence. Never rejects;
   * what goes wrong is told to `onProblem`.
   */
  async tick(): Promise<void> {
    if (this.#closed) return;
    const { heartbeatMs = HEARTBEAT_MS, checkpointIntervalMs = CHECKPOINT_INTERVAL_MS } = this.#options;
    const now = this.#options.elapsedMs();
    if (now - this.#lastEventAt >= heartbeatMs) {
      this.#lastEventAt = now;
      const beat: TreeEvent = { class: "log", action: "log.heartbeat", actor: self, stage: "fact" };
      await this.append(beat).catch((thrown) => this.#report("heartbeat", thrown));
    }
    const size = this.#position?.head.size ?? this.#publishedSize;
    const isDue = now - this.#publishedAt >= checkpointIntervalMs;
    if (size === this.#publishedSize || !isDue || this.#publishing !== undefined) return;
    await this.checkpoint().catch((thrown) => this.#report("checkpoint", thrown));
  }

  /** Waits for what was begun, and signs a last checkpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#committing;
    const size = this.#position?.head.size ?? this.#publishedSize;
    if (size !== this.#publishedSize) {
      await this.checkpoint().catch((thrown) => this.#report("checkpoint", thrown));
    }
  }

  async #publish(): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const { head } = await this.#refresh();
      const { note, overtaken } = await this.#checkpointer.publish(head);
      this.#publishedSize = head.size;
      this.#publishedAt = this.#options.elapsedMs();
      if (!overtaken || attempt >= MAX_OVERTAKEN) return note;
    }
  }

  /** Never rejects: each waiting event hears of its own fate. */
  async #commitAll(): Promise<void> {
    // Those that are called in the same turn come along.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#options.maxBatch ?? MAX_BATCH);
      try {
        const refs = await this.#commit(batch.map(({ prepared }) => prepared));
        this.#lastEventAt = this.#options.elapsedMs();
        for (const [at, ref] of refs.entries()) batch[at]?.resolve(ref);
      } catch (thrown) {
        this.#position = undefined;
        const error = toAuditError(thrown, "the event cannot be logged");
        for (const { reject } of batch) reject(error);
      }
    }
    this.#committing = undefined;
  }

  async #commit(events: readonly PreparedEvent[]): Promise<readonly TreeEntryRef[]> {
    let position = this.#position ?? (await this.#load());
    for (let attempt = 1; attempt <= MAX_CONFLICTS; attempt += 1) {
      const edge = position.edge.clone();
      const now = this.#options.now();
      const entries = this.#entriesOf(events, { head: position.head, edge, now });
      const time = entries.at(-1)?.columns.time ?? position.head.time;
      const head: TreeHead = { size: edge.size, time, frontier: edge.frontier() };
      const growth = { entries, tiles: edge.takeChanged(), head };
      if ((await this.#options.storage.extend(position.head.size, growth)) === "stored") {
        this.#position = { head, edge };
        this.#lastSeen = head;
        this.#clockIsBehind = now.getTime() < Date.parse(head.time);
        const own = entries.slice(entries.length - events.length);
        return own.map(({ index, leafHash: hash, columns }) => ({
          index,
          time: columns.time,
          leafHash: hash,
        }));
      }
      position = await this.#load();
    }
    throw new AuditError("LOG_BUSY", `other servers were first ${MAX_CONFLICTS} times`);
  }

  #entriesOf(
    events: readonly PreparedEvent[],
    { head, edge, now }: Position & { readonly now: Date },
  ): readonly StoredEntry[] {
    // An entry's time is never before that of the entry before. That a clock went back is told, and told again while it
    // goes on: between two such entries lies a minute, whatever the entries' own time stands at.
    const behindMs = head.time === "" ? 0 : Date.parse(head.time) - now.getTime();
    const time = behindMs > 0 ? head.time : now.toISOString();
    const elapsed = this.#options.elapsedMs();
    const isNews = !this.#clockIsBehind || elapsed - this.#clockToldAt >= CLOCK_AGAIN_MS;
    const jumped = behindMs > (this.#options.clockToleranceMs ?? CLOCK_TOLERANCE_MS) && isNews;
    if (jumped) this.#clockToldAt = elapsed;
    const all = jumped ? [this.#clockEvent(head.time, now), ...events] : events;
    return all.map((prepared, at) => {
      const bytes = entryBytes(prepared, time);
      const hash = leafHash(bytes);
      edge.push(hash);
      const columns = columnsOf(prepared.event, time);
      return { index: head.size + at, bytes, leafHash: hash, columns, openings: prepared.openings };
    });
  }

  #clockEvent(from: string, now: Date): PreparedEvent {
    const event: TreeEvent = {
      class: "log",
      action: "clock.went-back",
      actor: self,
      stage: "fact",
      data: { from, to: now.toISOString() },
    };
    return prepareEvent(event, this.#options.random);
  }

  /** The present head, whoever wrote last. */
  async #refresh(): Promise<Position> {
    const known = this.#position;
    const head = await this.#options.storage.head();
    if (known !== undefined && known.head.size === head.size) return known;
    return this.#load();
  }

  async #load(): Promise<Position> {
    // Read before the head: between the two, others may go on and sign, and so may a commit of ours.
    const seen = this.#lastSeen;
    const kept = await this.#options.storage.checkpoint();
    const head = await this.#options.storage.head();
    const edge = await TreeEdge.load(head.size, (name) => this.#source.tile(name));
    if (!isSameHash(edge.root(), rootOf(head.frontier))) {
      throw new AuditError("LOG_CORRUPT", `the tiles of the log do not fit its head at ${head.size} entries`);
    }
    await this.#checkHistory(head, { seen, kept });
    const position = { head, edge };
    if (head.size >= (this.#lastSeen?.size ?? 0)) {
      this.#position = position;
      this.#lastSeen = head;
    }
    return position;
  }

  /** A log must not sign what does not contain what it signed before (tlog-checkpoint, "Signatures"). */
  async #checkHistory(
    head: TreeHead,
    { seen, kept }: { readonly seen: TreeHead | undefined; readonly kept: string | undefined },
  ): Promise<void> {
    const known: { readonly size: number; readonly root: Uint8Array }[] = [];
    if (kept !== undefined) known.push(parseCheckpoint(kept));
    if (seen !== undefined) known.push({ size: seen.size, root: rootOf(seen.frontier) });
    for (const { size, root } of known) {
      if (size > head.size) {
        throw new AuditError("LOG_ROLLED_BACK", `the log had ${size} entries, and now has ${head.size}`);
      }
      const now = await new TreeReader(this.#source, head.size).root(size);
      if (!isSameHash(now, root)) {
        throw new AuditError(
          "LOG_ROLLED_BACK",
          `the first ${size} entries of the log are not what they were`,
        );
      }
    }
  }

  #report(kind: "checkpoint" | "heartbeat", thrown: unknown): void {
    this.#options.onProblem?.({ kind, error: toAuditError(thrown, `the ${kind} failed`) });
  }
}
