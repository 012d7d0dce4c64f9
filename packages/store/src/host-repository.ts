import type { Visibility } from "@pratique/access";
import { parseJson } from "@pratique/core";
import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from "kysely";
import type { ChangeFeed } from "./change-feed.ts";
import { formatCursor, type Page, parseCursor } from "./cursor.ts";
import { type HostIdentity, identityOf } from "./fleet/host-identity-repository.ts";
import { labelsInForce, refreshLabels } from "./fleet/host-labels.ts";
import type { Labels } from "./fleet/labels.ts";
import type { Sight } from "./fleet/sight.ts";
import type { HostTable, Schema } from "./schema.ts";
import { literalPattern } from "./text-search.ts";

/** What an agent says of its host. */
export interface HostReport {
  readonly name: string;
  /** The log that the host writes. */
  readonly logId: string;
  /** ISO 8601 with milliseconds, UTC, by the server's clock. */
  readonly heardAt: string;
  /** Anything that JSON can hold. */
  readonly status: unknown;
  /** Labels that the host gives itself; those that it had stay where they are absent. */
  readonly labels?: Labels;
  /** What its gate does. */
  readonly gate?: string;
  /** How much is wrong with its policies. */
  readonly policyErrors?: number;
  readonly advisoriesStale?: boolean;
}

/** Rows of one query: below what either database takes as parameters. */
const NAMES_AT_ONCE = 1000;

/** A host and what its agent last said. */
export interface StoredHost {
  readonly name: string;
  readonly logId: string;
  /** Null where no agent has reported yet. */
  readonly heardAt: string | null;
  /** Null where no agent has reported yet. */
  readonly status: unknown;
  /** Those in force: what the server gives wins over what the host says. */
  readonly labels: Labels;
  readonly identity: HostIdentity;
  readonly gate: string;
  /** Which of the server's policies it has in force, as it said when it last asked for work; empty before that. */
  readonly policyRevision: string;
  /** The last record of its log that is held. */
  readonly acknowledged: number;
  readonly containers: number;
  readonly running: number;
}

/** What of the server's a host has in force, as it said when it last asked for work. */
export interface HostRevisions extends Pick<StoredHost, "name" | "labels" | "policyRevision"> {
  /** Null where it watches no containers. */
  readonly rulesRevision: string | null;
}

/** How a host's certificate stands at a moment. Times are ISO 8601 with milliseconds, UTC. */
interface IdentityFilter {
  readonly state:
    | "local"
    | "valid"
    | "expiring"
    | "expired"
    | "revoked"
    | "cloned"
    /** Ends soon, or has ended, and was not revoked. */
    | "not-renewed"
    | "not-revoked";
  readonly now: string;
  /** A certificate that ends before this moment, and has not ended, is expiring. */
  readonly expiringBefore: string;
}

export interface HostQuery {
  readonly seen: Visibility;
  readonly text?: string;
  /** What its gate does; `not-enforcing` is `observing` or `not-installed`. */
  readonly gate?: string;
  readonly agent?: "reporting" | "silent" | "never";
  /** How its certificate stands. */
  readonly identity?: IdentityFilter;
  readonly policyErrors?: boolean;
  readonly advisories?: "stale" | "fresh";
  /** Whether its sensor runs, or failed, or is not told of any more though the host reports. */
  readonly sensor?: "down" | "running";
  /** An agent that was last heard before this moment is silent. */
  readonly silentBefore: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** What the agents say of their hosts. */
export class HostRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
  }

  async put(host: HostReport): Promise<void> {
    const { name, labels, gate, policyErrors, advisoriesStale } = host;
    const columns = {
      heard_at: host.heardAt,
      log_id: host.logId,
      status: JSON.stringify(host.status),
      ...(labels !== undefined && { own_labels: JSON.stringify(labels) }),
      ...(gate !== undefined && { gate }),
      ...(policyErrors !== undefined && { policy_errors: policyErrors }),
      ...(advisoriesStale !== undefined && { advisories_stale: advisoriesStale ? 1 : 0 }),
    };
    await this.#feed.write(async (transaction, changed) => {
      await transaction
        .insertInto("hosts")
        .values({ name, search: name.toLowerCase(), ...columns })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(columns))
        .execute();
      // The labels of a host decide which policies hold there.
      if (await refreshLabels(transaction, name)) changed({ kind: "work", subject: name });
      changed({ kind: "host", subject: name });
    });
  }

  async find(name: string): Promise<StoredHost | undefined> {
    const row = await this.#selected().where("hosts.name", "=", name).executeTakeFirst();
    return row && hostOf(row);
  }

  /** The host that was heard of last; undefined where none was. */
  async latest(): Promise<StoredHost | undefined> {
    const row = await this.#selected()
      .where("heard_at", "<>", "")
      .orderBy("heard_at", "desc")
      .limit(1)
      .executeTakeFirst();
    return row && hostOf(row);
  }

  /** The name of the server's own host; undefined where its agent has not reported. */
  async local(): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("hosts")
      .select("name")
      .where("identity_state", "=", "local")
      .orderBy("heard_at", "desc")
      .limit(1)
      .executeTakeFirst();
    return row?.name;
  }

  /** The labels in force of some hosts; one that is not there has none. */
  async labelsOf(names: readonly string[]): Promise<ReadonlyMap<string, Labels>> {
    const labels = new Map<string, Record<string, string>>(names.map((name) => [name, {}]));
    for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
      const rows = await this.#database
        .selectFrom("hosts")
        .select(["name", "own_labels", "given_labels"])
        .where("name", "in", names.slice(from, from + NAMES_AT_ONCE))
        .execute();
      for (const row of rows) labels.set(row.name, labelsInForce(row));
    }
    return labels;
  }

  /**
   * Remembers which policies, and which rules, a host says that it has in force; `rules` is undefined where it watches
   * no containers. Writes only what is new.
   */
  async noteRevisions(
    name: string,
    { policies, rules }: { readonly policies: string; readonly rules?: string | undefined },
  ): Promise<void> {
    const known = await this.#database
      .selectFrom("hosts")
      .select(["policy_revision", "rules_revision"])
      .where("name", "=", name)
      .executeTakeFirst();
    const told = { policy_revision: policies, rules_revision: rules ?? null };
    if (known === undefined) return;
    if (known.policy_revision === policies && known.rules_revision === told.rules_revision) return;
    await this.#feed.write(async (transaction, changed) => {
      await transaction.updateTable("hosts").set(told).where("name", "=", name).execute();
      changed({ kind: "host", subject: name });
    });
  }

  /** By name. Throws `CURSOR_MALFORMED`. */
  async list(query: HostQuery): Promise<Page<StoredHost>> {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor, "string");
    const counting = this.#database
      .selectFrom("hosts")
      .where(this.#conditionsOf(query))
      .select(({ fn }) => fn.countAll().as("total"))
      .executeTakeFirst();
    let paged = this.#selected().where(this.#conditionsOf(query));
    if (cursor !== undefined) paged = paged.where("hosts.name", ">", cursor.id);
    const finding = paged
      .orderBy("hosts.name")
      .limit(query.limit + 1)
      .execute();
    const [counted, rows] = await Promise.all([counting, finding]);
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(hostOf),
      nextCursor: last === undefined ? null : formatCursor({ key: last.name, id: last.name }),
      total: Number(counted?.total ?? 0),
    };
  }

  /**
   * What each host is to know what holds there: its name, its labels in force and the policies that it has. All of
   * them, so that how many have what can be counted.
   */
  async policyStates(): Promise<readonly HostRevisions[]> {
    const rows = await this.#database
      .selectFrom("hosts")
      .select(["name", "own_labels", "given_labels", "policy_revision", "rules_revision"])
      .where("identity_state", "<>", "revoked")
      .execute();
    return rows.map((row) => ({
      name: row.name,
      labels: labelsInForce(row),
      policyRevision: row.policy_revision,
      rulesRevision: row.rules_revision,
    }));
  }

  #conditionsOf(query: HostQuery) {
    const { seen, text, gate, agent, silentBefore, identity, policyErrors, advisories, sensor } = query;
    const all = [this.#sight.hosts(seen)];
    if (identity !== undefined) all.push(identityCondition(identity));
    if (policyErrors === true) all.push(sql`hosts.policy_errors > 0`);
    if (policyErrors === false) all.push(sql`hosts.policy_errors = 0`);
    if (advisories !== undefined) all.push(sql`hosts.advisories_stale = ${advisories === "stale" ? 1 : 0}`);
    if (text !== undefined) all.push(sql`hosts.search like ${literalPattern(text)} escape '\\'`);
    if (gate === "not-enforcing") all.push(sql`hosts.gate in ('observing', 'not-installed')`);
    else if (gate !== undefined) all.push(sql`hosts.gate = ${gate}`);
    if (sensor !== undefined) all.push(sensorCondition(sensor, silentBefore));
    if (agent === "never") all.push(sql`hosts.heard_at = ''`);
    if (agent === "reporting") all.push(sql`hosts.heard_at >= ${silentBefore}`);
    if (agent === "silent") all.push(sql`(hosts.heard_at <> '' and hosts.heard_at < ${silentBefore})`);
    return sql<boolean>`${sql.join(all, sql` and `)}`;
  }

  #selected() {
    return this.#database
      .selectFrom("hosts")
      .leftJoin("logs", "logs.log_id", "hosts.log_id")
      .selectAll("hosts")
      .select("logs.acknowledged");
  }
}

/** Whether a certificate ends soon is not kept: it is said of one that is valid. */
function identityCondition({ state, now, expiringBefore }: IdentityFilter): RawBuilder<SqlBool> {
  const ends = sql`coalesce(hosts.certificate_expires_at, '9')`;
  switch (state) {
    case "local":
    case "revoked":
    case "cloned":
      return sql`hosts.identity_state = ${state}`;
    case "valid":
      return sql`(hosts.identity_state = 'valid' and ${ends} >= ${expiringBefore})`;
    case "expiring":
      return sql`(hosts.identity_state = 'valid' and ${ends} > ${now} and ${ends} < ${expiringBefore})`;
    case "expired":
      return sql`(hosts.identity_state = 'valid' and ${ends} <= ${now})`;
    case "not-renewed":
      return sql`(hosts.identity_state in ('valid', 'cloned') and ${ends} < ${expiringBefore})`;
    case "not-revoked":
      return sql`hosts.identity_state <> 'revoked'`;
  }
}

/** As the overview counts them: of a host that is silent itself, its sensor is not asked. */
function sensorCondition(sensor: "down" | "running", silentBefore: string): RawBuilder<SqlBool> {
  const told = sql`host_runtimes.host = hosts.name and hosts.heard_at >= ${silentBefore}`;
  const is =
    sensor === "running"
      ? sql`host_runtimes.taken_at >= ${silentBefore} and host_runtimes.state = 'running'`
      : sql`(host_runtimes.state = 'failed' or (host_runtimes.taken_at < ${silentBefore} and host_runtimes.state <> 'off'))`;
  return sql`exists (select 1 from host_runtimes where ${told} and ${is})`;
}

function hostOf(row: Selectable<HostTable> & { readonly acknowledged: number | null }): StoredHost {
  return {
    name: row.name,
    logId: row.log_id,
    heardAt: row.heard_at === "" ? null : row.heard_at,
    status: parseJson(row.status),
    labels: labelsInForce(row),
    identity: identityOf(row),
    gate: row.gate,
    policyRevision: row.policy_revision,
    acknowledged: Number(row.acknowledged ?? 0),
    containers: row.containers,
    running: row.running,
  };
}
