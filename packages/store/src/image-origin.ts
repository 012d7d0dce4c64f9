import { createHash } from "node:crypto";
import type { Visibility } from "@pratique/access";
import { type Digest, parseDigest, type ScanReport } from "@pratique/core";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Sight } from "./fleet/sight.ts";
import type { Schema } from "./schema.ts";

/** An image of the fleet that another was built on: all its layers are the lowest of the other. */
export interface StoredBase {
  readonly imageId: Digest;
  readonly reference: string;
  /** How many of the lowest layers are its own. */
  readonly layers: number;
}

/** Images with more layers are nobody's base here; engines take no more than 127. */
const MAX_LAYERS = 512;

/**
 * The ChainID of each number of the lowest layers (OCI image-spec, config.md, "Layer ChainID"): two images have the same
 * one exactly where they have the same layers so far.
 */
function chainsOf(layers: readonly Digest[]): readonly string[] {
  const chains: string[] = [];
  for (const layer of layers) {
    const below = chains.at(-1);
    const chain =
      below === undefined
        ? layer
        : `sha256:${createHash("sha256").update(`${below} ${layer}`).digest("hex")}`;
    chains.push(chain);
  }
  return chains;
}

/**
 * Remembers what an image is made of. Its layers are those that were told first: an image is the same everywhere, and who
 * says otherwise later does not change what others are built on.
 */
export async function noteOrigins(
  transaction: Transaction<Schema>,
  imageId: string,
  { target }: ScanReport,
): Promise<void> {
  const { layers = [], base } = target;
  const chains = layers.length > MAX_LAYERS || target.layersVerified === false ? [] : chainsOf(layers);
  const known = await transaction
    .selectFrom("image_layers")
    .select("depth")
    .where("image_id", "=", imageId)
    .limit(1)
    .executeTakeFirst();
  if (known === undefined && chains.length > 0) {
    const rows = chains.map((chain, at) => ({
      image_id: imageId,
      depth: at + 1,
      chain,
      whole: at + 1 === chains.length ? 1 : 0,
    }));
    await transaction.insertInto("image_layers").values(rows).execute();
  }
  await transaction.deleteFrom("image_bases").where("image_id", "=", imageId).execute();
  const name = base?.name?.replaceAll("\0", "\uFFFD").toWellFormed();
  if (name === undefined || name === "") return;
  await transaction.insertInto("image_bases").values({ image_id: imageId, name }).execute();
}

/** Forgets it, with the image. */
export async function forgetOrigins(transaction: Transaction<Schema>, imageId: string): Promise<void> {
  await transaction.deleteFrom("image_layers").where("image_id", "=", imageId).execute();
  await transaction.deleteFrom("image_bases").where("image_id", "=", imageId).execute();
}

/**
 * What images are built on, by image id: of the images that may be seen the one with most layers, and of several with the
 * same layers the first by id. Images that are built on none of those are left out.
 */
export async function basesOf(
  database: Kysely<Schema>,
  imageIds: readonly string[],
  { seen, sight }: { readonly seen: Visibility; readonly sight: Sight },
): Promise<ReadonlyMap<string, StoredBase>> {
  if (imageIds.length === 0) return new Map();
  const { rows } = await sql<{ image_id: string; depth: number; base_id: string; reference: string }>`
    select own.image_id, own.depth, base.image_id as base_id, images.reference
    from image_layers as own
    inner join image_layers as base on base.chain = own.chain and base.whole = 1
    inner join images on images.image_id = base.image_id
    where own.whole = 0 and own.image_id in (${sql.join(imageIds)})
      and ${sight.images(seen, "images.image_id")}
    order by own.image_id, own.depth desc, base.image_id`.execute(database);
  const bases = new Map<string, StoredBase>();
  for (const { image_id, depth, base_id, reference } of rows) {
    // The first of an image is the one with most layers.
    if (bases.has(image_id)) continue;
    bases.set(image_id, { imageId: parseDigest(base_id), reference, layers: Number(depth) });
  }
  return bases;
}
