import { setTimeout } from "node:timers/promises";
import { messageOf } from "@pratique/core";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Change, Write } from "./change.ts";
import { CommitMarks } from "./commit-marks.ts";
import { StoreError } from "./errors.ts";
import type { Schema } from "./schema.ts";
import type { StoreDialect } from "./store-dialect.ts";

export interface GroupCommitOptions {
  readonly database: Kysely<Schema>;
  readonly dialect: StoreDialect;
  /** Writes what has become different, in the transaction that did it. */
  readonly append: (transaction: Transaction<Schema>, changes: readonly Change[]) => Promise<void>;
  /** Something has become different, and is stored. */
  readonly tell: () => void;
}

/** A write that waits for its turn. */
interface Waiting {
  /** Does the work; gives what tells its caller of the outcome, once that is stored. */
  readonly run: (transaction: Transaction<Schema>, changed: (change: Change) => void) => Promise<() => void>;
  readonly fail: (thrown: unknown) => void;
}

/** More of them would let readers wait for too long. */
const WRITES_AT_ONCE = 32;

/** How often a write is tried that another transaction was in the way of, or whose connection was lost. */
const ATTEMPTS = 3;

/** How long is waited before it is asked whether a transaction was stored: a database that is started anew is back by then. */
const ASK_AFTER_MS: readonly number[] = [0, 250, 500, 1000, 2000];

/** A transaction was not stored, because the connection was lost in its commit. */
class CommitLost extends Error {
  override readonly name = "CommitLost";
}

/** Whether a transaction was stored cannot be found out: it must not be run again. */
class InDoubt extends Error {
  override readonly name = "InDoubt";
  /** What callers hear. */
  readonly told: StoreError;

  constructor(told: StoreError) {
    super(told.message, { cause: told });
    this.told = told;
  }
}

/** What work gave, and the mark of its transaction, which was to be stored then. */
interface Done<Result> {
  readonly result: Result;
  readonly mark: number | undefined;
}

/**
 * Stores writes that come at the same time in one transaction: what takes long is to reach the disk, and that does not
 * take longer for many. Each is whole or not at all, as if it had a transaction of its own.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #waiting: Waiting[] = [];
  /** Where the database is reached by a connection, which may be lost. */
  readonly #marks: CommitMarks | undefined;
  #running = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#marks = options.dialect.isShared === true ? new CommitMarks(options.dialect) : undefined;
  }

  /** Resolves when the write is stored. The work may be done again, so it has no effect but on its transaction. */
  write<Result>(work: Write<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({
      run: async (transaction, changed) => {
        const result = await work(transaction, changed);
        return () => resolve(result);
      },
      fail: reject,
    });
    if (!this.#running) {
      this.#running = true;
      this.#startSoon();
    }
    return promise;
  }

  /** After all that has arrived by now has been read: what is there together is stored together. */
  #startSoon(): void {
    setImmediate(() => void this.#next());
  }

  async #next(): Promise<void> {
    const group = this.#waiting.splice(0, WRITES_AT_ONCE);
    const [first, ...others] = group;
    if (first !== undefined && others.length === 0) await this.#alone(first);
    else await this.#together(group);
    if (this.#waiting.length > 0) this.#startSoon();
    else this.#running = false;
  }

  async #alone(waiting: Waiting): Promise<void> {
    const { dialect } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const tellCaller = await this.#transact(async (transaction, changed) => {
          return await waiting.run(transaction, changed);
        });
        return tellCaller();
      } catch (thrown) {
        const again = thrown instanceof CommitLost || dialect.isConflict(thrown);
        if (attempt === ATTEMPTS || !again) return waiting.fail(errorOf(thrown));
      }
    }
  }

  async #together(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#transact(async (transaction, changed) => {
        const told: (() => void)[] = [];
        for (const waiting of group) told.push(await this.#amongOthers(waiting, transaction, changed));
        return told;
      });
      for (const tellCaller of outcomes) tellCaller();
    } catch (thrown) {
      if (thrown instanceof InDoubt) {
        for (const waiting of group) waiting.fail(errorOf(thrown));
        return;
      }
      // Nothing of it is stored. Each by itself succeeds, or says why it does not.
      for (const waiting of group) await this.#alone(waiting);
    }
  }

  /** One that fails leaves nothing behind, and is no matter of the others. */
  async #amongOthers(
    waiting: Waiting,
    transaction: Transaction<Schema>,
    changed: (change: Change) => void,
  ): Promise<() => void> {
    const made: Change[] = [];
    await sql`savepoint one_of_many`.execute(transaction);
    try {
      const tellCaller = await waiting.run(transaction, (change) => made.push(change));
      await sql`release savepoint one_of_many`.execute(transaction);
      for (const change of made) changed(change);
      return tellCaller;
    } catch (thrown) {
      if (this.#options.dialect.isConflict(thrown)) throw thrown;
      await sql`rollback to savepoint one_of_many`.execute(transaction);
      await sql`release savepoint one_of_many`.execute(transaction);
      return () => waiting.fail(thrown);
    }
  }

  async #transact<Result>(
    work: (transaction: Transaction<Schema>, changed: (change: Change) => void) => Promise<Result>,
  ): Promise<Result> {
    const { database, dialect, append, tell } = this.#options;
    const made: Change[] = [];
    let done: Done<Result> | undefined;
    try {
      await database.transaction().execute(async (transaction) => {
        await dialect.lock(transaction, "writes");
        const mark = await this.#marks?.mark(transaction);
        const result = await work(transaction, (change) => made.push(change));
        if (made.length > 0) await append(transaction, made);
        done = { result, mark };
      });
    } catch (thrown) {
      if (!hasEnded(done)) throw thrown;
      const { mark } = done;
      if (mark === undefined) throw isOnItsWay(thrown) ? new InDoubt(thrown) : thrown;
      if (!(await this.#isStored(mark))) throw new CommitLost(messageOf(thrown), { cause: thrown });
    }
    if (made.length > 0) tell();
    return resultOf(done);
  }

  /** Rejects with {@link InDoubt} where nobody can tell. */
  async #isStored(mark: number): Promise<boolean> {
    const { database, dialect } = this.#options;
    let cause: unknown;
    for (const waitMs of ASK_AFTER_MS) {
      await setTimeout(waitMs);
      try {
        return await database.transaction().execute(async (transaction) => {
          // The transaction holds it until it has ended, even where it is PostgreSQL that has not heard of the loss.
          await dialect.lock(transaction, "writes");
          return (await this.#marks?.isStored(transaction, mark)) === true;
        });
      } catch (thrown) {
        // Whatever it is, it is not known: a refused connection, and a database that is still starting.
        cause = thrown;
      }
    }
    const why = `the connection to the store was lost; whether it has stored this is not known: ${messageOf(cause)}`;
    throw new InDoubt(new StoreError("STORE_UNAVAILABLE", why, { cause }));
  }
}

/** Whether the work of a transaction has ended, so that only its commit can have failed. */
function hasEnded<Result>(done: Done<Result> | undefined): done is Done<Result> {
  return done !== undefined;
}

/** In SQLite's log, and perhaps not on the disk: where there was no room, or what is held is damaged, nothing is there. */
function isOnItsWay(thrown: unknown): thrown is StoreError {
  return thrown instanceof StoreError && thrown.code === "STORE_UNAVAILABLE";
}

function resultOf<Result>(done: Done<Result> | undefined): Result {
  if (done === undefined) throw new TypeError("a transaction was stored whose work has not ended");
  return done.result;
}

/** What callers hear. */
function errorOf(thrown: unknown): unknown {
  if (thrown instanceof CommitLost) return thrown.cause;
  return thrown instanceof InDoubt ? thrown.told : thrown;
}
