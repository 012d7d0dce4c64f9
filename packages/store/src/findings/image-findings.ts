import { setImmediate } from "node:timers/promises";
import type { Visibility } from "@pratique/access";
import { MiB } from "@pratique/core";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Sight } from "../fleet/sight.ts";
import type { Schema } from "../schema.ts";
import { numberWords } from "./finding-words.ts";
import { type PackedFindings, packFindings, unpackFindings } from "./packed-findings.ts";

/** More than these are read anew each time. A million findings take 12 MiB. */
const MAX_KEPT_BYTES = 64 * MiB;
/** The embedded database reads while everything else waits, so that it is let read a little at a time. */
const IMAGES_AT_ONCE = 16_000;
const READ_AT_ONCE = 250;

/** Packs the findings of an image as they are in the table now. */
export async function packImage(transaction: Transaction<Schema>, imageId: string): Promise<void> {
  const rows = await transaction
    .selectFrom("findings")
    .select(["id", "package_name", "severity", "fixed_version", "known_exploited", "first_seen"])
    .where("image_id", "=", imageId)
    .where("suppressed_by", "is", null)
    .execute();
  const words = await numberWords(
    transaction,
    rows.flatMap(({ id, package_name: name }) => [id, name]),
  );
  const packed = packFindings(
    rows.map((row) => ({
      vulnerability: words.get(row.id) ?? 0,
      package: words.get(row.package_name) ?? 0,
      severity: row.severity,
      fixable: row.fixed_version !== null,
      knownExploited: row.known_exploited === 1,
      firstSeenMs: Date.parse(row.first_seen),
    })),
  );
  await transaction
    .insertInto("image_findings")
    .values({ image_id: imageId, version: 1, packed })
    .onConflict((conflict) =>
      conflict
        .column("image_id")
        .doUpdateSet({ packed, version: sql`image_findings.version + 1` })
        .where("image_findings.packed", "!=", packed),
    )
    .execute();
}

/** Which images. */
export interface ImagesQuery {
  readonly seen: Visibility;
  readonly imageId?: string;
}

interface ImageVersion {
  readonly image_id: string;
  readonly version: number;
}

interface Kept {
  readonly version: number;
  readonly findings: PackedFindings;
}

/**
 * Walks what images have, which no database counts fast enough where it is a part of them. What was read is kept in
 * memory, together with its version: the store says which is the version now, so that servers need not tell each other.
 */
export class ImageFindings {
  readonly #database: Kysely<Schema>;
  readonly #sight: Sight;
  readonly #kept = new Map<string, Kept>();
  #keptBytes = 0;
  /** The versions as they were read last: some 5 MiB where there are 16,000. */
  #listed: { readonly text: string; readonly versions: readonly ImageVersion[] } | undefined;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  /** Calls `visit` for each image that may be seen. */
  async each(query: ImagesQuery, visit: (imageId: string, findings: PackedFindings) => void): Promise<void> {
    let last = "";
    for (;;) {
      const versions = await this.#versions(query, last);
      const missing: string[] = [];
      for (const { image_id: imageId, version } of versions) {
        const kept = this.#kept.get(imageId);
        if (kept?.version === version) visit(imageId, kept.findings);
        else missing.push(imageId);
      }
      await this.#read(missing, visit);
      if (versions.length < IMAGES_AT_ONCE) return;
      last = versions.at(-1)?.image_id ?? "";
      await setImmediate();
    }
  }

  /** As one text, which most often is the one that was read before: so ten thousand rows are not made of it again. */
  async #versions({ seen, imageId }: ImagesQuery, last: string): Promise<readonly ImageVersion[]> {
    let images = this.#database
      .selectFrom("image_findings")
      .select(["image_id", sql<string>`image_id || ' ' || version`.as("entry")])
      .where(this.#sight.images(seen, "image_findings.image_id"))
      .where("image_id", ">", last)
      .orderBy("image_id")
      .limit(IMAGES_AT_ONCE);
    if (imageId !== undefined) images = images.where("image_id", "=", imageId);
    const row = await this.#database
      .selectFrom(images.as("some"))
      .select(sql<string | null>`string_agg(entry, ',' order by image_id)`.as("entries"))
      .executeTakeFirst();
    const text = row?.entries ?? "";
    if (this.#listed?.text === text) return this.#listed.versions;
    const versions = text === "" ? [] : text.split(",").map(versionIn);
    this.#listed = { text, versions };
    return versions;
  }

  async #read(imageIds: readonly string[], visit: (imageId: string, findings: PackedFindings) => void) {
    for (let from = 0; from < imageIds.length; from += READ_AT_ONCE) {
      const rows = await this.#database
        .selectFrom("image_findings")
        .selectAll()
        .where("image_id", "in", imageIds.slice(from, from + READ_AT_ONCE))
        .execute();
      for (const { image_id: imageId, version, packed } of rows) {
        const findings = unpackFindings(packed);
        this.#keep(imageId, { version, findings });
        visit(imageId, findings);
      }
      await setImmediate();
    }
  }

  #keep(imageId: string, kept: Kept): void {
    this.#keptBytes += bytesOf(kept) - bytesOf(this.#kept.get(imageId));
    this.#kept.set(imageId, kept);
    for (const [oldest, old] of this.#kept) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytesOf(old);
    }
  }
}

/** Ids of images are digests, in which there are no spaces and no commas. */
function versionIn(entry: string): ImageVersion {
  const at = entry.indexOf(" ");
  return { image_id: entry.slice(0, at), version: Number(entry.slice(at + 1)) };
}

function bytesOf(kept: Kept | undefined): number {
  return kept === undefined ? 0 : kept.findings.entries.byteLength + kept.findings.times.byteLength;
}
