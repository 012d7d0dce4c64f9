import type { JsonValue } from "@pratique/core";
import type { Store } from "@pratique/store";
import { ServerError } from "../errors.ts";

const NAME = "audit-keys";
/** What is kept of keys that are long out of use; servers whose keys do not last must not fill the store. */
const MAX_KEYS = 256;
const MAX_ATTEMPTS = 20;

/** A key that a server signs checkpoints with, or has signed with. */
export interface PublishedKey {
  /** The verifier key. */
  readonly key: string;
  readonly serverId: string;
  /** What the server is called. */
  readonly server: string;
  /** When the server began to sign with it, ISO 8601. */
  readonly since: string;
}

/**
 * Where servers that share a store tell each other what they sign with. Whoever can write to the store can add to it:
 * it says which keys to ask for, and not which to trust.
 */
export class PublishedKeys {
  readonly #documents: Store["settings"]["documents"];
  readonly #servers: Store["settings"]["servers"];

  constructor({ settings }: Store) {
    this.#documents = settings.documents;
    this.#servers = settings.servers;
  }

  /** Oldest first. Those of servers that are gone stay: checkpoints that they signed are kept elsewhere. */
  async list(): Promise<readonly PublishedKey[]> {
    return keysIn((await this.#documents.find(NAME))?.value);
  }

  /** Tells of a key; of one that is known already nothing changes. Throws `STORE_UNAVAILABLE`. */
  async publish(published: PublishedKey): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const held = await this.#documents.find(NAME);
      const known = keysIn(held?.value);
      if (known.some((other) => isSame(other, published))) return;
      const keys = (await this.#fitting([...known, published])).map((each) => ({ ...each }));
      if ((await this.#documents.put(NAME, { keys }, held?.revision ?? "new")) !== undefined) return;
    }
    throw new ServerError("STORE_UNAVAILABLE", "other servers go on changing the keys of the log");
  }

  /** Without the oldest of a server that is gone, where there are too many. */
  async #fitting(keys: readonly PublishedKey[]): Promise<readonly PublishedKey[]> {
    if (keys.length <= MAX_KEYS) return keys;
    const there = new Set((await this.#servers.list()).map(({ id }) => id));
    const oldest = keys.findIndex(({ serverId }) => !there.has(serverId));
    return keys.toSpliced(Math.max(oldest, 0), 1);
  }
}

function isSame(left: PublishedKey, right: PublishedKey): boolean {
  return left.key === right.key && left.serverId === right.serverId;
}

/** Narrow: what another version added is left out, and what is not in its form too. */
function keysIn(value: JsonValue | undefined): readonly PublishedKey[] {
  const { keys }: { keys?: unknown } = Object(value);
  return Array.isArray(keys) ? keys.flatMap(keyIn) : [];
}

function keyIn(value: unknown): readonly PublishedKey[] {
  const { key, serverId, server, since }: Readonly<Record<string, unknown>> = Object(value);
  const texts = [key, serverId, server, since];
  if (!texts.every((text) => typeof text === "string")) return [];
  const [k = "", id = "", name = "", at = ""] = texts;
  return [{ key: k, serverId: id, server: name, since: at }];
}
