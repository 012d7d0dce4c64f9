import { type Insertable, type Kysely, type Selectable, sql, type Updateable } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Schema } from "../schema.ts";
import { searchable } from "../text-search.ts";
import type { AccountTable } from "./people-schema.ts";

/** `invited`: nobody has signed in to it yet. */
export type AccountState = "invited" | "active" | "disabled";

/** Somebody who may sign in. */
export interface StoredAccount {
  readonly id: string;
  /** Unique, case ignored. */
  readonly login: string;
  readonly displayName: string;
  readonly email: string | null;
  /** `local`, or the id of an identity provider. */
  readonly source: string;
  /** What the provider knows the person by; null for local accounts. */
  readonly subject: string | null;
  readonly state: AccountState;
  readonly breakGlass: boolean;
  readonly createdAt: string;
  readonly lastSignInAt: string | null;
  readonly groups: readonly string[];
  /** A PHC string; null where no password is set. */
  readonly passwordHash: string | null;
}

export interface AccountQuery {
  /** Any part of the login, the name or the address, case ignored. */
  readonly text?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export type AccountChange = Partial<
  Pick<StoredAccount, "displayName" | "email" | "state" | "lastSignInAt" | "groups" | "passwordHash">
>;

/** The accounts. */
export class AccountRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** Adds an account. False where its id, its login or its subject is taken. */
  async add(account: StoredAccount): Promise<boolean> {
    const row = await this.#database
      .insertInto("accounts")
      .values(rowOf(account))
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    return row !== undefined;
  }

  async find(id: string): Promise<StoredAccount | undefined> {
    const row = await this.#database
      .selectFrom("accounts")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && accountOf(row);
  }

  async findByLogin(login: string): Promise<StoredAccount | undefined> {
    const row = await this.#database
      .selectFrom("accounts")
      .selectAll()
      .where("login_key", "=", login.toLowerCase())
      .executeTakeFirst();
    return row && accountOf(row);
  }

  /** The account of a person whom a provider vouches for. */
  async findBySubject(source: string, subject: string): Promise<StoredAccount | undefined> {
    const row = await this.#database
      .selectFrom("accounts")
      .selectAll()
      .where("source", "=", source)
      .where("subject", "=", subject)
      .executeTakeFirst();
    return row && accountOf(row);
  }

  /** By login. Throws `CURSOR_MALFORMED`. */
  async list({ text, limit, cursor }: AccountQuery): Promise<Page<StoredAccount>> {
    const after = cursor === undefined ? undefined : parseCursor(cursor, "string");
    let filtered = this.#database.selectFrom("accounts");
    if (text !== undefined) {
      const literal = text.toLowerCase().replaceAll(/[\\%_]/gu, String.raw`\$&`);
      filtered = filtered.where(sql<boolean>`search like ${`%${literal}%`} escape '\\'`);
    }
    const counted = await filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    let paged = filtered
      .selectAll()
      .orderBy("login_key")
      .limit(limit + 1);
    if (after !== undefined) paged = paged.where("login_key", ">", String(after.key));
    const rows = await paged.execute();
    const last = rows[limit - 1];
    return {
      items: rows.slice(0, limit).map(accountOf),
      nextCursor:
        rows.length > limit && last !== undefined ? formatCursor({ key: last.login_key, id: last.id }) : null,
      total: Number(counted?.total ?? 0),
    };
  }

  /** All that are active: somebody has signed in to them, and may again. */
  async active(): Promise<readonly Pick<StoredAccount, "id" | "groups">[]> {
    const rows = await this.#database
      .selectFrom("accounts")
      .select(["id", "groups"])
      .where("state", "=", "active")
      .execute();
    return rows.map(({ id, groups }) => ({ id, groups: JSON.parse(groups) }));
  }

  /** Whether there is any account. */
  async any(): Promise<boolean> {
    const row = await this.#database.selectFrom("accounts").select("id").limit(1).executeTakeFirst();
    return row !== undefined;
  }

  /** Changes an account, and gives it as it is then; undefined where there is none. */
  async change(id: string, change: AccountChange): Promise<StoredAccount | undefined> {
    const before = await this.find(id);
    if (before === undefined) return undefined;
    const columns = columnsOf(rowOf({ ...before, ...change }), change);
    if (Object.keys(columns).length === 0) return before;
    const row = await this.#database
      .updateTable("accounts")
      .set(columns)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirst();
    return row && accountOf(row);
  }

  async logins(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#database
      .selectFrom("accounts")
      .select(["id", "login"])
      .where("id", "in", [...new Set(ids)])
      .execute();
    return new Map(rows.map(({ id, login }) => [id, login]));
  }
}

function rowOf(account: StoredAccount): Insertable<AccountTable> {
  const { login, displayName, email } = account;
  return {
    id: account.id,
    login,
    login_key: login.toLowerCase(),
    display_name: displayName,
    email,
    source: account.source,
    subject: account.subject,
    state: account.state,
    break_glass: account.breakGlass ? 1 : 0,
    created_at: account.createdAt,
    last_sign_in_at: account.lastSignInAt,
    groups: JSON.stringify(account.groups),
    password_hash: account.passwordHash,
    search: searchable([login, displayName, email ?? undefined]),
  };
}

/**
 * What a change writes: what it names and nothing else. Somebody may disable an account at the moment at which its owner
 * sets a password.
 */
function columnsOf(row: Insertable<AccountTable>, change: AccountChange): Updateable<AccountTable> {
  const { display_name, email, search, state, last_sign_in_at, groups, password_hash } = row;
  const isNamed = change.displayName !== undefined || change.email !== undefined;
  return {
    ...(isNamed && { display_name, email, search }),
    ...(change.state !== undefined && { state }),
    ...(change.lastSignInAt !== undefined && { last_sign_in_at }),
    ...(change.groups !== undefined && { groups }),
    ...(change.passwordHash !== undefined && { password_hash }),
  };
}

function accountOf(row: Selectable<AccountTable>): StoredAccount {
  return {
    id: row.id,
    login: row.login,
    displayName: row.display_name,
    email: row.email,
    source: row.source,
    subject: row.subject,
    state: stateOf(row.state),
    breakGlass: row.break_glass === 1,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at,
    groups: JSON.parse(row.groups),
    passwordHash: row.password_hash,
  };
}

/** A state that this version does not know lets nobody in. */
function stateOf(text: string): AccountState {
  return text === "invited" || text === "active" ? text : "disabled";
}
