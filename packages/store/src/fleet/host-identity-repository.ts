import type { Kysely, Selectable } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { forgetReportsBy } from "../image-dispute.ts";
import type { HostTable, Schema } from "../schema.ts";
import { refreshLabels } from "./host-labels.ts";
import { forgetNamesBy } from "./image-names.ts";
import { type Labels, labelsIn } from "./labels.ts";

/**
 * How a host's right to speak stands. `local` is the server's own host, which speaks through a socket and has no
 * certificate; `cloned`: two programs use its key.
 */
export type IdentityState = "local" | "valid" | "revoked" | "cloned";

/** The certificate with which a host speaks. Times are ISO 8601, UTC. */
export interface HostIdentity {
  readonly host: string;
  readonly state: IdentityState;
  /** When it joined, for the last time; null for the local host. */
  readonly joinedAt: string | null;
  /** The serial number of its newest certificate, in hex; null for the local host. */
  readonly serial: string | null;
  /** That of the certificate before, which is good until the newest has been used. */
  readonly previousSerial: string | null;
  /** When its newest certificate ends. */
  readonly expiresAt: string | null;
  /** Labels that the server gives it, whatever it says of itself. */
  readonly labels: Labels;
}

/** A certificate that was issued. */
export interface IssuedIdentity {
  readonly host: string;
  readonly serial: string;
  readonly previousSerial: string | null;
  readonly joinedAt: string;
  readonly expiresAt: string;
  readonly labels: Labels;
}

const columns = [
  "name",
  "identity_state",
  "joined_at",
  "serial",
  "previous_serial",
  "certificate_expires_at",
  "given_labels",
] as const;

type IdentityRow = Pick<Selectable<HostTable>, (typeof columns)[number]>;

/** Who the hosts are: the certificates that were issued to them, and whether they still hold. */
export class HostIdentityRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /**
   * Remembers a certificate as the newest of its host, which is valid from now on; a host that was not there is
   * there then, though it has not reported. With `ifFreeAt` (ISO 8601, UTC) only where the name is free then: nobody has
   * it, or the certificate has expired. False where it is not; of two who want a name at once, one hears true.
   */
  async put(identity: IssuedIdentity, { ifFreeAt }: { readonly ifFreeAt?: string } = {}): Promise<boolean> {
    const { host } = identity;
    const written = {
      identity_state: "valid",
      joined_at: identity.joinedAt,
      serial: identity.serial,
      previous_serial: identity.previousSerial,
      certificate_expires_at: identity.expiresAt,
      given_labels: JSON.stringify(identity.labels),
    };
    return await this.#feed.write(async (transaction, changed) => {
      const put = await transaction
        .insertInto("hosts")
        .values({
          name: host,
          heard_at: "",
          log_id: "",
          status: "null",
          search: host.toLowerCase(),
          ...written,
        })
        .onConflict((conflict) => {
          const update = conflict.column("name").doUpdateSet(written);
          // Without a certificate it is the server's own host, or one that is there all the same.
          return ifFreeAt === undefined
            ? update
            : update.where("hosts.certificate_expires_at", "<=", ifFreeAt);
        })
        .returning("name")
        .executeTakeFirst();
      if (put === undefined) return false;
      if (await refreshLabels(transaction, host)) changed({ kind: "work", subject: host });
      changed({ kind: "host", subject: host });
      return true;
    });
  }

  /**
   * Remembers the next certificate of a host that holds the one that is named, and is `valid` or `cloned`: its newest,
   * or the one before as long as the newest has not been used, the answer with which may have been lost. False where
   * it does not: it was revoked, joined anew, or uses another one.
   */
  async renew(renewal: {
    readonly host: string;
    readonly from: string;
    readonly serial: string;
    readonly expiresAt: string;
  }): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      const { numUpdatedRows } = await transaction
        .updateTable("hosts")
        .set({
          serial: renewal.serial,
          previous_serial: renewal.from,
          certificate_expires_at: renewal.expiresAt,
        })
        .where("name", "=", renewal.host)
        .where(({ eb, or }) =>
          or([eb("serial", "=", renewal.from), eb("previous_serial", "=", renewal.from)]),
        )
        .where("identity_state", "in", ["valid", "cloned"])
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      changed({ kind: "host", subject: renewal.host });
      return true;
    });
  }

  /** Forgets the certificate before the newest: the newest has been used. */
  async dropPrevious(host: string, serial: string): Promise<void> {
    await this.#feed.write(async (transaction, changed) => {
      const { numUpdatedRows } = await transaction
        .updateTable("hosts")
        .set({ previous_serial: null })
        .where("name", "=", host)
        .where("serial", "=", serial)
        .where("previous_serial", "is not", null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows > 0n) changed({ kind: "host", subject: host });
    });
  }

  /**
   * From now on the host's certificates open nothing, and what it said of images is held against nobody. False where
   * there is no such host, or it has none.
   */
  async revoke(host: string): Promise<boolean> {
    return await this.#mark(host, "revoked", ["valid", "cloned", "revoked"]);
  }

  /** Two programs use the host's key. False where its certificate does not hold anyway. */
  async markCloned(host: string): Promise<boolean> {
    return await this.#mark(host, "cloned", ["valid", "cloned"]);
  }

  async find(host: string): Promise<HostIdentity | undefined> {
    const row = await this.#database
      .selectFrom("hosts")
      .select(columns)
      .where("name", "=", host)
      .executeTakeFirst();
    return row && identityOf(row);
  }

  /** All hosts that ever joined. */
  async all(): Promise<readonly HostIdentity[]> {
    const rows = await this.#database
      .selectFrom("hosts")
      .select(columns)
      .where("serial", "is not", null)
      .execute();
    return rows.map(identityOf);
  }

  async #mark(host: string, state: IdentityState, from: readonly IdentityState[]): Promise<boolean> {
    return await this.#feed.write(async (transaction, changed) => {
      const { numUpdatedRows } = await transaction
        .updateTable("hosts")
        .set({ identity_state: state })
        .where("name", "=", host)
        .where("identity_state", "in", from)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      if (state === "revoked") {
        await forgetNamesBy(transaction, host);
        const disputed = await forgetReportsBy(transaction, host);
        for (const imageId of disputed) changed({ kind: "image", subject: imageId });
      }
      changed({ kind: "host", subject: host });
      return true;
    });
  }
}

/** Reads the columns of a host that tell of its certificate. */
export function identityOf(row: IdentityRow): HostIdentity {
  return {
    host: row.name,
    state: identityStateOf(row.identity_state),
    joinedAt: row.joined_at,
    serial: row.serial,
    previousSerial: row.previous_serial,
    expiresAt: row.certificate_expires_at,
    labels: labelsIn(JSON.parse(row.given_labels)),
  };
}

/** What cannot be read opens nothing. */
function identityStateOf(text: string): IdentityState {
  return text === "local" || text === "valid" || text === "cloned" ? text : "revoked";
}
