import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import type { Schema } from "../schema.ts";
import {
  type ImageName,
  type ImageSighting,
  namesOf,
  noteLocation,
  noteName,
  noteNamesOfContainers,
} from "./image-names.ts";
import { repositoryOf } from "./repository-name.ts";

/** Where an image lies. */
export interface ImageLocation {
  readonly host: string;
  readonly reference: string;
  /** ISO 8601, UTC. */
  readonly seenAt: string;
}

/** On which hosts images lie, and from which repositories they are. */
export class ImageLocationRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** Remembers that an image lies on a host under a name, where the host has shown that it has the image. */
  async note(sighting: ImageSighting): Promise<void> {
    await this.#feed.write(async (transaction) => {
      if (await noteLocation(transaction, sighting)) await noteNamesOfContainers(transaction, sighting);
    });
  }

  /** Remembers a name of an image of which it is not known where it lies. */
  async noteName(imageId: string, reference: string): Promise<void> {
    await this.#feed.write((transaction) =>
      noteName(transaction, { host: "", imageId, repository: repositoryOf(reference) }),
    );
  }

  /** Where an image lies, the place where it was seen last first, at most `limit`. */
  async of(imageId: string, limit: number): Promise<readonly ImageLocation[]> {
    const rows = await this.#database
      .selectFrom("image_locations")
      .select(["host", "reference", "seen_at"])
      .where("image_id", "=", imageId)
      .orderBy("seen_at", "desc")
      .orderBy("host")
      .limit(limit)
      .execute();
    return rows.map(({ host, reference, seen_at }) => ({ host, reference, seenAt: seen_at }));
  }

  /** The repositories that an image is from, and who says so: at most `limit` such sayings. */
  async names(imageId: string, limit: number): Promise<readonly ImageName[]> {
    return await namesOf(this.#database, imageId, limit);
  }

  /** The repositories that an image is from, with their registries. */
  async repositories(imageId: string): Promise<readonly string[]> {
    const rows = await this.#database
      .selectFrom("image_repositories")
      .select("repository")
      .where("image_id", "=", imageId)
      .orderBy("repository")
      .execute();
    return rows.map(({ repository }) => repository);
  }
}
