import { type Kysely, sql, type Transaction } from "kysely";
import type { Change, Write } from "./change-feed.ts";
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

/** How often a write is tried that another transaction was in the way of. */
const ATTEMPTS = 3;

/**
 * Stores writes that come at the same time in one transaction: what takes long is to reach the disk, and that does not
 * take longer for many. Each is whole or not at all, as if it had a transaction of its own.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #waiting: Waiting[] = [];
  #running = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
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
        if (attempt === ATTEMPTS || !dialect.isConflict(thrown)) return waiting.fail(thrown);
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
    } catch {
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
    const result = await database.transaction().execute(async (transaction) => {
      await dialect.lock(transaction, "writes");
      const answer = await work(transaction, (change) => made.push(change));
      if (made.length > 0) await append(transaction, made);
      return answer;
    });
    if (made.length > 0) tell();
    return result;
  }
}
