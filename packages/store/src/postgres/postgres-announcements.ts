import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Client } from "pg";
import type { Schema } from "../schema.ts";
import type { Announcements } from "../store-dialect.ts";
import { type Primary, PrimaryClient } from "./primary.ts";

const CHANNEL = "pratique_changes";
/** How often the connection is tried, and made anew where it is gone. */
const CHECK_MS = 5_000;
/** While nothing can be heard, every look may find something. */
const POLL_MS = 1_000;

/**
 * NOTIFY and LISTEN (https://www.postgresql.org/docs/current/sql-notify.html). While the connection that listens is
 * lost, the listener is called at intervals instead, so that the others' changes are late but not missed.
 */
export class PostgresAnnouncements implements Announcements {
  readonly #primary: Primary;
  /** Tells our own notifications from those of others. */
  readonly #origin = randomUUID();
  #heard: (() => void) | undefined;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #connecting: Promise<void> = Promise.resolve();

  constructor(primary: Primary) {
    this.#primary = primary;
  }

  async announce(transaction: Transaction<Schema>): Promise<void> {
    await sql`select pg_notify(${CHANNEL}, ${this.#origin})`.execute(transaction);
  }

  async listen(heard: () => void): Promise<void> {
    this.#heard = heard;
    this.#connecting = this.#connect();
    await this.#connecting;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#connecting;
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const client = new PrimaryClient(this.#primary, { ...this.#primary.config, query_timeout: CHECK_MS });
    client.on("error", () => this.#lose(client));
    client.on("end", () => this.#lose(client));
    client.on("notification", ({ payload }) => {
      if (payload !== this.#origin) this.#heard?.();
    });
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch {
      // Answered by trying again: until then the listener is called at intervals.
      await client.end().catch(() => undefined);
      this.#later(POLL_MS);
      return;
    }
    this.#client = client;
    this.#later(CHECK_MS);
  }

  #lose(client: Client): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    this.#later(POLL_MS);
  }

  #later(delayMs: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#connecting = this.#check();
    }, delayMs);
    this.#timer.unref();
  }

  async #check(): Promise<void> {
    const client = this.#client;
    if (client === undefined) {
      await this.#connect();
      // After the new connection listens: what was announced before that is found now.
      this.#heard?.();
      return;
    }
    // A former primary that goes on answering says nothing of it; where another took its place, this ends the connection.
    await this.#primary.look().catch(() => undefined);
    try {
      // A connection whose other end has vanished says nothing by itself.
      await client.query("select 1");
      this.#later(CHECK_MS);
    } catch {
      this.#lose(client);
    }
  }
}
