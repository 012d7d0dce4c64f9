import type { Kysely, SelectQueryBuilder } from "kysely";
import { sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Schema } from "../schema.ts";
import { literalPattern } from "../text-search.ts";
import type { AuditEntryTable } from "./audit-schema.ts";
import { openingsOf, type StoredOpening } from "./opening-repository.ts";

/** An entry of the log with what is known behind its commitments. */
export interface StoredAuditEntry {
  readonly index: number;
  /** Exactly what was hashed. */
  readonly bytes: Uint8Array;
  readonly openings: readonly StoredOpening[];
}

/** What is looked for. Members that are left out let everything through. */
export interface AuditEntryQuery {
  /** Anywhere in the action, the actor's id, or the subject; case ignored. */
  readonly text?: string;
  /** Whom the text means besides: those of these ids, and those whose name or address has one of these marks. */
  readonly meant?: { readonly actors: readonly string[]; readonly marks: readonly string[] };
  readonly class?: string;
  readonly action?: string;
  /** The actor's id. */
  readonly actor?: string;
  /** `kind:id`, or an id of any kind. */
  readonly subject?: string;
  readonly decision?: string;
  /** ISO 8601, both included. */
  readonly from?: string;
  readonly to?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** A call that began and has not ended. */
export interface OpenCall {
  readonly call: string;
  /** Where its intent lies. */
  readonly index: number;
  /** The process that began it. */
  readonly holder: string;
  readonly intent: Uint8Array;
}

const nobody: Required<AuditEntryQuery>["meant"] = { actors: [], marks: [] };

/** Reads the entries of the log, for people and for what exports them. */
export class AuditEntryRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  /** How many entries there are. */
  async size(): Promise<number> {
    const row = await this.#database.selectFrom("audit_heads").select("size").executeTakeFirst();
    return Number(row?.size ?? 0);
  }

  /** One page, newest first, and how many there are. Throws `CURSOR_MALFORMED`. */
  async search(query: AuditEntryQuery): Promise<Page<StoredAuditEntry>> {
    const page = await this.page(query);
    const { total } = await filtered(this.#database.selectFrom("audit_entries"), query)
      .select(({ fn }) => fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    return { ...page, total: Number(total) };
  }

  /** One page, newest first. Throws `CURSOR_MALFORMED`. */
  async page(query: AuditEntryQuery): Promise<Omit<Page<StoredAuditEntry>, "total">> {
    const wanted = filtered(this.#database.selectFrom("audit_entries"), query);
    const before = query.cursor === undefined ? undefined : Number(parseCursor(query.cursor, "number").key);
    const rows = await wanted
      .$if(before !== undefined, (builder) => builder.where("place", "<", before ?? 0))
      .select(["place", "bytes"])
      .orderBy("place", "desc")
      .limit(query.limit + 1)
      .execute();
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const more = rows.length > query.limit && last !== undefined;
    return {
      items: await this.#withOpenings(page),
      nextCursor: more ? formatCursor({ key: Number(last.place), id: "" }) : null,
    };
  }

  /** Up to `limit` entries from an index on, oldest first. */
  async since(index: number, limit: number): Promise<readonly StoredAuditEntry[]> {
    const rows = await this.#database
      .selectFrom("audit_entries")
      .select(["place", "bytes"])
      .where("place", ">=", index)
      .orderBy("place")
      .limit(limit)
      .execute();
    return await this.#withOpenings(rows);
  }

  /** The newest entry of an action about a subject, as `kind:id`. */
  async last(action: string, subject: string): Promise<StoredAuditEntry | undefined> {
    const row = await this.#database
      .selectFrom("audit_entries")
      .select(["place", "bytes"])
      .where("subject", "=", subject)
      .where("action", "=", action)
      .orderBy("place", "desc")
      .limit(1)
      .executeTakeFirst();
    return row && { index: Number(row.place), bytes: row.bytes, openings: [] };
  }

  /** How many entries of an action there are since a time, ISO 8601. */
  async count(action: string, since: string): Promise<number> {
    const { total } = await this.#database
      .selectFrom("audit_entries")
      .select(({ fn }) => fn.countAll<number>().as("total"))
      .where("action", "=", action)
      .where("time", ">=", since)
      .executeTakeFirstOrThrow();
    return Number(total);
  }

  /** Calls that have no outcome, those that began first before the others. */
  async openCalls(limit: number): Promise<readonly OpenCall[]> {
    const rows = await this.#database
      .selectFrom("audit_open_calls")
      .innerJoin("audit_entries", "audit_entries.place", "audit_open_calls.place")
      .select([
        "audit_open_calls.call",
        "audit_open_calls.place",
        "audit_open_calls.holder",
        "audit_entries.bytes",
      ])
      .orderBy("audit_open_calls.place")
      .limit(limit)
      .execute();
    return rows.map(({ call, place, holder, bytes }) => ({
      call,
      index: Number(place),
      holder,
      intent: bytes,
    }));
  }

  async #withOpenings(
    rows: readonly Pick<AuditEntryTable, "place" | "bytes">[],
  ): Promise<readonly StoredAuditEntry[]> {
    const openings = await openingsOf(
      this.#database,
      rows.map(({ place }) => Number(place)),
    );
    return rows.map(({ place, bytes }) => ({
      index: Number(place),
      bytes,
      openings: openings.get(Number(place)) ?? [],
    }));
  }
}

type Entries = SelectQueryBuilder<Schema, "audit_entries", object>;

function filtered(entries: Entries, query: AuditEntryQuery): Entries {
  let wanted = entries;
  for (const column of ["class", "action", "actor", "decision"] as const) {
    const value = query[column];
    if (value !== undefined) wanted = wanted.where(column, "=", value);
  }
  const { subject, text, from, to } = query;
  if (subject !== undefined) {
    wanted = subject.includes(":")
      ? wanted.where(({ eb, or }) => or([eb("subject", "=", subject), endsWith(subject)]))
      : wanted.where(endsWith(subject));
  }
  if (from !== undefined) wanted = wanted.where("time", ">=", from);
  if (to !== undefined) wanted = wanted.where("time", "<=", to);
  if (text === undefined || text === "") return wanted;
  return wanted.where((condition) => condition.or(textConditions(text, query.meant)));
}

function textConditions(text: string, { actors, marks }: Required<AuditEntryQuery>["meant"] = nobody) {
  const pattern = literalPattern(text);
  return [
    sql<boolean>`search like ${pattern} escape '\\'`,
    // What is not sealed yet is found by any part of it.
    sql<boolean>`exists (
      select 1 from audit_openings where audit_openings.place = audit_entries.place
      and lower(audit_openings.value) like ${pattern} escape '\\')`,
    ...(actors.length === 0 ? [] : [sql<boolean>`actor in (${sql.join([...actors])})`]),
    ...(marks.length === 0
      ? []
      : [
          sql<boolean>`audit_entries.place in (
            select place from audit_sealed_openings where mark in (${sql.join([...marks])}))`,
        ]),
  ];
}

function endsWith(id: string) {
  return sql<boolean>`subject like ${literalPattern(`:${id}`).slice(0, -1)} escape '\\'`;
}
