import type { Visibility } from "@pratique/access";
import type { Severity } from "@pratique/core";
import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Sight } from "./fleet/sight.ts";
import { countLaunches, type LaunchCount } from "./launch-hours.ts";
import type { Schema } from "./schema.ts";

/** Sums over all images. */
export interface ImageStatistics {
  readonly total: number;
  /** Images by the worst severity among their findings. */
  readonly worst: Readonly<Record<Severity, number>>;
  /** Assessed completely, and without findings. */
  readonly clean: number;
  readonly notAssessed: number;
  readonly findings: Readonly<Record<Severity, number>>;
}

/** Sums over the hosts. */
export interface HostStatistics {
  readonly total: number;
  readonly reporting: number;
  readonly silent: number;
  /** Of those that report. */
  readonly enforcing: number;
  readonly gateDown: number;
  readonly notEnforcing: number;
  readonly cloned: number;
  /** Of those that report: hosts with policies that cannot be read. */
  readonly policyErrors: number;
  /** Of those that report: hosts that judge by old advisories. */
  readonly advisoriesStale: number;
}

/** Sums over the sensors of hosts that report. */
export interface SensorStatistics {
  readonly running: number;
  readonly failed: number;
  /** Not told of any more, though the host reports. */
  readonly silent: number;
}

/** Sums over the containers that run. */
export interface ContainerStatistics {
  readonly running: number;
  /** Their image has a critical finding. */
  readonly withCritical: number;
  /** Their image has a finding that is known to be exploited. */
  readonly withExploited: number;
}

/** What the overview counts. */
export class Statistics {
  readonly #database: Kysely<Schema>;

  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  async images(seen: Visibility): Promise<ImageStatistics> {
    const row = await this.#database
      .selectFrom("images")
      .where(this.#sight.images(seen, "images.image_id"))
      .select(({ fn }) => [
        fn.countAll().as("total"),
        fn.sum("critical").as("critical"),
        fn.sum("high").as("high"),
        fn.sum("medium").as("medium"),
        fn.sum("low").as("low"),
        fn.sum("negligible").as("negligible"),
        fn.sum("unknown").as("unknown"),
        countWhere("assessment <> 'complete'").as("notAssessed"),
        countWhere("assessment = 'complete' and weight = 0 and unknown = 0").as("clean"),
        countWhere("critical > 0").as("worstCritical"),
        countWhere("critical = 0 and high > 0").as("worstHigh"),
        countWhere("critical + high = 0 and medium > 0").as("worstMedium"),
        countWhere("critical + high + medium = 0 and low > 0").as("worstLow"),
        countWhere("critical + high + medium + low = 0 and negligible > 0").as("worstNegligible"),
        countWhere("weight = 0 and unknown > 0").as("worstUnknown"),
      ])
      .executeTakeFirstOrThrow();
    return {
      total: Number(row.total),
      notAssessed: Number(row.notAssessed),
      clean: Number(row.clean),
      worst: {
        critical: Number(row.worstCritical),
        high: Number(row.worstHigh),
        medium: Number(row.worstMedium),
        low: Number(row.worstLow),
        negligible: Number(row.worstNegligible),
        unknown: Number(row.worstUnknown),
      },
      findings: {
        critical: Number(row.critical),
        high: Number(row.high),
        medium: Number(row.medium),
        low: Number(row.low),
        negligible: Number(row.negligible),
        unknown: Number(row.unknown),
      },
    };
  }

  /** Sums over the hosts; an agent that was last heard before `silentBefore` does not report. */
  async hosts(seen: Visibility, silentBefore: string): Promise<HostStatistics> {
    const row = await this.#database
      .selectFrom("hosts")
      .where(this.#sight.hosts(seen))
      .select(({ fn }) => [
        fn.countAll().as("total"),
        hostsWhere(sql`heard_at >= ${silentBefore}`).as("reporting"),
        hostsWhere(sql`heard_at <> '' and heard_at < ${silentBefore} and identity_state <> 'revoked'`).as(
          "silent",
        ),
        hostsWhere(sql`heard_at >= ${silentBefore} and gate = 'enforcing'`).as("enforcing"),
        hostsWhere(sql`heard_at >= ${silentBefore} and gate = 'down'`).as("gateDown"),
        hostsWhere(sql`heard_at >= ${silentBefore} and gate in ('observing', 'not-installed')`).as(
          "notEnforcing",
        ),
        hostsWhere(sql`identity_state = 'cloned'`).as("cloned"),
        hostsWhere(sql`heard_at >= ${silentBefore} and policy_errors > 0`).as("policyErrors"),
        hostsWhere(sql`heard_at >= ${silentBefore} and advisories_stale = 1`).as("advisoriesStale"),
      ])
      .executeTakeFirstOrThrow();
    return {
      total: Number(row.total),
      reporting: Number(row.reporting),
      silent: Number(row.silent),
      enforcing: Number(row.enforcing),
      gateDown: Number(row.gateDown),
      notEnforcing: Number(row.notEnforcing),
      cloned: Number(row.cloned),
      policyErrors: Number(row.policyErrors),
      advisoriesStale: Number(row.advisoriesStale),
    };
  }

  /** How the sensors are of the hosts that report; one that was told of before `silentBefore` is `silent`. */
  async sensors(seen: Visibility, silentBefore: string): Promise<SensorStatistics> {
    const row = await this.#database
      .selectFrom("hosts")
      .innerJoin("host_runtimes", "host_runtimes.host", "hosts.name")
      .where(this.#sight.hosts(seen))
      .where("hosts.heard_at", ">=", silentBefore)
      .select([
        hostsWhere(sql`taken_at >= ${silentBefore} and state = 'running'`).as("running"),
        hostsWhere(sql`taken_at >= ${silentBefore} and state = 'failed'`).as("failed"),
        hostsWhere(sql`taken_at < ${silentBefore} and state <> 'off'`).as("silent"),
      ])
      .executeTakeFirstOrThrow();
    return { running: Number(row.running), failed: Number(row.failed), silent: Number(row.silent) };
  }

  /** How many hosts have a certificate that ends before a moment, ISO 8601. */
  async certificatesEndingBefore(moment: string, seen: Visibility): Promise<number> {
    const row = await this.#database
      .selectFrom("hosts")
      .where(this.#sight.hosts(seen))
      .where("identity_state", "in", ["valid", "cloned"])
      .where("certificate_expires_at", "<", moment)
      .select(({ fn }) => fn.countAll().as("hosts"))
      .executeTakeFirstOrThrow();
    return Number(row.hosts);
  }

  /** Running containers, all and by what their images have. */
  async containers(seen: Visibility): Promise<ContainerStatistics> {
    // Many containers run one image: it is looked up once.
    const counted = this.#database
      .selectFrom("containers")
      .where(this.#sight.placed(seen, "containers"))
      .where("state", "=", "running")
      .groupBy("image_id")
      .select(({ fn }) => ["image_id", fn.countAll<number>().as("running")]);
    const row = await this.#database
      .selectFrom(counted.as("counted"))
      .leftJoin("images", "images.image_id", "counted.image_id")
      .select(({ fn }) => [
        fn.sum("running").as("running"),
        runningWhere("images.critical > 0").as("withCritical"),
        runningWhere("images.known_exploited > 0").as("withExploited"),
      ])
      .executeTakeFirstOrThrow();
    return {
      running: Number(row.running ?? 0),
      withCritical: Number(row.withCritical),
      withExploited: Number(row.withExploited),
    };
  }

  /** Launches by hour and outcome, from the hour of a moment on, in that order. */
  async launchesSince(time: string, seen: Visibility): Promise<readonly LaunchCount[]> {
    return await countLaunches(this.#database, { since: time, seen, sight: this.#sight });
  }
}

function hostsWhere(condition: RawBuilder<SqlBool>) {
  return sql<number>`coalesce(sum(case when ${condition} then 1 else 0 end), 0)`;
}

/** The condition is one of the constants above, never text from outside. */
function countWhere(condition: string) {
  return sql<number>`coalesce(sum(case when ${sql.raw(condition)} then 1 else 0 end), 0)`;
}

/** Likewise, of the containers that run an image. */
function runningWhere(condition: string) {
  return sql<number>`coalesce(sum(case when ${sql.raw(condition)} then running else 0 end), 0)`;
}
