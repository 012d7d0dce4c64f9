import { type ExpressionBuilder, type Kysely, type Selectable, type SqlBool, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import { likeLiteral } from "../text-search.ts";
import type { AgentCommandTable } from "./fleet-schema.ts";

export type CommandState = "queued" | "delivered" | "done" | "failed" | "expired";

/** Something that a host's agent is to do, once. Times are ISO 8601 with milliseconds, UTC. */
export interface StoredCommand {
  readonly id: string;
  readonly host: string;
  /** What to do; anything that JSON can hold. */
  readonly document: object;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly state: CommandState;
  readonly deliveredAt: string | null;
  readonly finishedAt: string | null;
  readonly detail: string;
}

export type NewCommand = Omit<StoredCommand, "state" | "deliveredAt" | "finishedAt" | "detail">;

/** What became of a command. */
export interface CommandOutcome {
  readonly id: string;
  /** The host that says so: others cannot. */
  readonly host: string;
  readonly state: "done" | "failed" | "expired";
  readonly detail: string;
  readonly at: string;
}

const open: readonly CommandState[] = ["queued", "delivered"];

/** What was handed out may have been done all the same. */
const lateDetails = {
  queued: "it was not carried out in time",
  delivered: "it was taken, and nobody said in time what came of it",
} as const;
const lateDetail = sql<string>`case when delivered_at is null
  then ${sql.lit(lateDetails.queued)} else ${sql.lit(lateDetails.delivered)} end`;

/** What a host is handed, and what it did not take or answer in time. */
export interface TakenCommands {
  readonly given: readonly StoredCommand[];
  readonly expired: readonly StoredCommand[];
}

/** What agents are told to do. */
export class CommandRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  async add(command: NewCommand): Promise<void> {
    await this.#feed.write(async (transaction, changed) => {
      await transaction
        .insertInto("agent_commands")
        .values({
          id: command.id,
          host: command.host,
          document: JSON.stringify(command.document),
          created_by: command.createdBy,
          created_at: command.createdAt,
          expires_at: command.expiresAt,
          state: "queued",
          delivered_at: null,
          finished_at: null,
          detail: "",
        })
        .execute();
      changed({ kind: "work", subject: command.host });
    });
  }

  /**
   * What a host did not take or answer in time, as {@link take} will leave it: whoever writes that down elsewhere does so
   * before.
   */
  async late(host: string, now: string): Promise<readonly StoredCommand[]> {
    const rows = await this.#database
      .selectFrom("agent_commands")
      .selectAll()
      .where("host", "=", host)
      .where("state", "in", open)
      .where("expires_at", "<=", now)
      .orderBy("number")
      .execute();
    return rows.map((row) => {
      const detail = lateDetails[row.delivered_at === null ? "queued" : "delivered"];
      return commandOf({ ...row, state: "expired", finished_at: now, detail });
    });
  }

  /**
   * Hands a host what it is to do now, oldest first: what it was never given, and what it was given before
   * `givenBefore` without its outcome having been heard. What has expired is not handed out any more, and told once.
   */
  async take(
    host: string,
    {
      now,
      givenBefore,
      limit,
    }: { readonly now: string; readonly givenBefore: string; readonly limit: number },
  ): Promise<TakenCommands> {
    // Most of the time there is nothing to do, and nothing to write.
    const waiting = await this.#database
      .selectFrom("agent_commands")
      .select("number")
      .where("host", "=", host)
      .where("state", "in", open)
      .limit(1)
      .executeTakeFirst();
    if (waiting === undefined) return { given: [], expired: [] };
    return await this.#feed.write(async (transaction, changed) => {
      const late = await transaction
        .updateTable("agent_commands")
        .set({ state: "expired", finished_at: now, detail: lateDetail })
        .where("host", "=", host)
        .where("state", "in", open)
        .where("expires_at", "<=", now)
        .returningAll()
        .execute();
      if (late.length > 0) changed({ kind: "host", subject: host });
      const expired = late.map(commandOf);
      const rows = await transaction
        .selectFrom("agent_commands")
        .selectAll()
        .where("host", "=", host)
        .where("state", "in", open)
        .where((builder) =>
          builder.or([builder("delivered_at", "is", null), builder("delivered_at", "<", givenBefore)]),
        )
        .orderBy("number")
        .limit(limit)
        .execute();
      if (rows.length === 0) return { given: [], expired };
      const delivered = { state: "delivered", delivered_at: now };
      await transaction
        .updateTable("agent_commands")
        .set(delivered)
        .where(
          "number",
          "in",
          rows.map(({ number }) => number),
        )
        .execute();
      return { given: rows.map((row) => commandOf({ ...row, ...delivered })), expired };
    });
  }

  /** Whether an outcome would be remembered: whoever writes it down elsewhere does so before that. */
  async isNews({ id, host, state }: Omit<CommandOutcome, "detail" | "at">): Promise<boolean> {
    const row = await this.#database
      .selectFrom("agent_commands")
      .select("id")
      .where("id", "=", id)
      .where("host", "=", host)
      .where((builder) => mayEndAs(builder, state))
      .executeTakeFirst();
    return row !== undefined;
  }

  /**
   * Remembers what became of a command; the first outcome stays, also one that is told after the command has expired: the
   * server may have been away. Undefined where the host was given no such command, else the command, and whether this was news.
   */
  async finish(
    outcome: CommandOutcome,
  ): Promise<{ readonly command: StoredCommand; readonly news: boolean } | undefined> {
    return await this.#feed.write(async (transaction, changed) => {
      const { numUpdatedRows } = await transaction
        .updateTable("agent_commands")
        .set({ state: outcome.state, detail: outcome.detail, finished_at: outcome.at })
        .where("id", "=", outcome.id)
        .where("host", "=", outcome.host)
        .where((builder) => mayEndAs(builder, outcome.state))
        .executeTakeFirstOrThrow();
      const row = await transaction
        .selectFrom("agent_commands")
        .selectAll()
        .where("id", "=", outcome.id)
        .where("host", "=", outcome.host)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const news = numUpdatedRows > 0n;
      if (news) changed({ kind: "host", subject: outcome.host });
      return { command: commandOf(row), news };
    });
  }

  /**
   * What a host was told about one of its containers, the newest first. Documents name it by `containerId`; one that says so
   * elsewhere may be among them.
   */
  async aboutContainer(host: string, containerId: string, limit: number): Promise<readonly StoredCommand[]> {
    const member = likeLiteral(JSON.stringify({ containerId }).slice(1, -1));
    const rows = await this.#database
      .selectFrom("agent_commands")
      .selectAll()
      .where("host", "=", host)
      .where(sql<SqlBool>`document like ${member} escape '\\'`)
      .orderBy("number", "desc")
      .limit(limit)
      .execute();
    return rows.map(commandOf);
  }

  async find(id: string): Promise<StoredCommand | undefined> {
    const row = await this.#database
      .selectFrom("agent_commands")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    return row && commandOf(row);
  }
}

/** Commands of which nothing was heard yet. */
function mayEndAs(builder: ExpressionBuilder<Schema, "agent_commands">, state: CommandOutcome["state"]) {
  const isOpen = builder("state", "in", open);
  return state === "expired" ? isOpen : builder.or([isOpen, expiredUnheard(builder)]);
}

/** Handed out, and over before anything was heard of it. */
function expiredUnheard(builder: ExpressionBuilder<Schema, "agent_commands">) {
  return builder.and([builder("state", "=", "expired"), builder("delivered_at", "is not", null)]);
}

function commandOf(row: Selectable<AgentCommandTable>): StoredCommand {
  return {
    id: row.id,
    host: row.host,
    document: JSON.parse(row.document),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    state: stateOf(row.state),
    deliveredAt: row.delivered_at,
    finishedAt: row.finished_at,
    detail: row.detail,
  };
}

function stateOf(text: string): CommandState {
  return text === "queued" || text === "delivered" || text === "done" || text === "failed" ? text : "expired";
}
