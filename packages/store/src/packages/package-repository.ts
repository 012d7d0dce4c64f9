import { setImmediate } from "node:timers/promises";
import { type Digest, type PackageInstance, parseDigest } from "@pratique/core";
import { type Kysely, sql } from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { countDifferences, type ImageDifference } from "../findings/count-vulnerabilities.ts";
import { affectedRowOf, keyOf, type NewFinding, rankOf } from "../findings/finding-row.ts";
import { builtAtOf } from "../image-dispute.ts";
import { reportIn } from "../image-row.ts";
import { RowInserter } from "../insert-rows.ts";
import type { Schema } from "../schema.ts";
import { hashInstances, notePackages } from "./note-packages.ts";
import { unpackPackages } from "./packed-packages.ts";

/** A package as some images have it, with its number. */
export interface StoredInstance {
  readonly number: number;
  readonly instance: PackageInstance;
}

/** Which packages an image has. */
export interface ImagePackages {
  readonly imageId: Digest;
  /** ISO 8601: when the newest advisories were built that its findings come from; empty where it is not known. */
  readonly advisoriesAt: string;
  /** By the numbers of the instances, sorted; one that lies in several places is there as often. */
  readonly numbers: Uint32Array;
}

/** Something that advisories now say of a package. */
type AffectedFinding = Parameters<typeof affectedRowOf>[0];

/** What advisories now say of some packages of an image. */
export interface AffectedImage {
  readonly imageId: Digest;
  readonly found: readonly {
    readonly package: PackageInstance["package"];
    readonly findings: readonly AffectedFinding[];
  }[];
}

export interface AffectOptions {
  /** ISO 8601: since when this is known. */
  readonly at: string;
  /** Whether listeners of changes hear of each image now; else they do when its report is renewed. */
  readonly tells: boolean;
}

/** What is in one statement: below what either database takes as parameters. */
const AT_ONCE = 500;
const IMAGES_AT_ONCE = 2_000;
const FILLED_AT_ONCE = 20;

const findingColumns = [
  "image_id",
  "id",
  "package_name",
  "package_version",
  "package_type",
  "severity",
  "status",
  "fixed_version",
  "known_exploited",
  "epss",
  "source",
  "first_seen",
  "suppressed_by",
  "affected_at",
  "risk",
  "open_since",
] as const;

/**
 * Which images have which packages, so that what new advisories say of some need not be sought in all. Advisories name
 * packages; names lead to instances by an index, and instances to images by a walk over all images, whose packages are
 * packed to 4 bytes each: a million of them are walked in a few milliseconds.
 */
export class PackageRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #findings = new RowInserter("findings", findingColumns);

  constructor(database: Kysely<Schema>, feed: ChangeFeed) {
    this.#database = database;
    this.#feed = feed;
  }

  /** The instances of which advisories under any of some names may speak. Names are folded: see `advisoryNames`. */
  async named(names: readonly string[]): Promise<readonly StoredInstance[]> {
    const found = new Map<number, StoredInstance>();
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const rows = await this.#database
        .selectFrom("package_names")
        .innerJoin("package_instances", "package_instances.number", "package_names.instance")
        .select(["package_instances.number", "package_instances.document"])
        .where("package_names.name", "in", names.slice(from, from + AT_ONCE))
        .execute();
      for (const row of rows) found.set(Number(row.number), storedInstanceOf(row));
      await setImmediate();
    }
    return [...found.values()];
  }

  /** Calls `visit` for each instance that there is. */
  async eachInstance(visit: (stored: StoredInstance) => void): Promise<void> {
    for (let last = 0; ; ) {
      const rows = await this.#database
        .selectFrom("package_instances")
        .select(["number", "document"])
        .where("number", ">", last)
        .orderBy("number")
        .limit(IMAGES_AT_ONCE)
        .execute();
      for (const row of rows) visit(storedInstanceOf(row));
      last = Number(rows.at(-1)?.number ?? 0);
      if (rows.length < IMAGES_AT_ONCE) return;
      await setImmediate();
    }
  }

  /** Calls `visit` for each image, with what it has. */
  async eachImage(visit: (image: ImagePackages) => void): Promise<void> {
    for (let last = ""; ; ) {
      const rows = await this.#database
        .selectFrom("image_packages")
        .select(["image_id", "advisories_at", "packed"])
        .where("image_id", ">", last)
        .orderBy("image_id")
        .limit(IMAGES_AT_ONCE)
        .execute();
      for (const { image_id: imageId, advisories_at: advisoriesAt, packed } of rows) {
        visit({ imageId: parseDigest(imageId), advisoriesAt, numbers: unpackPackages(packed) });
      }
      last = rows.at(-1)?.image_id ?? "";
      if (rows.length < IMAGES_AT_ONCE) return;
      await setImmediate();
    }
  }

  /** The images that some container runs now. */
  async running(): Promise<ReadonlySet<string>> {
    const rows = await this.#database
      .selectFrom("containers")
      .select("image_id")
      .distinct()
      .where("state", "=", sql.lit("running"))
      .where("image_id", "is not", null)
      .execute();
    return new Set(rows.map(({ image_id: imageId }) => imageId ?? ""));
  }

  /**
   * Adds to images what advisories now say of their packages, and marks them as due: what else follows is written when
   * their reports are renewed. What an image has already stays as it is, so that the same may be added twice; to one that is
   * not there any more nothing is added. Gives how many findings were added.
   */
  async affect(images: readonly AffectedImage[], { at, tells }: AffectOptions): Promise<number> {
    const wanted = images.map((image) => ({ image, rows: rowsOf(image, at) }));
    return await this.#feed.write(async (transaction, changed) => {
      const there = await imagesAmong(transaction, images);
      const held = await heldFindings(transaction, wanted);
      const differences: ImageDifference[] = [];
      const added: (NewFinding & { readonly image_id: string })[] = [];
      for (const { image, rows } of wanted) {
        if (!there.has(image.imageId)) continue;
        const before = held.get(image.imageId) ?? [];
        const keys = new Set(before.map(keyOf));
        const fresh = rows.filter((row) => !keys.has(keyOf(row)));
        if (fresh.length === 0) continue;
        added.push(...fresh.map((row) => ({ ...row, image_id: image.imageId, open_since: at })));
        differences.push({ before, after: [...before, ...fresh] });
        if (tells) changed({ kind: "newly-affected", subject: image.imageId });
      }
      await this.#findings.insert(transaction, added);
      await notePackageNames(transaction, differences);
      await countDifferences(transaction, differences);
      await markDue(transaction, images, at);
      return added.length;
    });
  }

  /** Marks images, or all of them, as due to be held against newer advisories. */
  async markDue(at: string, imageIds?: readonly Digest[]): Promise<void> {
    await this.#feed.write(async (transaction) => {
      if (imageIds !== undefined) {
        await markDue(
          transaction,
          imageIds.map((imageId) => ({ imageId })),
          at,
        );
        return;
      }
      await transaction.updateTable("image_packages").set({ due: at }).where("due", "=", "").execute();
    });
  }

  /** Some of the images that are due, those first that some container runs. */
  async due(limit: number): Promise<readonly Digest[]> {
    const { rows } = await sql<{ image_id: string }>`
      select image_id from image_packages where due <> ''
      order by case when exists (
        select 1 from containers
        where containers.image_id = image_packages.image_id and containers.state = 'running'
      ) then 0 else 1 end, image_id
      limit ${limit}`.execute(this.#database);
    return rows.map(({ image_id: imageId }) => parseDigest(imageId));
  }

  /** How many images are due. */
  async countDue(): Promise<number> {
    const { rows } = await sql<{ total: number | string }>`
      select count(*) as total from image_packages where due <> ''`.execute(this.#database);
    return Number(rows[0]?.total ?? 0);
  }

  /** Takes an image off those that are due: nothing is known of it that could be renewed. */
  async skip(imageId: Digest): Promise<void> {
    await this.#database
      .updateTable("image_packages")
      .set({ due: "" })
      .where("image_id", "=", imageId)
      .execute();
  }

  /**
   * Notes the packages of some images whose reports were stored before that was done, or came from a backup; they are
   * due then. Gives how many images there were.
   */
  async fill(at: string): Promise<number> {
    const rows = await this.#database
      .selectFrom("images")
      .select(["image_id", "report"])
      .where("image_id", "not in", (builder) =>
        builder.selectFrom("image_packages").select("image_packages.image_id"),
      )
      .limit(FILLED_AT_ONCE)
      .execute();
    for (const { image_id: imageId, report: bytes } of rows) {
      const report = await reportIn(bytes).catch(() => undefined);
      // One that cannot be read says nothing until the next scan.
      const instances = report === undefined ? [] : hashInstances(report);
      const advisoriesAt = report === undefined ? "" : builtAtOf(report, at).iso;
      await this.#feed.write(async (transaction) => {
        const known = await transaction
          .selectFrom("image_packages")
          .select("image_id")
          .where("image_id", "=", imageId)
          .executeTakeFirst();
        if (known !== undefined) return;
        const due = report === undefined ? "" : at;
        await notePackages(transaction, { imageId, instances, advisoriesAt, due });
      });
    }
    return rows.length;
  }
}

function storedInstanceOf(row: { readonly number: number; readonly document: string }): StoredInstance {
  // The text is what notePackages wrote.
  return { number: Number(row.number), instance: JSON.parse(row.document) as PackageInstance };
}

/** Those of one package that lies in several places become one: the worst. */
function rowsOf({ found }: AffectedImage, at: string): readonly NewFinding[] {
  const rows = new Map<string, NewFinding>();
  for (const { package: installed, findings } of found) {
    for (const finding of findings) {
      const row = affectedRowOf(finding, installed, at);
      const other = rows.get(keyOf(row));
      if (other === undefined || rankOf(finding.severity) > other.severity) rows.set(keyOf(row), row);
    }
  }
  return [...rows.values()];
}

interface Wanted {
  readonly image: AffectedImage;
  readonly rows: readonly NewFinding[];
}

/** Those that there are: what is found in one may take longer than it is kept. */
async function imagesAmong(
  database: Kysely<Schema>,
  images: readonly { readonly imageId: Digest }[],
): Promise<ReadonlySet<string>> {
  const there = new Set<string>();
  for (let from = 0; from < images.length; from += AT_ONCE) {
    const some = images.slice(from, from + AT_ONCE).map(({ imageId }) => imageId);
    const rows = await database
      .selectFrom("images")
      .select("image_id")
      .where("image_id", "in", some)
      .execute();
    for (const { image_id: imageId } of rows) there.add(imageId);
  }
  return there;
}

/** All that images have of the vulnerabilities that are to be added, in whatever package. */
async function heldFindings(
  database: Kysely<Schema>,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<string, readonly NewFinding[]>> {
  const pairs = wanted.flatMap(({ image, rows }) =>
    [...new Set(rows.map(({ id }) => id))].map((id) => ({ imageId: image.imageId, id })),
  );
  const held = new Map<string, NewFinding[]>();
  for (let from = 0; from < pairs.length; from += AT_ONCE) {
    const some = pairs.slice(from, from + AT_ONCE).map(({ imageId, id }) => sql`(${imageId}, ${id})`);
    const { rows } = await sql<NewFinding & { image_id: string }>`
      with wanted (image_id, id) as (values ${sql.join(some)})
      select findings.* from wanted
      join findings on findings.image_id = wanted.image_id and findings.id = wanted.id`.execute(database);
    for (const row of rows) {
      const known = held.get(row.image_id);
      if (known === undefined) held.set(row.image_id, [row]);
      else known.push(row);
    }
  }
  return held;
}

async function notePackageNames(
  transaction: Kysely<Schema>,
  differences: readonly ImageDifference[],
): Promise<void> {
  const names = [...new Set(differences.flatMap(({ after }) => after.map((row) => row.package_name)))];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    await transaction
      .insertInto("finding_packages")
      .values(names.slice(from, from + AT_ONCE).map((name) => ({ name })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Those that are due already are so since before. */
async function markDue(
  transaction: Kysely<Schema>,
  images: readonly { readonly imageId: Digest }[],
  at: string,
): Promise<void> {
  for (let from = 0; from < images.length; from += AT_ONCE) {
    await transaction
      .updateTable("image_packages")
      .set({ due: at })
      .where(
        "image_id",
        "in",
        images.slice(from, from + AT_ONCE).map(({ imageId }) => imageId),
      )
      .where("due", "=", "")
      .execute();
  }
}
