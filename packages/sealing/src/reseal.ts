import { messageOf } from "@pratique/core";
import type { SealContext } from "./context.ts";
import { SealingError, type SealingErrorCode } from "./errors.ts";
import type { KeyRecord } from "./key-record.ts";
import type { KeyRing } from "./key-ring.ts";
import { parseSealed, type Sealer } from "./sealer.ts";

/** One sealed value and its place. */
export interface SealedRow {
  /** Where the row stands in the order of {@link SealedRows.next}. */
  readonly cursor: string;
  readonly context: SealContext;
  readonly sealed: string | Uint8Array;
}

/** The port to everything that is sealed for one purpose, in whatever tables and columns it lies. */
export interface SealedRows {
  /** Up to `limit` rows after a cursor (from the first where undefined), in an order that stays. */
  next(after: string | undefined, limit: number): Promise<readonly SealedRow[]>;
  /** Replaces a sealed value; false when it is not `row.sealed` any more. The form stays, text or bytes. */
  replace(row: SealedRow, sealed: string | Uint8Array): Promise<boolean>;
  /**
   * How many things are sealed under a key, streams and what is outside of `next` too. A key without any is
   * erased, so what is not counted here is lost.
   */
  countUnder(keyId: string): Promise<number>;
}

export interface ResealOptions {
  readonly purpose: string;
  readonly keys: KeyRing;
  readonly sealer: Sealer;
  readonly rows: SealedRows;
  /** The cursor to go on after: that of the last progress that the caller has kept. */
  readonly after?: string;
  readonly batchSize?: number;
  /** Says what would be done, and changes nothing. */
  readonly plan?: boolean;
  readonly signal?: AbortSignal;
}

/** A row that could not be moved to the current key. Its old key is kept. */
export interface ResealFailure {
  readonly cursor: string;
  readonly code: SealingErrorCode;
  readonly message: string;
}

export interface ResealProgress {
  /** The cursor to start again after. */
  readonly cursor: string;
  readonly seen: number;
  /** Sealed anew under the current key; in a plan, those that would be. */
  readonly resealed: number;
  /** Found under the current key. */
  readonly current: number;
  /** Changed by another hand meanwhile, and therefore sealed by it. */
  readonly changed: number;
  readonly failed: number;
}

export interface ResealReport extends Omit<ResealProgress, "cursor"> {
  readonly plan: boolean;
  readonly purpose: string;
  /** The first {@link MAX_FAILURES} of the failed rows. */
  readonly failures: readonly ResealFailure[];
  /** Old keys that were erased; in a plan, those that nothing would refer to afterwards. */
  readonly retired: readonly string[];
  /** Old keys that stay, with what still refers to them; none where only their grace period has to pass. */
  readonly kept: readonly { readonly keyId: string; readonly references: number }[];
}

const DEFAULT_BATCH = 100;
const MAX_BATCH = 10_000;
/** How many failures a report tells one by one. */
const MAX_FAILURES = 100;

/** Errors that tell of one row. Any other is of the keys as a whole, and ends the run. */
const rowErrors: ReadonlySet<SealingErrorCode> = new Set<SealingErrorCode>([
  "SEAL_MALFORMED",
  "SEAL_TAMPERED",
  "SEAL_TOO_LARGE",
  "CONTEXT_MALFORMED",
  "KEY_UNKNOWN",
]);

/**
 * Moves all that is sealed for a purpose to its current key, batch by batch, and then erases the old keys that
 * nothing refers to. Each step of the generator is a batch that is done; a run that was cut short goes on after
 * the cursor of the last one, or from the start, where what is done is passed over.
 */
export async function* reseal(
  options: ResealOptions,
): AsyncGenerator<ResealProgress, ResealReport, undefined> {
  const { purpose, keys, rows, plan = false, batchSize = DEFAULT_BATCH, signal } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_BATCH) {
    throw new RangeError(`batchSize must be from 1 to ${MAX_BATCH}`);
  }
  if (!plan) await keys.settle(purpose);
  const run = new Run(options, plan);
  let cursor = options.after;
  for (;;) {
    signal?.throwIfAborted();
    const batch = await rows.next(cursor, batchSize);
    if (batch.length === 0) break;
    for (const row of batch) await run.move(row);
    const last = batch.at(-1)?.cursor ?? "";
    if (last === cursor)
      throw new SealingError("KEY_STORE_UNUSABLE", "the rows after a cursor begin with it again");
    cursor = last;
    yield { cursor, ...run.counts() };
  }
  return {
    plan,
    purpose,
    ...run.counts(),
    failures: run.failures,
    ...(await finish(options, plan, run.movable)),
  };
}

/** The counts of one run. */
class Run {
  readonly failures: ResealFailure[] = [];
  /** In a plan: how many rows would leave each old key. */
  readonly movable = new Map<string, number>();
  readonly #options: ResealOptions;
  readonly #plan: boolean;
  #seen = 0;
  #resealed = 0;
  #current = 0;
  #changed = 0;
  #failed = 0;

  constructor(options: ResealOptions, plan: boolean) {
    this.#options = options;
    this.#plan = plan;
  }

  counts(): Omit<ResealProgress, "cursor"> {
    return {
      seen: this.#seen,
      resealed: this.#resealed,
      current: this.#current,
      changed: this.#changed,
      failed: this.#failed,
    };
  }

  async move(row: SealedRow): Promise<void> {
    this.#seen += 1;
    try {
      await this.#move(row);
    } catch (thrown) {
      if (!(thrown instanceof SealingError) || !rowErrors.has(thrown.code)) throw thrown;
      this.#failed += 1;
      if (this.failures.length >= MAX_FAILURES) return;
      this.failures.push({ cursor: row.cursor, code: thrown.code, message: messageOf(thrown) });
    }
  }

  async #move(row: SealedRow): Promise<void> {
    const { purpose, keys, sealer, rows } = this.#options;
    const { keyId } = parseSealed(row.sealed);
    const current = await keys.currentId(purpose);
    const plaintext = await sealer.open(purpose, row.context, row.sealed);
    try {
      if (keyId === current) {
        this.#current += 1;
        return;
      }
      if (this.#plan) {
        this.movable.set(keyId, (this.movable.get(keyId) ?? 0) + 1);
        this.#resealed += 1;
        return;
      }
      const asText = typeof row.sealed === "string";
      const sealed = await sealer[asText ? "seal" : "sealBytes"](purpose, row.context, plaintext);
      if (await rows.replace(row, sealed)) this.#resealed += 1;
      else this.#changed += 1;
    } finally {
      plaintext.fill(0);
    }
  }
}

async function finish(
  { purpose, keys, rows }: ResealOptions,
  plan: boolean,
  movable: ReadonlyMap<string, number>,
): Promise<Pick<ResealReport, "retired" | "kept">> {
  const retired: string[] = [];
  const kept: { keyId: string; references: number }[] = [];
  for (const { id } of await oldKeys(keys, purpose)) {
    const references = (await rows.countUnder(id)) - (movable.get(id) ?? 0);
    if (references === 0 && (plan || (await keys.retire(id)))) retired.push(id);
    else kept.push({ keyId: id, references });
  }
  return { retired, kept };
}

async function oldKeys(keys: KeyRing, purpose: string): Promise<readonly KeyRecord[]> {
  const live = (await keys.records())
    .filter((record) => record.purpose === purpose && record.use === "seal" && record.state !== "retired")
    .sort((left, right) => right.version - left.version);
  return live.slice(1);
}
