import { type Kysely, sql, type Transaction } from "kysely";
import { agreeOnLayers } from "../image-layers.ts";
import type { Schema } from "../schema.ts";
import { repositoryOf } from "./repository-name.ts";

/** Where an image was seen, and under which name. */
export interface ImageSighting {
  readonly host: string;
  readonly imageId: string;
  readonly reference: string;
  readonly seenAt: string;
}

/** A repository that an image is from, and some of the hosts that say so; none where that is not known. */
export interface ImageName {
  readonly repository: string;
  readonly hosts: readonly string[];
}

/**
 * Remembers that an image lies on a host, and the repository that it has there. Both decide who sees the image, and
 * with it what other hosts say of it: so a host is believed only where it lists the layers that the image has. Who
 * knows an image id knows nothing of those, and who knows them has the image. False where it is not believed.
 */
export async function noteLocation(
  transaction: Transaction<Schema>,
  { host, imageId: image_id, reference, seenAt: seen_at }: ImageSighting,
): Promise<boolean> {
  if (!(await hasImage(transaction, { host, imageId: image_id }))) return false;
  const columns = { reference, seen_at };
  await transaction
    .insertInto("image_locations")
    .values({ host, image_id, ...columns })
    .onConflict((conflict) => conflict.columns(["image_id", "host"]).doUpdateSet(columns))
    .execute();
  await noteName(transaction, { host, imageId: image_id, repository: repositoryOf(reference) });
  return true;
}

/** Remembers the names that a host's containers gave an image before the host was known to have it. */
export async function noteNamesOfContainers(
  transaction: Transaction<Schema>,
  { host, imageId: image_id }: Pick<ImageSighting, "host" | "imageId">,
): Promise<void> {
  const named = await transaction
    .selectFrom("containers")
    .select("repository")
    .distinct()
    .where("host", "=", host)
    .where("image_id", "=", image_id)
    .where("repository", "is not", null)
    .execute();
  for (const { repository } of named) {
    await noteName(transaction, { host, imageId: image_id, repository: repository ?? undefined });
  }
}

interface Named {
  /** Empty where it is not known. */
  readonly host: string;
  readonly imageId: string;
  readonly repository: string | undefined;
}

/** Remembers the repository that an image is from. */
export async function noteName(
  transaction: Transaction<Schema>,
  { host, imageId: image_id, repository }: Named,
): Promise<void> {
  if (repository === undefined) return;
  await transaction
    .insertInto("image_names")
    .values({ image_id, repository, host })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await transaction
    .insertInto("image_repositories")
    .values({ image_id, repository })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The repositories that an image is from, in their order, each with some of the hosts that say so. */
export async function namesOf(
  database: Kysely<Schema>,
  imageId: string,
  limit: number,
): Promise<readonly ImageName[]> {
  const rows = await database
    .selectFrom("image_names")
    .select(["repository", "host"])
    .where("image_id", "=", imageId)
    .orderBy("repository")
    .orderBy("host")
    .limit(limit)
    .execute();
  const names = new Map<string, string[]>();
  for (const { repository, host } of rows) {
    const hosts = names.get(repository) ?? [];
    if (host !== "") hosts.push(host);
    names.set(repository, hosts);
  }
  return [...names].map(([repository, hosts]) => ({ repository, hosts }));
}

/**
 * Forgets what was said of where an image is before a host told its layers: until then there was nothing that it could
 * have shown to anybody. A host that has the image says so again with its own report.
 */
export async function forgetUnproven(transaction: Transaction<Schema>, imageId: string): Promise<void> {
  const unproven = sql<boolean>`host <> '' and host not in (
    select report.host from image_reports as report inner join images on images.image_id = report.image_id
    where report.image_id = ${imageId}
    and ${agreeOnLayers(sql.ref("report.layers"), sql.ref("images.layers"))})`;
  await transaction.deleteFrom("image_locations").where("image_id", "=", imageId).where(unproven).execute();
  await transaction.deleteFrom("image_names").where("image_id", "=", imageId).where(unproven).execute();
  await dropUnnamed(transaction, [imageId]);
}

/** Forgets the names that a host gave to images; those that others gave as well stay. */
export async function forgetNamesBy(transaction: Transaction<Schema>, host: string): Promise<void> {
  const rows = await transaction
    .deleteFrom("image_names")
    .where("host", "=", host)
    .returning("image_id")
    .execute();
  await dropUnnamed(transaction, [...new Set(rows.map(({ image_id }) => image_id))]);
}

/** Forgets where images were, and their names: nothing else is known of them any more. */
export async function forgetPlacesOf(
  transaction: Transaction<Schema>,
  imageIds: readonly string[],
): Promise<void> {
  if (imageIds.length === 0) return;
  await transaction.deleteFrom("image_locations").where("image_id", "in", imageIds).execute();
  await forgetNamesOfLost(transaction, imageIds);
}

/** Forgets the names of those images that are nowhere. */
export async function forgetNamesOfLost(
  transaction: Transaction<Schema>,
  imageIds: readonly string[],
): Promise<void> {
  if (imageIds.length === 0) return;
  await transaction
    .deleteFrom("image_names")
    .where("image_id", "in", imageIds)
    .where(
      sql<boolean>`not exists (select 1 from image_locations as place where place.image_id = image_names.image_id)`,
    )
    .execute();
  await dropUnnamed(transaction, imageIds);
}

async function dropUnnamed(transaction: Transaction<Schema>, imageIds: readonly string[]): Promise<void> {
  for (const imageId of imageIds) {
    await sql`
      delete from image_repositories where image_id = ${imageId} and not exists (
        select 1 from image_names as name
        where name.image_id = image_repositories.image_id and name.repository = image_repositories.repository)`.execute(
      transaction,
    );
  }
}

async function hasImage(
  transaction: Transaction<Schema>,
  { host, imageId }: Pick<ImageSighting, "host" | "imageId">,
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from images where image_id = ${imageId} and layers <> '' and not exists (
      select 1 from image_reports as report where report.image_id = images.image_id and report.host = ${host}
      and ${agreeOnLayers(sql.ref("report.layers"), sql.ref("images.layers"))})`.execute(transaction);
  return rows.length === 0;
}
