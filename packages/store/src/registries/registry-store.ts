import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Sight } from "../fleet/sight.ts";
import type { JobQueue } from "../jobs/job-queue.ts";
import type { Schema } from "../schema.ts";
import type { StoreDialect } from "../store-dialect.ts";
import { LayerIndexRepository } from "./layer-index-repository.ts";
import { RegistryGaps } from "./registry-gaps.ts";
import { RegistryJobs } from "./registry-jobs.ts";
import { RegistryListings } from "./registry-listings.ts";
import { RegistryQueue } from "./registry-queue.ts";
import { RegistryRepository } from "./registry-repository.ts";

/** Registries that are scanned as a whole: what was set up, who lists them, and the queue of their images. */
export class RegistryStore {
  readonly settings: RegistryRepository;
  readonly listings: RegistryListings;
  readonly queue: RegistryQueue;
  readonly gaps: RegistryGaps;
  /** Absent where one server has the store to itself: what it reads of layers lies in its files. */
  readonly layerIndexes?: LayerIndexRepository;

  constructor(
    database: Kysely<Schema>,
    feed: ChangeFeed,
    options: {
      readonly sight: Sight;
      readonly jobs: JobQueue;
      readonly dialect: Pick<StoreDialect, "nowMs" | "isShared">;
    },
  ) {
    const { sight, dialect } = options;
    const { nowMs, isShared } = dialect;
    const jobs = new RegistryJobs(options.jobs, nowMs);
    this.settings = new RegistryRepository(database, feed, { jobs, nowMs });
    this.listings = new RegistryListings(database, feed, { jobs, nowMs });
    this.queue = new RegistryQueue(database, feed, { sight, jobs, nowMs });
    this.gaps = new RegistryGaps(database, feed, jobs);
    if (isShared === true) this.layerIndexes = new LayerIndexRepository(database, { nowMs });
  }
}
