import type { Store, StoredServer } from "@pratique/store";
import type { Logger } from "pino";

const BEAT_MS = 15_000;
/** A server that has missed three beats is silent. */
const SILENT_AFTER_MS = 3 * BEAT_MS;
const FORGOTTEN_AFTER_MS = 86_400_000;

export interface ServerPresenceOptions {
  readonly store: Store;
  /** This server or worker, as it is now. */
  readonly self: () => Omit<StoredServer, "seenAt">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

/** A server or worker, and whether it still says that it is there. */
export interface SeenServer extends StoredServer {
  readonly state: "running" | "silent";
}

/**
 * Says that this server or worker is there, and knows of the others that share the store. One that ends takes itself
 * out; one that was killed is silent, and forgotten after a day.
 */
export class ServerPresence {
  readonly #options: ServerPresenceOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: ServerPresenceOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.beat();
    this.#timer = setInterval(() => {
      this.#beating = this.beat();
    }, BEAT_MS).unref();
  }

  /** Never rejects: whoever looks sees that nothing was heard. */
  async beat(): Promise<void> {
    const { store, now, log } = this.#options;
    try {
      await store.settings.servers.put(this.#self());
      await store.settings.servers.forget(new Date(now() - FORGOTTEN_AFTER_MS).toISOString());
    } catch (thrown) {
      log.error({ err: thrown }, "the store does not hear that this server is there");
    }
  }

  /** All servers, this one among them; this one alone while the store cannot be read. */
  async list(): Promise<readonly SeenServer[]> {
    const { store, now } = this.#options;
    const self = this.#self();
    const listed = await store.settings.servers.list().catch(() => []);
    const all = [self, ...listed.filter(({ id }) => id !== self.id)];
    return all
      .map((server): SeenServer => {
        const silent = now() - Date.parse(server.seenAt) > SILENT_AFTER_MS;
        return { ...server, state: silent ? "silent" : "running" };
      })
      .sort((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
    // Where the store is gone, the others see that this one is silent.
    await this.#options.store.settings.servers.remove(this.#options.self()).catch(() => undefined);
  }

  #self(): StoredServer {
    const { self, now } = this.#options;
    return { ...self(), seenAt: new Date(now()).toISOString() };
  }
}

function orderOf({ name, address }: StoredServer): string {
  return `${name} ${address}`;
}
