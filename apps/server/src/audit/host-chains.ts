import { parseEntry, type TreeEvent } from "@pratique/audit";
import { KeyedTurns, RecentMap } from "@pratique/core";
import type { Acknowledgement, ChainPlace, Store } from "@pratique/store";

const ACTION = "records.received";
const FIRST_HASH = "0".repeat(64);

/** How many hosts' chains are remembered; of the others the log itself is asked. */
const MAX_REMEMBERED = 50_000;

/** How long another server has to tell of what it has stored, before it is taken for dead. */
const OTHERS_HAVE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** Whose records, in which log. */
interface Chain {
  readonly logId: string;
  readonly host: string;
}

export interface HostChainsOptions {
  readonly store: Store;
  /** Whether no other server writes to the store. */
  readonly alone: boolean;
  readonly add: (event: TreeEvent) => Promise<unknown>;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Tells the log how far the chains of hosts have come: each entry commits to the records since the one before, so
 * that a host's own record can be held against the server's log.
 */
export class HostChains {
  readonly #options: HostChainsOptions;
  /** By chain: two entries must not tell of the same records. */
  readonly #turns = new KeyedTurns();
  /** How far the log tells of a chain, as far as this server told it last. */
  readonly #told = new RecentMap<string, ChainPlace>(MAX_REMEMBERED);

  constructor(options: HostChainsOptions) {
    this.#options = options;
  }

  /**
   * To be called when records have been stored, with where the chain stood and where it stands now, before the host
   * hears of it. What an earlier call could not tell is told now.
   */
  async received(chain: Chain, moved: Pick<Acknowledgement, "before" | "after">): Promise<void> {
    await this.#turns.take(chain.logId, () => this.#tell(chain, moved));
  }

  async #tell(
    { logId, host }: Chain,
    { before, after }: Pick<Acknowledgement, "before" | "after">,
  ): Promise<void> {
    const remembered = this.#told.get(logId);
    const told = remembered?.hash === before.hash ? remembered : await this.#toldUpTo(before, logId);
    if (after.sequence <= told.sequence) {
      this.#told.set(logId, told);
      return;
    }
    await this.#options.add({
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

  /**
   * How far the log tells of a chain. Another server may have stored what comes before, and be about to tell: two that
   * told of the same records would look as if somebody had changed them.
   */
  async #toldUpTo(before: ChainPlace, logId: string): Promise<ChainPlace> {
    for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
      const told = await this.#toldOf(logId);
      const isUpToDate = told.sequence >= before.sequence;
      if (isUpToDate || this.#options.alone || waitedMs >= OTHERS_HAVE_MS) return told;
      await this.#options.sleep(LOOK_EVERY_MS);
    }
  }

  async #toldOf(logId: string): Promise<ChainPlace> {
    const last = await this.#options.store.audit.entries.last(ACTION, `record:${logId}`);
    const records: { to?: unknown; hash?: unknown } = Object(
      last === undefined ? undefined : parseEntry(last.bytes).data?.hostRecords,
    );
    const { to, hash } = records;
    return typeof to === "number" && typeof hash === "string"
      ? { sequence: to, hash }
      : { sequence: 0, hash: FIRST_HASH };
  }
}
