import { parseEntry, type TreeEvent } from "@pratique/audit";
import type { Store } from "@pratique/store";

const ACTION = "records.received";
const FIRST_HASH = "0".repeat(64);

/** How far the log tells of a host's chain. */
interface Told {
  readonly to: number;
  readonly hash: string;
}

/**
 * Tells the log how far the chains of hosts have come: each entry commits to the records since the one before, so
 * that a host's own record can be held against the server's log.
 */
export class HostChains {
  readonly #store: Store;
  readonly #add: (event: TreeEvent) => Promise<unknown>;
  /** One after the other for each chain: two entries must not tell of the same records. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(store: Store, add: (event: TreeEvent) => Promise<unknown>) {
    this.#store = store;
    this.#add = add;
  }

  /**
   * To be called when records have been stored, before the host hears of it. What an earlier call could not tell is
   * told now.
   */
  async received(logId: string, host: string): Promise<void> {
    const before = this.#turns.get(logId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#tell(logId, host));
    this.#turns.set(logId, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(logId) === turn) this.#turns.delete(logId);
    }
  }

  async #tell(logId: string, host: string): Promise<void> {
    const head = await this.#store.records.head(logId);
    const told = await this.#toldOf(logId);
    if (head === undefined || head.acknowledged <= told.to) return;
    await this.#add({
      class: "host",
      action: ACTION,
      actor: { id: `host:${host}`, kind: "host", method: "mtls" },
      subject: { kind: "record", id: logId },
      stage: "fact",
      data: {
        host,
        hostRecords: {
          log: logId,
          from: told.to + 1,
          to: head.acknowledged,
          previousHash: told.hash,
          hash: head.lastHash,
        },
      },
    });
  }

  async #toldOf(logId: string): Promise<Told> {
    const last = await this.#store.audit.entries.last(ACTION, `record:${logId}`);
    const records: { to?: unknown; hash?: unknown } = Object(
      last === undefined ? undefined : parseEntry(last.bytes).data?.hostRecords,
    );
    const { to, hash } = records;
    return typeof to === "number" && typeof hash === "string" ? { to, hash } : { to: 0, hash: FIRST_HASH };
  }
}
