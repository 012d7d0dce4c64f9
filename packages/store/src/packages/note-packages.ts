import { createHash } from "node:crypto";
import { advisoryNames, type PackageInstance, packageInstances, type ScanReport } from "@pratique/core";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Schema } from "../schema.ts";
import { packPackages, unpackPackages } from "./packed-packages.ts";

/** Hashes in one statement: below what either database takes as parameters. */
const AT_ONCE = 500;

/** A package as the store knows it again. */
interface HashedInstance {
  readonly hash: string;
  readonly instance: PackageInstance;
}

/** The packages of a report, each with what it is known by. */
export type HashedInstances = readonly HashedInstance[];

/** To be made outside of a transaction: hundreds of hashes. */
export function hashInstances(report: ScanReport): HashedInstances {
  return packageInstances(report).map((instance) => {
    // JSON escapes what not every database can store.
    const document = JSON.stringify(instance);
    return { hash: createHash("sha256").update(document).digest("base64url"), instance };
  });
}

export interface NotedPackages {
  readonly imageId: string;
  readonly instances: HashedInstances;
  /** ISO 8601: when the newest advisories were built that the report was made by; empty where that is not known. */
  readonly advisoriesAt: string;
  /** ISO 8601: since when the image has to be held against newer advisories; empty where it has not. */
  readonly due: string;
}

/** Tells of a row of findings whether the image had its package before; nothing is known where it is undefined. */
export type HadPackage = (row: {
  readonly package_name: string;
  readonly package_version: string;
  readonly package_type: string;
}) => boolean;

/** Writes down which packages an image has. Gives which of them it had before. */
export async function notePackages(
  transaction: Transaction<Schema>,
  { imageId: image_id, instances, advisoriesAt: advisories_at, due }: NotedPackages,
): Promise<HadPackage | undefined> {
  const before = await transaction
    .selectFrom("image_packages")
    .selectAll()
    .where("image_id", "=", image_id)
    .executeTakeFirst();
  const numbers = await numberInstances(transaction, instances);
  const packed = packPackages(instances.map(({ hash }) => numbers.get(hash) ?? 0));
  const isSame =
    before !== undefined &&
    before.advisories_at === advisories_at &&
    before.due === due &&
    Buffer.compare(before.packed, packed) === 0;
  if (!isSame) {
    const columns = { advisories_at, due, packed };
    await transaction
      .insertInto("image_packages")
      .values({ image_id, ...columns })
      .onConflict((conflict) => conflict.column("image_id").doUpdateSet(columns))
      .execute();
  }
  return before && hadPackage(new Set(unpackPackages(before.packed)), { instances, numbers });
}

function hadPackage(
  held: ReadonlySet<number>,
  {
    instances,
    numbers,
  }: { readonly instances: HashedInstances; readonly numbers: ReadonlyMap<string, number> },
): HadPackage {
  const known = new Set(
    instances
      .filter(({ hash }) => held.has(numbers.get(hash) ?? 0))
      .map(({ instance: { package: found } }) => keyOf(found.name, found.version, found.type)),
  );
  return (row) => known.has(keyOf(row.package_name, row.package_version, row.package_type));
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts.map(storable));
}

/** The numbers of packages by their hashes; those that have none get one. */
async function numberInstances(
  transaction: Transaction<Schema>,
  instances: HashedInstances,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Map(instances.map((each) => [each.hash, each])).values()];
  const numbers = new Map<string, number>();
  for (let from = 0; from < wanted.length; from += AT_ONCE) {
    const some = wanted.slice(from, from + AT_ONCE);
    const hashes = some.map(({ hash }) => hash);
    const known = await transaction
      .selectFrom("package_instances")
      .select(["number", "hash"])
      .where("hash", "in", hashes)
      .execute();
    for (const { number, hash } of known) numbers.set(hash, Number(number));
    await addInstances(
      transaction,
      some.filter(({ hash }) => !numbers.has(hash)),
      numbers,
    );
  }
  return numbers;
}

async function addInstances(
  transaction: Transaction<Schema>,
  missing: HashedInstances,
  numbers: Map<string, number>,
): Promise<void> {
  if (missing.length === 0) return;
  const made = await transaction
    .insertInto("package_instances")
    .values(missing.map(({ hash, instance }) => ({ hash, document: JSON.stringify(instance) })))
    .returning(["number", "hash"])
    .execute();
  for (const { number, hash } of made) numbers.set(hash, Number(number));
  const rows = missing.flatMap(({ hash, instance }) =>
    namesOf(instance).map((name) => ({ name, instance: numbers.get(hash) ?? 0 })),
  );
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    await transaction
      .insertInto("package_names")
      .values(rows.slice(from, from + AT_ONCE))
      .execute();
  }
}

/** The names under which advisories may say something that matters for an instance. */
function namesOf({ package: found, owner }: PackageInstance): readonly string[] {
  const names = owner === undefined ? [] : advisoryNames(owner);
  return [...new Set([...advisoryNames(found), ...names].map(storable))];
}

function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

/** Forgets which packages images have that are not kept any more. */
export async function forgetPackagesOf(
  transaction: Transaction<Schema>,
  imageIds: readonly string[],
): Promise<void> {
  if (imageIds.length === 0) return;
  await transaction.deleteFrom("image_packages").where("image_id", "in", imageIds).execute();
}

/** Forgets packages that no image has any more. Gives how many. */
export async function forgetUnusedPackages(transaction: Transaction<Schema>): Promise<number> {
  const used = new Set<number>();
  let last = "";
  for (;;) {
    const rows = await transaction
      .selectFrom("image_packages")
      .select(["image_id", "packed"])
      .where("image_id", ">", last)
      .orderBy("image_id")
      .limit(AT_ONCE)
      .execute();
    for (const { packed } of rows) for (const number of unpackPackages(packed)) used.add(number);
    last = rows.at(-1)?.image_id ?? "";
    if (rows.length < AT_ONCE) break;
  }
  const all = await transaction.selectFrom("package_instances").select("number").execute();
  const unused = all.map(({ number }) => Number(number)).filter((number) => !used.has(number));
  for (let from = 0; from < unused.length; from += AT_ONCE) {
    const some = unused.slice(from, from + AT_ONCE);
    await transaction.deleteFrom("package_names").where("instance", "in", some).execute();
    await transaction.deleteFrom("package_instances").where("number", "in", some).execute();
  }
  return unused.length;
}

/** The document of settings that says which advisories the store is brought up to. */
export const APPLIED_ADVISORIES = "advisories.applied";

/** When the advisories were built that all images are held against, ISO 8601; empty where there are none. */
export async function appliedAdvisoriesAt(database: Kysely<Schema>): Promise<string> {
  const row = await database
    .selectFrom("settings")
    .select("value")
    .where("name", "=", sql.lit(APPLIED_ADVISORIES))
    .executeTakeFirst();
  const value: unknown = row === undefined ? undefined : JSON.parse(row.value);
  const isKnown = typeof value === "object" && value !== null && "builtAt" in value;
  return isKnown && typeof value.builtAt === "string" ? value.builtAt : "";
}
