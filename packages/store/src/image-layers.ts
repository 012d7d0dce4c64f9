import { createHash } from "node:crypto";
import type { ScanReport } from "@pratique/core";
import { type RawBuilder, type SqlBool, sql } from "kysely";

/** Of SHA-256 in base64url. */
const HASH_LENGTH = 43;

/**
 * A hash of the layers that a report lists, in their order; behind it the platform, where the image id may be the digest
 * of a manifest. In the containerd image store it may then be that of an index, and one id stands for an image of each
 * platform. An image that was never pulled has no digest but its id: of that one cannot tell.
 */
export function layersOf({ target }: ScanReport): string {
  const hash = createHash("sha256")
    .update(JSON.stringify(target.layers ?? []))
    .digest("base64url");
  const mayBeIndex = target.imageId !== undefined && target.imageId === target.digest;
  return mayBeIndex ? `${hash}${target.platform ?? ""}` : hash;
}

/**
 * True where two hosts may both be right: they list the same layers, or those of different platforms; or one said it
 * before that was kept. Where the id is the digest of a configuration, there is one platform.
 */
export function agreeOnLayers(left: RawBuilder<unknown>, right: RawBuilder<unknown>): RawBuilder<SqlBool> {
  const same = sql`${hashIn(left)} = ${hashIn(right)}`;
  return sql<SqlBool>`(${same} or ${left} = '' or ${right} = '' or ${areOfTwoPlatforms(left, right)})`;
}

/** True where two reports may be of images of different platforms, which have one id. */
export function areOfTwoPlatforms(
  left: RawBuilder<unknown>,
  right: RawBuilder<unknown>,
): RawBuilder<SqlBool> {
  const [one, other] = [platformIn(left), platformIn(right)];
  return sql<SqlBool>`(${one} <> ${other} and ${one} <> '' and ${other} <> '')`;
}

/** The hash in what {@link layersOf} gives. */
export function hashIn(layers: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`substr(${layers}, 1, ${sql.lit(HASH_LENGTH)})`;
}

/** The platform in what {@link layersOf} gives; empty where the id stands for one alone. */
export function platformIn(layers: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`substr(${layers}, ${sql.lit(HASH_LENGTH + 1)})`;
}
