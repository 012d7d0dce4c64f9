import type { JetStreamClient, JetStreamManager, JsMsg, StoredMsg } from "@nats-io/jetstream";
import type { HeadInStore } from "../record-bus.ts";
import type { StreamNames } from "./ensure-streams.ts";
import { logIdOf, readBatch, readHead, subjectOf } from "./message.ts";

/** Records that left the bus without having been stored. A copy of each message lies in the stream of refused ones. */
export interface RecordsSetAside {
  readonly logId: string;
  readonly reason: string;
  readonly cause?: unknown;
  /** Who sent them, and the first and the last sequence among them; absent where none could be read. */
  readonly records?: { readonly host: string; readonly from: number; readonly to: number };
  /** How many messages they were. */
  readonly messages: number;
}

export interface WhySetAside {
  readonly reason: string;
  readonly cause?: unknown;
}

export interface SetAsideOptions {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly names: StreamNames;
  readonly headInStore: HeadInStore;
  /**
   * Called with copies made, and before anything leaves the stream: where it rejects, the messages stay and come again.
   * May be told of the same again.
   */
  readonly onSetAside: (records: RecordsSetAside) => Promise<void>;
  /** The head of the log is another from now on. */
  readonly onHeadChanged: (logId: string) => void;
}

/** Enough to catch up with a host that goes on sending meanwhile; what comes later still is set aside when it is handled. */
const MAX_ROUNDS = 16;

/** Takes out of the stream what cannot be stored. */
export class SetAside {
  readonly #options: SetAsideOptions;

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  /** Takes out a message that is none of a log's, and leaves the log as it is. */
  async one(message: JsMsg, reason: string): Promise<void> {
    const { manager, names, onSetAside } = this.#options;
    await this.#copy(message);
    await onSetAside({ logId: logIdOf(message), reason, messages: 1 });
    await manager.streams.deleteMessage(names.stream, message.seq, false);
    message.term(reason);
    this.#options.onHeadChanged(logIdOf(message));
  }

  /**
   * Takes out a message of a log with all of that log that the store does not hold: what follows it would have nothing to
   * follow, and while it lay there the host would be told that all is well. So the head is that of the store again, and
   * the host sends what comes after. Gives the last place in the stream that was looked at.
   */
  async log(message: JsMsg, why: WhySetAside): Promise<number> {
    const { manager, names, headInStore, onSetAside, onHeadChanged } = this.#options;
    const logId = logIdOf(message);
    const held = (await headInStore(logId))?.acknowledged ?? 0;
    let last = 0;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const found = new Found();
      for (;;) {
        const next = await this.#next(logId, last + 1);
        if (next === null) break;
        last = next.seq;
        // The head that a message names is that of the log up to and with it.
        const isStored = next.seq < message.seq && (readHead(next.header)?.acknowledged ?? held + 1) <= held;
        if (isStored) continue;
        // There may be many: nobody else is to begin with them meanwhile.
        message.working();
        await this.#copy(next);
        found.add(next);
      }
      if (found.messages === 0) break;
      await onSetAside({ logId, ...why, ...found.told() });
      await manager.streams.purge(names.stream, { filter: message.subject, seq: last + 1 });
      onHeadChanged(logId);
    }
    message.term(why.reason);
    return last;
  }

  /** The first message of a log at or behind a place in the stream. */
  async #next(logId: string, place: number): Promise<StoredMsg | null> {
    const { manager, names } = this.#options;
    // The client's type knows this question only for another way to ask.
    const query = { seq: place, next_by_subj: subjectOf(names.subject, logId) };
    return await manager.streams.getMessage(names.stream, query);
  }

  async #copy(message: Pick<StoredMsg, "subject" | "seq" | "data">): Promise<void> {
    const { client, names } = this.#options;
    await client.publish(subjectOf(names.refusedSubject, logIdOf(message)), message.data, {
      msgID: `${names.stream}.${message.seq}`,
    });
  }
}

/** Sums up the messages that are set aside together. */
class Found {
  messages = 0;
  #records: RecordsSetAside["records"];

  add(message: StoredMsg): void {
    this.messages += 1;
    const batch = readBatch(message.string());
    const [first, last] = [batch?.records.at(0)?.sequence, batch?.records.at(-1)?.sequence];
    if (batch === undefined || first === undefined || last === undefined) return;
    const { from = first, to = last } = this.#records ?? {};
    this.#records = { host: batch.host, from: Math.min(from, first), to: Math.max(to, last) };
  }

  told(): Pick<RecordsSetAside, "messages" | "records"> {
    return { messages: this.messages, ...(this.#records !== undefined && { records: this.#records }) };
  }
}
