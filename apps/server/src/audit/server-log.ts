import { randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  AuditError,
  httpWitness,
  type LocalSigner,
  parseVerifierKey,
  signatureTypes,
  type TreeEvent,
  TreeLog,
  type TreeLogProblem,
  type TreeStorage,
} from "@pratique/audit";
import { messageOf } from "@pratique/core";
import type { Sealer } from "@pratique/sealing";
import type { Store } from "@pratique/store";
import type { Logger } from "pino";
import type { CallEntry, CallLog } from "../calls/call-record.ts";
import { ServerError } from "../errors.ts";
import { AuditOpenings } from "./audit-openings.ts";
import { eventOf } from "./call-event.ts";
import { HostChains } from "./host-chains.ts";
import { originOf } from "./origin.ts";
import { pinStorage } from "./pinned-storage.ts";
import { type PublishedKey, PublishedKeys } from "./published-keys.ts";
import { openSigningKeys, type SigningKeys } from "./signing-keys.ts";
import { closeUnfinished, leaseOf } from "./unfinished.ts";
import { WitnessBoard } from "./witness-board.ts";
import { witnessFetch } from "./witness-fetch.ts";

const SWEEP_MS = 15_000;

/** Somebody elsewhere who cosigns what he has seen of the log. */
export interface WitnessPlace {
  /** Where `add-checkpoint` is answered. */
  readonly url: string;
  /** The verifier key of the witness. */
  readonly key: string;
}

export interface ServerLogOptions {
  readonly store: Store;
  /** Seals names and addresses. */
  readonly sealer: Sealer;
  /** Whether no other server writes to the store. */
  readonly alone: boolean;
  /** Holds `key.pem`, its public half `log.vkey`, and the last checkpoint; made with mode 0700 where it is missing. */
  readonly directory: string;
  /** The signing key that servers share; the one in `key.pem` where it is absent. */
  readonly keyFile?: string | undefined;
  readonly witnesses: readonly WitnessPlace[];
  /** Authorities that are trusted there besides those that Node brings, in PEM. */
  readonly witnessCertificates?: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: Logger;
  readonly version: string;
}

/** The server's log: what callers did, what the log is signed with, and who has seen it. */
export class ServerLog implements CallLog, AsyncDisposable {
  readonly signer: LocalSigner;
  /** The same whenever the server is started anew, and another one for each server. */
  readonly serverId: string;
  readonly storage: TreeStorage;
  readonly witnesses: WitnessBoard;
  readonly hosts: HostChains;
  readonly openings: AuditOpenings;
  readonly #options: ServerLogOptions;
  readonly #holder: string;
  readonly #tree: TreeLog;
  readonly #published: PublishedKeys;
  readonly #sweep: NodeJS.Timeout;
  readonly #ending = new AbortController();
  #sealing: Promise<void> | undefined;
  #signedAt: string | null = null;
  #problem: string | undefined;
  #lastSigned: string | undefined;

  private constructor(
    options: ServerLogOptions,
    { signer, serverId, holder }: SigningKeys & { readonly holder: string },
  ) {
    const { store, sealer, directory, now, elapsedMs } = options;
    const keys = options.witnesses.map(witnessKeyOf);
    const board = new WitnessBoard(keys);
    const ask = witnessFetch(options.witnessCertificates);
    const file = path.join(directory, "checkpoint");
    const seal = new AuditOpenings(store, sealer);
    const pinned = pinStorage(store.audit.tree({ holder, seal }), { file, origin: signer.key.name });
    this.#options = options;
    this.#holder = holder;
    this.signer = signer;
    this.serverId = serverId;
    this.#published = new PublishedKeys(store);
    this.witnesses = board;
    this.openings = seal;
    this.storage = {
      ...pinned,
      putCheckpoint: async (checkpoint) => {
        await pinned.putCheckpoint(checkpoint);
        this.#problem = undefined;
        this.#signedAt = new Date(now()).toISOString();
        this.#lastSigned = checkpoint;
        board.published(checkpoint, signer.key);
      },
    };
    this.#tree = new TreeLog({
      storage: this.storage,
      signer,
      now: () => new Date(now()),
      elapsedMs,
      random: randomBytes,
      witnesses: options.witnesses.map((place) => httpWitness(witnessKeyOf(place), place.url, ask)),
      onProblem: (problem) => this.#hear(problem),
    });
    this.hosts = new HostChains({
      store,
      alone: options.alone,
      add: (event) => this.add(event),
      sleep: async (ms) => await setTimeout(ms),
    });
    this.#sweep = setInterval(() => {
      void this.#closeUnfinished();
      this.#sealEarlier();
    }, SWEEP_MS).unref();
  }

  /**
   * Opens the log, and tells it that the server has started. Throws AuditError where the log is not what it was:
   * `LOG_ROLLED_BACK`, `LOG_CORRUPT`; and what {@link openSigningKeys} throws.
   */
  static async open(options: ServerLogOptions): Promise<ServerLog> {
    const origin = await originOf(options.store);
    const keys = openSigningKeys({ ...options, origin });
    const { vkey } = keys.signer.key;
    // For whoever is to verify the log: the public key, to be noted elsewhere.
    writeFileSync(path.join(options.directory, "log.vkey"), `${vkey}\n`, { mode: 0o644 });
    const opened = new ServerLog(options, { ...keys, holder: randomUUID() });
    try {
      await opened.add(lifecycle("server.started", { version: options.version, key: vkey }));
      await opened.#publishKey();
      await opened.#closeUnfinished();
      opened.#sealEarlier();
      // A server that cannot sign what it will record is not to run.
      await opened.checkpoint();
    } catch (thrown) {
      await opened.#end();
      throw thrown;
    }
    return opened;
  }

  /** The name of the log: it is in each checkpoint. */
  get origin(): string {
    return this.#tree.origin;
  }

  /** The newest checkpoint that this server signed. */
  get lastSigned(): string | undefined {
    return this.#lastSigned;
  }

  /** Why this server could not sign the log, or keep what it signed, when it last tried; undefined where it could. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** When this server signed the log last, ISO 8601. */
  get signedAt(): string | null {
    return this.#signedAt;
  }

  /** The verifier's keys: the log's, then its witnesses'. */
  get keys(): readonly string[] {
    return [this.signer.key.vkey, ...this.#options.witnesses.map(({ key }) => key)];
  }

  /** What all servers of this log sign with, or have signed with. */
  async publishedKeys(): Promise<readonly PublishedKey[]> {
    return await this.#published.list();
  }

  /** Throws `STORE_FULL`, `STORE_UNAVAILABLE` or `TOO_MANY_REQUESTS`: whoever asked is told, and nothing is done. */
  async append(entry: CallEntry): Promise<void> {
    await this.add(eventOf(entry));
  }

  /** Adds an event that is no call. Throws what {@link append} throws. */
  async add(event: TreeEvent): Promise<number> {
    try {
      return (await this.#tree.append(event)).index;
    } catch (thrown) {
      throw problemOf(thrown);
    }
  }

  /** Signs the log as it is now, and gives the note. */
  async checkpoint(): Promise<string> {
    return await this.#tree.checkpoint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.add(lifecycle("server.stopped", {})).catch((thrown: unknown) =>
      this.#options.log.error({ err: thrown }, "the log was not told that the server stops"),
    );
    await this.#end();
  }

  async #end(): Promise<void> {
    clearInterval(this.#sweep);
    this.#ending.abort();
    await this.#sealing;
    await this.#options.store.settings.leases.release({
      name: leaseOf(this.#holder),
      holder: this.#holder,
    });
    await this.#tree[Symbol.asyncDispose]();
  }

  async #publishKey(): Promise<void> {
    const since = new Date(this.#options.now()).toISOString();
    const { serverId, signer } = this;
    await this.#published.publish({ key: signer.key.vkey, serverId, server: hostname(), since });
  }

  async #closeUnfinished(): Promise<void> {
    const { store, alone, now, log } = this.#options;
    try {
      await closeUnfinished({
        store,
        alone,
        holder: this.#holder,
        nowMs: now(),
        untilMs: now() + 3 * SWEEP_MS,
        add: (event) => this.add(event),
      });
    } catch (thrown) {
      log.error({ err: thrown }, "calls without outcome cannot be looked for");
    }
  }

  /** Beside the work: there may be millions. A server of an earlier version may add some as long as it runs. */
  #sealEarlier(): void {
    this.#sealing ??= this.#sealAllEarlier().finally(() => {
      this.#sealing = undefined;
    });
  }

  async #sealAllEarlier(): Promise<void> {
    const { log } = this.#options;
    try {
      const sealed = await this.openings.sealEarlier(this.#ending.signal);
      if (sealed > 0) log.info({ sealed }, "names and addresses of the log were sealed");
    } catch (thrown) {
      log.error({ err: thrown }, "names and addresses of the log cannot be sealed");
    }
  }

  #hear(problem: TreeLogProblem): void {
    const { log } = this.#options;
    if (problem.kind === "witness") {
      this.witnesses.failed(problem.witness, problem.outcome);
      log.warn({ witness: problem.witness, outcome: problem.outcome }, "a witness did not cosign the log");
      return;
    }
    this.#problem = messageOf(problem.error);
    log.error({ err: problem.error, kind: problem.kind }, "the log could not be signed or written");
  }
}

function witnessKeyOf({ key }: WitnessPlace) {
  const parsed = parseVerifierKey(key);
  if (parsed.type !== signatureTypes.cosignature) {
    throw new AuditError("KEY_MALFORMED", `${JSON.stringify(key)} is not the key of a witness`);
  }
  return parsed;
}

function lifecycle(action: string, data: Readonly<Record<string, string>>): TreeEvent {
  return {
    class: "system",
    action,
    actor: { id: "server", kind: "system", method: "none" },
    stage: "fact",
    data,
  };
}

/** What a caller hears of the log's errors. */
function problemOf(thrown: unknown): unknown {
  if (!(thrown instanceof AuditError)) return thrown;
  const { code, message } = thrown;
  if (code === "DISK_FULL") return new ServerError("STORE_FULL", message, { cause: thrown });
  if (code === "LOG_BUSY") {
    return new ServerError("TOO_MANY_REQUESTS", message, { cause: thrown, retryAfterSeconds: 5 });
  }
  return new ServerError("STORE_UNAVAILABLE", message, { cause: thrown });
}
