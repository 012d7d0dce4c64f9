import { parseEntry, type TreeEvent } from "@pratique/audit";
import { RecentMap } from "@pratique/core";
import type { Acknowledgement, ChainPlace, Store } from "@pratique/store";

const ACTION = "records.received";
const FIRST_HASH = "0".repeat(64);

/** How many hosts' chains are remembered; of the others the log itself is asked. */
const MAX_REMEMBERED = 50_000;

/** Whose records, in which log. */
interface Chain {
  readonly logId: string;
  readonly host: string;
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
  /** How far the log tells of a chain, as far as this server told it last. */
  readonly #told = new RecentMap<string, ChainPlace>(MAX_REMEMBERED);

  constructor(store: Store, add: (event: TreeEvent) => Promise<unknown>) {
    this.#store = store;
    this.#add = add;
  }

  /**
   * To be called when records have been stored, with where the chain stood and where it stands now, before the host
   * hears of it. What an earlier call could not tell is told now.
   */
  async received(chain: Chain, moved: Pick<Acknowledgement, "before" | "after">): Promise<void> {
    const { logId } = chain;
    const before = this.#turns.get(logId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.#tell(chain, moved));
    this.#turns.set(logId, turn);
    try {
      await turn;
    } finally {
      if (this.#turns.get(logId) === turn) this.#turns.delete(logId);
    }
  }

  async #tell(
    { logId, host }: Chain,
    { before, after }: Pick<Acknowledgement, "before" | "after">,
  ): Promise<void> {
    const remembered = this.#told.get(logId);
    // Another server may have stored, and told, what comes between.
    const told = remembered?.hash === before.hash ? remembered : await this.#toldOf(logId);
    if (after.sequence <= told.sequence) {
      this.#told.set(logId, told);
      return;
    }
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
          from: told.sequence + 1,
          to: after.sequence,
          previousHash: told.hash,
          hash: after.hash,
        },
      },
    });
    this.#told.set(logId, after);
  }

  async #toldOf(logId: string): Promise<ChainPlace> {
    const last = await this.#store.audit.entries.last(ACTION, `record:${logId}`);
    const records: { to?: unknown; hash?: unknown } = Object(
      last === undefined ? undefined : parseEntry(last.bytes).data?.hostRecords,
    );
    const { to, hash } = records;
    return typeof to === "number" && typeof hash === "string"
      ? { sequence: to, hash }
      : { sequence: 0, hash: FIRST_HASH };
  }
}
