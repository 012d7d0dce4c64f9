import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Sight } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";
import { DetectionRepository } from "./detection-repository.ts";
import { ProfileRepository } from "./profile-repository.ts";
import { ResponseRepository } from "./response-repository.ts";
import { RuntimeRepository } from "./runtime-repository.ts";

/** What happened in running containers, what was done about it, and what goes on in them. */
export class RuntimeStore {
  readonly detections: DetectionRepository;
  readonly responses: ResponseRepository;
  readonly reports: RuntimeRepository;
  readonly profiles: ProfileRepository;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.detections = new DetectionRepository(database, feed, sight);
    this.responses = new ResponseRepository(database, sight);
    this.reports = new RuntimeRepository(database, feed, sight);
    this.profiles = new ProfileRepository(database, feed, sight);
  }
}
