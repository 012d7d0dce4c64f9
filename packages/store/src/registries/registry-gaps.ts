import type { SoughtList } from "@pratique/core";
import type { Kysely } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { reportWithListsIn } from "../image-row.ts";
import type { Schema } from "../schema.ts";
import type { RegistryJobs } from "./registry-jobs.ts";

/** Reports that are in memory at the same time, packed. */
const IMAGES_AT_ONCE = 50;

/** What came of a look at some of the images. */
export interface GapsFound {
  /** Images that are to be scanned again. */
  readonly asked: number;
  /** Where to go on; undefined where there is nothing more. */
  readonly next: number | undefined;
}

/** The images of registries that were scanned when nobody asked for what is asked for now. */
export class RegistryGaps {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #jobs: RegistryJobs;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, jobs: RegistryJobs) {
    this.#database = database;
    this.#feed = feed;
    this.#jobs = jobs;
  }

  /**
   * Looks at the next few images behind a number, from 0, and has those scanned again of which one of the lists is not
   * known. One that is being scanned now may have been begun before anybody asked: it is scanned once more. What waits
   * is scanned for all that is asked for in any case.
   */
  async close(lists: readonly SoughtList[], after: number): Promise<GapsFound> {
    const rows = await this.#database
      .selectFrom("registry_images")
      .leftJoin("images", "images.image_id", "registry_images.image_id")
      .select([
        "registry_images.number",
        "registry_images.registry",
        "registry_images.state",
        "images.report",
      ])
      .where("registry_images.state", "in", ["scanned", "running"])
      .where("registry_images.number", ">", after)
      .orderBy("registry_images.number")
      .limit(IMAGES_AT_ONCE)
      .execute();
    const lacking: { readonly number: number; readonly registry: string }[] = [];
    for (const { number, registry, state, report } of rows) {
      // One that was never scanned before has no report; one whose report is not kept any more is nobody's concern.
      const isLacking = report === null ? state === "running" : await lacks(report, lists);
      if (isLacking) lacking.push({ number, registry });
    }
    if (lacking.length > 0) await this.#askAgain(lacking);
    const next = rows.length < IMAGES_AT_ONCE ? undefined : rows.at(-1)?.number;
    return { asked: lacking.length, next };
  }

  async #askAgain(images: readonly { readonly number: number; readonly registry: string }[]): Promise<void> {
    const numbers = images.map(({ number }) => number);
    await this.#feed.write(async (transaction, changed) => {
      await transaction
        .updateTable("registry_images")
        .set({ state: "waiting", priority: 0, tries: 0, next_try_ms: 0 })
        .where("number", "in", numbers)
        .where("state", "=", "scanned")
        .execute();
      await transaction
        .updateTable("registry_images")
        .set({ again: 1 })
        .where("number", "in", numbers)
        .where("state", "=", "running")
        .execute();
      for (const registry of new Set(images.map((image) => image.registry))) {
        await this.#jobs.scan(transaction, registry);
        changed({ kind: "registry", subject: registry });
      }
    });
  }
}

/** A report that cannot be read tells of nothing. */
async function lacks(report: Uint8Array, lists: readonly SoughtList[]): Promise<boolean> {
  const known = await reportWithListsIn(report).catch(() => undefined);
  return lists.some((list) => known?.[list] === undefined);
}
