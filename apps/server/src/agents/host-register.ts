import type { HostIdentity, Store } from "@pratique/store";
import type { Logger } from "pino";
import { Follower } from "../follower.ts";

/** The feed is looked at so often even where it does not say that something changed. */
const LOOK_EVERY_MS = 1000;
const CHANGES_AT_ONCE = 500;

export interface HostRegisterOptions {
  readonly store: Pick<Store, "changes" | "fleet">;
  readonly log: Logger;
  /** What is known of a host may be another than before. */
  readonly onChanged: (host: string) => void;
}

/**
 * Who the hosts are, in memory: what is asked with each call of each agent must not ask the store. Kept by the change
 * feed, so that a revocation on one server holds on all.
 */
export class HostRegister implements Disposable {
  readonly #options: HostRegisterOptions;
  readonly #follower = new Follower(
    () => this.#follow(),
    (error) => this.#options.log.error({ err: error }, "changes of hosts cannot be followed"),
  );
  readonly #held = new Map<string, HostIdentity>();
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  #seen = 0;

  private constructor(options: HostRegisterOptions) {
    this.#options = options;
    this.#stop = options.store.changes.onChange(() => this.#follower.soon());
    this.#timer = setInterval(() => this.#follower.soon(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  static async open(options: HostRegisterOptions): Promise<HostRegister> {
    const register = new HostRegister(options);
    await register.#readAll();
    return register;
  }

  /** A host that joined on another server a moment ago is asked for. */
  async find(host: string): Promise<HostIdentity | undefined> {
    return this.#held.get(host) ?? (await this.read(host));
  }

  /** As the store has it now. */
  async read(host: string): Promise<HostIdentity | undefined> {
    const identity = await this.#options.store.fleet.identities.find(host);
    if (identity === undefined) this.#held.delete(host);
    else this.#held.set(host, identity);
    return identity;
  }

  [Symbol.dispose](): void {
    this.#stop();
    clearInterval(this.#timer);
  }

  async #follow(): Promise<void> {
    const { store, onChanged } = this.#options;
    for (;;) {
      const { complete, changes } = await store.changes.since(this.#seen, CHANGES_AT_ONCE);
      if (!complete) return await this.#readAll();
      const hosts = new Set(changes.filter(({ kind }) => kind === "host").map(({ subject }) => subject));
      for (const host of hosts) {
        await this.read(host);
        onChanged(host);
      }
      this.#seen = changes.at(-1)?.sequence ?? this.#seen;
      if (changes.length < CHANGES_AT_ONCE) return;
    }
  }

  async #readAll(): Promise<void> {
    const { store, onChanged } = this.#options;
    const seen = await store.changes.last();
    const hosts = new Map((await store.fleet.identities.all()).map((identity) => [identity.host, identity]));
    for (const host of this.#held.keys()) if (!hosts.has(host)) this.#held.delete(host);
    for (const [host, identity] of hosts) this.#held.set(host, identity);
    this.#seen = seen;
    for (const host of hosts.keys()) onChanged(host);
  }
}
