import type { HostIdentity, Store } from "@pratique/store";
import type { Logger } from "pino";
import { Follower } from "../follower.ts";

/** The feed is looked at so often even where it does not say that something changed. */
const LOOK_EVERY_MS = 1000;
const CHANGES_AT_ONCE = 500;

export interface HostRegisterOptions {
  readonly store: {
    readonly changes: Pick<Store["changes"], "last" | "onChange" | "since">;
    readonly fleet: { readonly identities: Pick<Store["fleet"]["identities"], "all" | "find"> };
  };
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
  /** Which look at the store said last what is held of a host, or that there is none. */
  readonly #heldBy = new Map<string, number>();
  #looks = 0;
  readonly #stop: () => void;
  readonly #timer: NodeJS.Timeout;
  #seen = 0;
  /** Nobody is told of what was there from the beginning: who asks for the register does not have it yet. */
  #open = false;

  private constructor(options: HostRegisterOptions) {
    this.#options = options;
    this.#stop = options.store.changes.onChange(() => this.#follower.soon());
    this.#timer = setInterval(() => this.#follower.soon(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  static async open(options: HostRegisterOptions): Promise<HostRegister> {
    const register = new HostRegister(options);
    await register.#readAll();
    register.#open = true;
    return register;
  }

  /** A host that joined on another server a moment ago is asked for. */
  async find(host: string): Promise<HostIdentity | undefined> {
    return this.#held.get(host) ?? (await this.read(host));
  }

  /** As the store has it now. */
  async read(host: string): Promise<HostIdentity | undefined> {
    const look = this.#nextLook();
    this.#take(host, await this.#options.store.fleet.identities.find(host), look);
    return this.#held.get(host);
  }

  [Symbol.dispose](): void {
    this.#stop();
    clearInterval(this.#timer);
  }

  #nextLook(): number {
    this.#looks += 1;
    return this.#looks;
  }

  /**
   * An older answer never replaces a newer one: who was revoked while many asked for them would be heard on. What follows
   * a change looks after it, so that no answer to a later look is from before it.
   */
  #take(host: string, identity: HostIdentity | undefined, look: number): void {
    if (look < (this.#heldBy.get(host) ?? 0)) return;
    this.#heldBy.set(host, look);
    if (identity === undefined) this.#held.delete(host);
    else this.#held.set(host, identity);
  }

  async #follow(): Promise<void> {
    const { store } = this.#options;
    for (;;) {
      const { complete, changes } = await store.changes.since(this.#seen, CHANGES_AT_ONCE);
      if (!complete) return await this.#readAll();
      const hosts = new Set(changes.filter(({ kind }) => kind === "host").map(({ subject }) => subject));
      for (const host of hosts) {
        await this.read(host);
        this.#tell(host);
      }
      this.#seen = changes.at(-1)?.sequence ?? this.#seen;
      if (changes.length < CHANGES_AT_ONCE) return;
    }
  }

  async #readAll(): Promise<void> {
    const { store } = this.#options;
    const seen = await store.changes.last();
    const look = this.#nextLook();
    const hosts = new Map((await store.fleet.identities.all()).map((identity) => [identity.host, identity]));
    for (const host of [...this.#held.keys(), ...hosts.keys()]) this.#take(host, hosts.get(host), look);
    this.#seen = seen;
    for (const host of hosts.keys()) this.#tell(host);
  }

  #tell(host: string): void {
    if (this.#open) this.#options.onChanged(host);
  }
}
