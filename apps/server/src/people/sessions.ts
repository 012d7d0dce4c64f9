import { randomBytes, randomUUID } from "node:crypto";
import type { PeopleStore, StoredSession } from "@pratique/store";
import type { SignInMethod } from "../calls/caller.ts";

const IDLE_MS = 60 * 60_000;
const ABSOLUTE_MS = 12 * 3_600_000;
/** A session that is in use is noted down no more often than this. */
const NOTED_EVERY_MS = 60_000;

/** A session that has just begun, with its secret. */
export interface BegunSession {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Who is signed in. */
export class Sessions {
  readonly #people: PeopleStore;
  readonly #now: () => number;

  constructor(people: PeopleStore, now: () => number) {
    this.#people = people;
    this.#now = now;
  }

  /**
   * Begins a session under a secret that nobody has seen before, and ends the one that the browser had: one that
   * somebody else planted there is good for nothing (session fixation).
   */
  async begin(
    account: string,
    { method, address, former }: { method: SignInMethod; address: string; former: string | undefined },
  ): Promise<BegunSession & { readonly id: string }> {
    if (former !== undefined) {
      const old = await this.find(former);
      if (old !== undefined) await this.#people.sessions.end(old.id);
    }
    const createdAtMs = this.#now();
    const session = { id: randomUUID(), token: newSecret(), expiresAtMs: createdAtMs + ABSOLUTE_MS };
    await this.#people.sessions.add({ ...session, account, method, address, createdAtMs });
    return session;
  }

  /** The session of a secret, which is then in use. */
  async use(token: string): Promise<StoredSession | undefined> {
    const session = await this.find(token);
    if (session !== undefined && this.#now() - session.seenAtMs >= NOTED_EVERY_MS) {
      await this.#people.sessions.touch(session.id, this.#now());
    }
    return session;
  }

  async find(token: string): Promise<StoredSession | undefined> {
    return await this.#people.sessions.find(token, this.#times());
  }

  async findById(id: string): Promise<StoredSession | undefined> {
    return await this.#people.sessions.findById(id, this.#times());
  }

  /** The sessions of an account that have not ended, newest first. */
  async list(account: string): Promise<readonly StoredSession[]> {
    return await this.#people.sessions.list(account, this.#times());
  }

  #times() {
    return { nowMs: this.#now(), idleMs: IDLE_MS };
  }
}

/** 256 random bits, as text. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}
