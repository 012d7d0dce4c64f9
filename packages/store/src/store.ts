import { Kysely } from "kysely";
import { AuditStore } from "./audit/audit-store.ts";
import { ChangeFeed } from "./change-feed.ts";
import { fillOrigins } from "./fill-origins.ts";
import { fillFindings } from "./findings/fill-findings.ts";
import { FindingHistory } from "./findings/finding-history.ts";
import { FindingRepository } from "./findings/finding-repository.ts";
import { FindingTimeline } from "./findings/finding-timeline.ts";
import { NewlyAffectedRepository } from "./findings/newly-affected-repository.ts";
import { VulnerabilityRepository } from "./findings/vulnerability-repository.ts";
import { FleetStore } from "./fleet/fleet-store.ts";
import { Sight } from "./fleet/sight.ts";
import { HostRepository } from "./host-repository.ts";
import { ImageRepository } from "./image-repository.ts";
import { ImageStatistics } from "./image-statistics/image-statistics.ts";
import type { JobQueue } from "./jobs/job-queue.ts";
import { LaunchRepository } from "./launch-repository.ts";
import { migrate } from "./migrate.ts";
import { migrations } from "./migrations/migrations.ts";
import { PackageRepository } from "./packages/package-repository.ts";
import { PeopleStore } from "./people/people-store.ts";
import { SignInAttemptRepository } from "./people/sign-in-attempt-repository.ts";
import type { PostgresOptions } from "./postgres/postgres-pool.ts";
import { RecordRepository } from "./record-repository.ts";
import { RegistryStore } from "./registries/registry-store.ts";
import { LegalHoldRepository } from "./retention/legal-hold-repository.ts";
import { RuntimeStore } from "./runtime/runtime-store.ts";
import type { Schema } from "./schema.ts";
import { SettingsStore } from "./settings/settings-store.ts";
import { sqliteDialect } from "./sqlite/sqlite-dialect.ts";
import { Statistics } from "./statistics.ts";
import { connect } from "./store-connection.ts";
import type { StoreDialect } from "./store-dialect.ts";
import { observedJobs, queryLogOf, type StoreObserver } from "./store-observer.ts";

/** Everything that the server remembers. */
export interface Store {
  readonly images: ImageRepository;
  readonly launches: LaunchRepository;
  readonly records: RecordRepository;
  readonly hosts: HostRepository;
  readonly people: PeopleStore;
  /** Absent where one server has the store to itself: it counts attempts in memory. */
  readonly signInAttempts?: SignInAttemptRepository;
  readonly fleet: FleetStore;
  readonly runtime: RuntimeStore;
  readonly settings: SettingsStore;
  readonly registries: RegistryStore;
  readonly audit: AuditStore;
  readonly statistics: Statistics;
  readonly imageStatistics: ImageStatistics;
  readonly findingHistory: FindingHistory;
  readonly findings: FindingRepository;
  readonly vulnerabilities: VulnerabilityRepository;
  readonly newlyAffected: NewlyAffectedRepository;
  readonly packages: PackageRepository;
  readonly timeline: FindingTimeline;
  readonly legalHolds: LegalHoldRepository;
  readonly changes: ChangeFeed;
  readonly jobs: JobQueue;
  close(): Promise<void>;
}

/** Which database: a file of this server's own, or a PostgreSQL that servers share. */
export type StoreOptions =
  | {
      /** The database file; its directory exists. */
      readonly file: string;
      /**
       * Threads that answer what takes long; without any, one connection does everything, one after the other. For a
       * program that serves many at once.
       */
      readonly readerThreads?: number;
    }
  | {
      /** A `postgres://` URL, or one with limits. */
      readonly postgres: string | PostgresOptions;
    };

/**
 * Opens the store, and brings its tables to the newest form. Throws StoreError: `STORE_CORRUPT`, `STORE_TOO_NEW`,
 * `STORE_FULL`, `STORE_UNAVAILABLE`; every call to the repositories may do so as well.
 */
export async function openStore(options: StoreOptions, observer?: StoreObserver): Promise<Store> {
  const dialect = await dialectOf(options);
  const database = new Kysely<Schema>({
    dialect: dialect.dialect,
    ...(observer !== undefined && { log: queryLogOf(observer) }),
  });
  const changes = new ChangeFeed(database, dialect);
  try {
    await migrate(database, { dialect, migrations });
    await fillFindings(changes);
    await fillOrigins(changes);
    await changes.start();
  } catch (thrown) {
    await database.destroy();
    throw thrown;
  }
  const sight = new Sight(dialect);
  const jobs =
    observer === undefined ? dialect.jobs(database) : observedJobs(dialect.jobs(database), observer);
  const store: Store = {
    images: new ImageRepository(database, changes, sight),
    launches: new LaunchRepository(database, sight),
    records: new RecordRepository(changes),
    hosts: new HostRepository(database, changes, sight),
    people: new PeopleStore(database, changes),
    ...(dialect.isShared === true && { signInAttempts: new SignInAttemptRepository(database) }),
    fleet: new FleetStore(database, changes, sight),
    runtime: new RuntimeStore(database, changes, sight),
    settings: new SettingsStore(database, { feed: changes, dialect }),
    registries: new RegistryStore(database, changes, { sight, jobs, dialect }),
    audit: new AuditStore(database, changes, dialect),
    statistics: new Statistics(database, sight),
    imageStatistics: new ImageStatistics(database, sight),
    findingHistory: new FindingHistory(database),
    findings: new FindingRepository(database, sight),
    vulnerabilities: new VulnerabilityRepository(database, sight),
    newlyAffected: new NewlyAffectedRepository(database, sight),
    packages: new PackageRepository(database, changes),
    timeline: new FindingTimeline(database, changes),
    legalHolds: new LegalHoldRepository(database, changes),
    changes,
    jobs,
    close: async () => {
      await dialect.announcements.close();
      await database.destroy();
    },
  };
  return connect(store, { database, dialect });
}

async function dialectOf(options: StoreOptions): Promise<StoreDialect> {
  if ("file" in options) return sqliteDialect(options.file, options.readerThreads ?? 0);
  // Loaded when it is asked for: most servers have a file.
  const { postgresDialect } = await import("./postgres/postgres-dialect.ts");
  return postgresDialect(typeof options.postgres === "string" ? { url: options.postgres } : options.postgres);
}
