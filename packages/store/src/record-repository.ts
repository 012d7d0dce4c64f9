import type { ChangeFeed } from "./change-feed.ts";
import { headOf, type LogHead } from "./log-head.ts";
import type { RecordBatch } from "./record-batch.ts";
import { type Acknowledgement, RecordIntake } from "./record-intake.ts";

/** The records of all logs: raw, and projected to launches in the same transaction. */
export class RecordRepository {
  readonly #feed: ChangeFeed;
  readonly #intake: RecordIntake;

  constructor(feed: ChangeFeed) {
    this.#feed = feed;
    this.#intake = new RecordIntake(feed);
  }

  /** The last sequence that is held of a log; 0 where nothing is. */
  async acknowledged(logId: string): Promise<number> {
    return (await this.head(logId))?.acknowledged ?? 0;
  }

  /** The last record that is held of a log, and will not be lost any more; undefined where nothing is. */
  async head(logId: string): Promise<LogHead | undefined> {
    // As a write: what a read alone sees may still be on its way to the disk, and a host forgets what it hears of.
    const head = await this.#feed.write((transaction) => headOf(transaction, logId));
    return head.acknowledged === 0 ? undefined : head;
  }

  /** Stores a batch, whole or not at all. When it resolves, the batch survives a killed process. */
  append(batch: RecordBatch): Promise<Acknowledgement> {
    return this.#intake.take(batch);
  }
}
