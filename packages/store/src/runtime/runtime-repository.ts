import type { Visibility } from "@pratique/access";
import { parseJson } from "@pratique/core";
import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Sight } from "../fleet/sight.ts";
import { RowInserter } from "../insert-rows.ts";
import type { Schema } from "../schema.ts";

/** What goes on in one container. */
export interface ContainerRuntimeRow {
  readonly containerId: string;
  /** Anything that JSON can hold. */
  readonly document: object;
}

/** How a sensor is, in numbers since it started; what else is known of it is for the console. */
export interface SensorReport {
  readonly state: string;
  readonly events: number;
  readonly dropped: number;
  readonly suppressed: number;
  readonly unattributed: number;
}

/** The sensor of a host, as it was told last. */
export interface HostSensor extends SensorReport {
  readonly host: string;
}

/** What a host tells of its containers at one moment. */
export interface RuntimeListing {
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly sensor: SensorReport;
  /** Undefined where they are as before. */
  readonly rules?: readonly object[];
  readonly containers: readonly ContainerRuntimeRow[];
}

export interface HostRuntime {
  readonly takenAt: string;
  readonly sensor: object;
  readonly rules: readonly object[];
}

/** Rules, and the hosts that told just these. */
export interface HostRules {
  readonly rules: readonly object[];
  readonly hosts: readonly string[];
}

export interface StoredContainerRuntime {
  readonly host: string;
  readonly containerId: string;
  readonly takenAt: string;
  readonly document: object;
}

/** What was not told of for so long has ended. */
const ENDED_AFTER_MS = 3_600_000;

/** What goes on in the containers of each host, as it was told last. */
export class RuntimeRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;
  readonly #containers = new RowInserter(
    "container_runtimes",
    ["host", "container_id", "repository", "taken_at", "document"],
    { key: ["host", "container_id"] },
  );

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
  }

  /** Takes what a host tells. Containers that the host has not reported are left out: nobody could say whose they are. */
  async put({ host, takenAt, sensor, rules, containers }: RuntimeListing): Promise<void> {
    await this.#feed.write(async (transaction, changed) => {
      const known = await transaction
        .selectFrom("containers")
        .select(["id", "repository"])
        .where("host", "=", host)
        .execute();
      const repositories = new Map(known.map(({ id, repository }) => [id, repository]));
      const rows = containers.flatMap(({ containerId, document }) => {
        const repository = repositories.get(containerId);
        if (repository === undefined) return [];
        return [
          {
            host,
            container_id: containerId,
            repository,
            taken_at: takenAt,
            document: JSON.stringify(document),
          },
        ];
      });
      await this.#containers.insert(transaction, rows);
      await transaction
        .deleteFrom("container_runtimes")
        .where("host", "=", host)
        .where("taken_at", "<", new Date(Date.parse(takenAt) - ENDED_AFTER_MS).toISOString())
        .execute();
      const { state, events, dropped, suppressed, unattributed } = sensor;
      const numbers = { events, dropped, suppressed, unattributed };
      const told = { taken_at: takenAt, sensor: JSON.stringify(sensor), state, ...numbers };
      const ruled = rules === undefined ? {} : { rules: JSON.stringify(rules) };
      await transaction
        .insertInto("host_runtimes")
        .values({ host, rules: "[]", ...told, ...ruled })
        .onConflict((conflict) => conflict.column("host").doUpdateSet({ ...told, ...ruled }))
        .execute();
      changed({ kind: "runtime", subject: host });
    });
  }

  async ofContainer(host: string, containerId: string): Promise<StoredContainerRuntime | undefined> {
    const row = await this.#database
      .selectFrom("container_runtimes")
      .selectAll()
      .where("host", "=", host)
      .where("container_id", "=", containerId)
      .executeTakeFirst();
    return row === undefined ? undefined : storedOf(row);
  }

  async ofHost(host: string): Promise<HostRuntime | undefined> {
    const row = await this.#database
      .selectFrom("host_runtimes")
      .selectAll()
      .where("host", "=", host)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      takenAt: row.taken_at,
      sensor: Object(parseJson(row.sensor)),
      rules: Object(parseJson(row.rules)),
    };
  }

  /**
   * What somebody may see of the rules of hosts: each list of rules once, with the hosts that told it. Hosts of one
   * kernel tell the same. No more than `limit` hosts, in the order of their names.
   */
  async rules({
    seen,
    limit,
  }: {
    readonly seen: Visibility;
    readonly limit: number;
  }): Promise<readonly HostRules[]> {
    const rows = await this.#database
      .selectFrom("host_runtimes")
      .innerJoin("hosts", "hosts.name", "host_runtimes.host")
      .select(["host_runtimes.host", "host_runtimes.rules"])
      .where(this.#sight.hosts(seen))
      .where("host_runtimes.rules", "!=", "[]")
      .orderBy("host_runtimes.host")
      .limit(limit)
      .execute();
    const byRules = Map.groupBy(rows, ({ rules }) => rules);
    return [...byRules].map(([rules, hosts]) => ({
      rules: Object(parseJson(rules)),
      hosts: hosts.map(({ host }) => host),
    }));
  }

  /** The sensors of all hosts that told of theirs since a moment. */
  async sensors(since: string): Promise<readonly HostSensor[]> {
    const rows = await this.#database
      .selectFrom("host_runtimes")
      .select(["host", "state", "events", "dropped", "suppressed", "unattributed"])
      .where("taken_at", ">=", since)
      .orderBy("host")
      .execute();
    return rows.map(({ host, state, ...numbers }) => ({
      host,
      state,
      events: Number(numbers.events),
      dropped: Number(numbers.dropped),
      suppressed: Number(numbers.suppressed),
      unattributed: Number(numbers.unattributed),
    }));
  }

  /** What somebody may see of what goes on, the newest first. */
  async visible({
    seen,
    host,
    limit,
  }: {
    readonly seen: Visibility;
    readonly host?: string;
    readonly limit: number;
  }): Promise<readonly StoredContainerRuntime[]> {
    let query = this.#database
      .selectFrom("container_runtimes")
      .selectAll()
      .where(this.#sight.placed(seen, "container_runtimes"));
    if (host !== undefined) query = query.where("host", "=", host);
    const rows = await query.orderBy("taken_at", "desc").orderBy("container_id").limit(limit).execute();
    return rows.map(storedOf);
  }
}

function storedOf(row: Schema["container_runtimes"]): StoredContainerRuntime {
  return {
    host: row.host,
    containerId: row.container_id,
    takenAt: row.taken_at,
    document: Object(parseJson(row.document)),
  };
}
