import { setImmediate } from "node:timers/promises";
import { AuditLog, EvidenceStore } from "@pratique/audit";
import { type Digest, type JsonObject, messageOf } from "@pratique/core";
import type { AgentLogger } from "../agent-logger.ts";
import type { SpoolState } from "../host-status.ts";
import { ServerClient } from "../server/server-client.ts";
import { type ShipperOptions, shipRecords } from "./record-shipper.ts";
import { forgettable, isNearlyFull } from "./spool.ts";

const CHECK_MS = 10_000;

export type RecordClass = "agent" | "scan" | "gate" | "policy" | "advisories";

export interface HostRecordOptions {
  readonly directory: string;
  readonly evidenceDirectory: string;
  readonly hostName: string;
  /** What the record may take on the disk. */
  readonly limitBytes: number;
  readonly now: () => Date;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  /** What the host's status says of the record is another. */
  readonly onChanged: () => void;
  readonly log: AgentLogger;
}

/**
 * The record of this host: what happens is added to it, whatever goes wrong, it is sent to the server, and what the server
 * has makes room where the disk would fill.
 */
export class HostRecord implements Disposable {
  readonly log: AuditLog;
  readonly #options: HostRecordOptions;
  #acknowledged: number | undefined;
  #used = { bytes: 0, checkedAt: Number.NEGATIVE_INFINITY };
  #problem = "";
  /** Why the server cannot be sent the record, however long it waits; empty where it can. */
  #unsendable = "";
  /** Up to which record, let go, what it named was looked through. */
  #evidenceOfForgotten = 0;

  constructor(options: HostRecordOptions) {
    const { directory, now, limitBytes } = options;
    this.#options = options;
    this.log = new AuditLog({ directory, now, preallocate: true, maxBytes: limitBytes });
  }

  /** Never throws: what cannot be recorded is told in the status. */
  add(kind: RecordClass, action: string, data: JsonObject): void {
    const { onChanged, log } = this.#options;
    try {
      this.log.append({ class: kind, action, actor: "agent", data });
      this.#problem = "";
    } catch (thrown) {
      this.#problem = messageOf(thrown);
      onChanged();
      log.warn({ action, error: messageOf(thrown) }, "an event could not be recorded");
    }
  }

  /** How much of it waits for the server, and what it takes on the disk. Makes room where that is due. */
  get state(): SpoolState {
    const { limitBytes } = this.#options;
    const { sequence: length } = this.log.head();
    this.#checkRoom(length);
    const { bytes } = this.#used;
    return {
      waiting: this.#acknowledged === undefined ? undefined : Math.max(0, length - this.#acknowledged),
      bytes,
      limitBytes,
      isNearlyFull: isNearlyFull({ bytes, limitBytes }),
      problem: this.#problem,
      unsendable: this.#unsendable,
    };
  }

  /** Sends it on until the signal comes. Never rejects. */
  async ship(how: Pick<ShipperOptions, "server" | "signal" | "sleep" | "random" | "onError">): Promise<void> {
    const { hostName, onChanged, log } = this.#options;
    await shipRecords({
      ...how,
      log: this.log,
      host: hostName,
      onAcknowledged: (sequence) => {
        this.#acknowledged = sequence;
      },
      onLost: (lost) => {
        log.warn(lost, "the server lost records that it had acknowledged; they are sent again");
      },
      onUnsendable: (why) => {
        if (why !== this.#unsendable) onChanged();
        this.#unsendable = why;
      },
      onShipped: (collectMs) => {
        // A server of many hosts hears how each is as often as that is due, and not after each batch.
        if (collectMs === 0) onChanged();
      },
    });
  }

  /** Sends what is left, once. Never rejects. */
  async shipRest(server: ShipperOptions["server"]): Promise<void> {
    try {
      const { logId } = this.log;
      const after = await server.acknowledged(logId);
      const records = this.log.read({ after, limit: ServerClient.maxBatch });
      if (records.length > 0) await server.sendRecords({ logId, host: this.#options.hostName, records });
    } catch {
      // The server is gone already: the next start sends them.
    }
  }

  /** Lets evidence go that only records named that were let go. Never rejects. */
  async forgetEvidence(): Promise<void> {
    const { evidenceDirectory, now, log } = this.#options;
    try {
      const forgotten = this.log.forgotten();
      if (forgotten === this.#evidenceOfForgotten) return;
      const named = new Set<Digest>();
      for (const page of this.log.namedEvidence()) {
        for (const digest of page) named.add(digest);
        await setImmediate();
      }
      await new EvidenceStore(evidenceDirectory, now).forget(named);
      this.#evidenceOfForgotten = forgotten;
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "evidence of former records cannot be removed yet");
    }
  }

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]();
  }

  #checkRoom(length: number): void {
    const { elapsedMs, limitBytes, log } = this.#options;
    const at = elapsedMs();
    if (at - this.#used.checkedAt <= CHECK_MS) return;
    this.#makeRoom();
    const bytes = this.log.usedBytes();
    this.#used = { bytes, checkedAt: at };
    if (isNearlyFull({ bytes, limitBytes }) && this.#acknowledged !== length) {
      log.warn({ bytes, limit: limitBytes }, "the record waits for a server that is away");
    }
  }

  /** What the server has does not fill the disk of the host. */
  #makeRoom(): void {
    const { limitBytes, log } = this.#options;
    const upTo = forgettable(this.log, { acknowledged: this.#acknowledged ?? 0, limitBytes });
    if (upTo === 0) return;
    try {
      const records = this.log.forget(upTo);
      this.add("agent", "record.shortened", { upTo, records });
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "the record cannot be shortened");
    }
  }
}
