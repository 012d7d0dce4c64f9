import type { Visibility } from "@pratique/access";
import { type Digest, type ScanReport, soughtLists } from "@pratique/core";
import type { ExpressionBuilder, Kysely, SelectQueryBuilder, Transaction } from "kysely";
import type { Change } from "./change.ts";
import type { ChangeFeed } from "./change-feed.ts";
import { type Cursor, formatCursor, type Page, parseCursor } from "./cursor.ts";
import { findingRowsOf } from "./findings/finding-row.ts";
import { replaceFindings } from "./findings/replace-findings.ts";
import { forgetUnproven } from "./fleet/image-names.ts";
import type { Sight } from "./fleet/sight.ts";
import { type HeldLists, heldLists, versionOf } from "./held-lists.ts";
import { builtAtOf, disputeOf, holdAgainstOthers, type ImageDispute, scannedAtOf } from "./image-dispute.ts";
import { layersOf } from "./image-layers.ts";
import { basesOf, noteOrigins, type StoredBase } from "./image-origin.ts";
import {
  type ReportColumns,
  reportColumnsOf,
  reportIn,
  type StoredImage,
  storedImageOf,
  worstOf,
} from "./image-row.ts";
import { noteState } from "./image-statistics/image-states.ts";
import { keepLists } from "./keep-lists.ts";
import {
  appliedAdvisoriesAt,
  type HashedInstances,
  hashInstances,
  notePackages,
} from "./packages/note-packages.ts";
import type { Schema } from "./schema.ts";
import { holds } from "./text-search.ts";

/** Which images, in which order, from where. */
export interface ImageQuery {
  readonly seen: Visibility;
  readonly text?: string;
  /** Only images with a finding this bad or worse. */
  readonly severity?: "critical" | "high" | "medium" | "low";
  readonly verdict?: "allow" | "deny" | "none";
  readonly assessment?: "complete" | "partial" | "none" | "not-complete";
  /** Whether two hosts contradict each other about it. */
  readonly disputed?: boolean;
  readonly sort: "severity" | "reference" | "scanned" | "size";
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly cursor?: string;
}

/** Holds a report against the advisories of the server; undefined where it has none. */
type Judge = (
  report: ScanReport,
) => { readonly report: ScanReport; readonly advisoriesAt: string } | undefined;

/** Which host sent a report, and when. */
export interface ReportOrigin {
  readonly host: string;
  /** ISO 8601. */
  readonly at: string;
  readonly judge?: Judge;
}

/** How often a report is made ready that others come before. */
const MAX_TRIES = 4;

const sortColumns = {
  severity: "weight",
  reference: "reference",
  scanned: "scanned_at",
  size: "size_bytes",
} as const;

/** The images and their newest reports. */
export class ImageRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
  }

  /**
   * Stores the newest report of an image, and its findings one by one. A report that is older than the one held is
   * passed over. Where its host is known, and others reported by advisories that are as new, the worst report is held.
   * What is given back is that two hosts contradict each other, where that was not known. What a host says by older
   * advisories than those that all images are held against is judged anew, by `judge`, before it is stored. What the
   * report held tells of secrets and licences stays where nobody looked for them this time, or by older rules; and of one that is
   * passed over these are taken all the same, where it knows more of them.
   */
  async put(imageId: Digest, told: ScanReport, from?: ReportOrigin): Promise<ImageDispute | undefined> {
    const report = from === undefined ? told : { ...told, scannedAt: scannedAtOf(told, from.at) };
    const judged = await this.#judged(imageId, report, from);
    const about = { imageId, report, from, ...judged, instances: hashInstances(report) };
    for (let tries = 1; tries < MAX_TRIES; tries += 1) {
      const held = await heldLists(this.#database, imageId, judged.stored);
      const row = await rowWith(judged, imageId, held);
      const outcome = await this.#feed.write(async (transaction, changed) => {
        const isStill = held === undefined || (await versionOf(transaction, imageId)) === held.version;
        return isStill ? await storeReport({ transaction, changed }, { ...about, row }) : undefined;
      });
      if (outcome !== undefined) return await this.#lendLists(imageId, judged.stored, outcome);
    }
    // Others came between each time: now they wait.
    const outcome = await this.#feed.write(async (transaction, changed) => {
      const held = await heldLists(transaction, imageId, judged.stored);
      const row = await rowWith(judged, imageId, held);
      return await storeReport({ transaction, changed }, { ...about, row });
    });
    return await this.#lendLists(imageId, judged.stored, outcome);
  }

  /** Gives the report that is held the lists of one that was passed over, where that knows more of them. */
  async #lendLists(
    imageId: Digest,
    report: ScanReport,
    { fresh, isHeld }: StoredReport,
  ): Promise<ImageDispute | undefined> {
    if (isHeld || soughtLists.every((list) => report[list] === undefined)) return fresh;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const version = await versionOf(this.#database, imageId);
      const held = version === undefined ? undefined : await this.find(imageId);
      if (held === undefined) return fresh;
      const kept = keepLists(held.report, report);
      if (kept === held.report) return fresh;
      const row = await reportColumnsOf(imageId, kept);
      const isStored = await this.#feed.write(async (transaction, changed) => {
        if ((await versionOf(transaction, imageId)) !== version) return false;
        const { assessment, assessment_codes, report: bytes } = row;
        const columns = { assessment, assessment_codes, report: bytes };
        await transaction.updateTable("images").set(columns).where("image_id", "=", imageId).execute();
        changed({ kind: "image", subject: imageId });
        return true;
      });
      if (isStored) return fresh;
    }
    return fresh;
  }

  /** What is to be stored of a report: by the advisories of the server, where those of its host are older. */
  async #judged(imageId: Digest, told: ScanReport, from: ReportOrigin | undefined): Promise<JudgedReport> {
    const toldAt = builtAtOf(told, from?.at ?? told.scannedAt).iso;
    const isOld = from?.judge !== undefined && toldAt < (await appliedAdvisoriesAt(this.#database));
    const judged = isOld ? from.judge?.(told) : undefined;
    const report = judged?.report ?? told;
    const row = await reportColumnsOf(imageId, report);
    return {
      stored: report,
      row,
      findings: findingRowsOf(report),
      // Hosts are held against each other by what they say, not by what is made of it.
      weight: judged === undefined ? row.weight : (await reportColumnsOf(imageId, told)).weight,
      advisoriesAt: judged?.advisoriesAt ?? toldAt,
    };
  }

  /**
   * Puts in place of a report what `renew` makes of it: the same image and packages, held against advisories that were
   * built at another time. Where a host reports meanwhile, or its report is given lists of another one, that stays, and the
   * image is due as before or as the report says. False
   * where there is no such image. Throws what `renew` throws.
   */
  async renew(
    imageId: Digest,
    renew: (report: ScanReport) => ScanReport,
    { advisoriesAt, at }: { readonly advisoriesAt: string; readonly at: string },
  ): Promise<boolean> {
    const version = await versionOf(this.#database, imageId);
    const held = await this.#database
      .selectFrom("images")
      .innerJoin("image_packages", "image_packages.image_id", "images.image_id")
      .select(["images.report", "image_packages.advisories_at"])
      .where("images.image_id", "=", imageId)
      .executeTakeFirst();
    if (held === undefined) return false;
    const before = await reportIn(held.report);
    // Its host has newer advisories than the server: what it says stands.
    const isNewer = held.advisories_at > advisoriesAt;
    const report = isNewer ? before : renew(before);
    const row = await reportColumnsOf(imageId, report);
    const findings = findingRowsOf(report, at);
    await this.#feed.write(async (transaction, changed) => {
      const still = await transaction
        .selectFrom("images")
        .innerJoin("image_packages", "image_packages.image_id", "images.image_id")
        .select(["image_packages.advisories_at", "image_packages.due"])
        .where("images.image_id", "=", imageId)
        .executeTakeFirst();
      if (still?.advisories_at !== held.advisories_at) return;
      if ((await versionOf(transaction, imageId)) !== version) return;
      if (!isNewer) {
        await transaction
          .updateTable("images")
          .set(judgedColumns(row))
          .where("image_id", "=", imageId)
          .execute();
      }
      await replaceFindings(transaction, imageId, findings, { at, had: () => true });
      await noteState(transaction, imageId, { since: at, worst: worstOf(row), assessment: row.assessment });
      await transaction
        .updateTable("image_packages")
        .set({ due: "", advisories_at: isNewer ? held.advisories_at : advisoriesAt })
        .where("image_id", "=", imageId)
        .execute();
      changed({ kind: "image", subject: imageId });
      if (await isAffectedSince(transaction, imageId, still.due)) {
        changed({ kind: "newly-affected", subject: imageId });
      }
    });
    return true;
  }

  /** The hosts that contradict each other about an image; undefined where none do. */
  async disputeOf(imageId: Digest): Promise<ImageDispute | undefined> {
    return await disputeOf(this.#database, imageId);
  }

  /** How many of the images that may be seen are disputed. */
  async disputed(seen: Visibility): Promise<number> {
    const row = await this.#database
      .selectFrom("image_disputes")
      .where(this.#sight.images(seen, "image_disputes.image_id"))
      .select(({ fn }) => fn.countAll().as("total"))
      .executeTakeFirst();
    return Number(row?.total ?? 0);
  }

  /** An image together with its report; undefined where there is none. */
  async find(imageId: Digest): Promise<{ image: StoredImage; report: ScanReport } | undefined> {
    const row = await this.#database
      .selectFrom("images")
      .selectAll()
      .where("image_id", "=", imageId)
      .executeTakeFirst();
    return row === undefined ? undefined : { image: storedImageOf(row), report: await reportIn(row.report) };
  }

  /** Whether an image was scanned. */
  async has(imageId: Digest): Promise<boolean> {
    const row = await this.#database
      .selectFrom("images")
      .select("image_id")
      .where("image_id", "=", imageId)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** The image of the fleet that an image is built on, of those that may be seen; undefined where there is none. */
  async baseOf(imageId: Digest, seen: Visibility): Promise<StoredBase | undefined> {
    return (await basesOf(this.#database, [imageId], { seen, sight: this.#sight })).get(imageId);
  }

  /** Whether an image may be seen. */
  async shows(imageId: Digest, seen: Visibility): Promise<boolean> {
    const row = await this.#database
      .selectFrom("images")
      .select("image_id")
      .where("image_id", "=", imageId)
      .where(this.#sight.images(seen, "images.image_id"))
      .executeTakeFirst();
    return row !== undefined;
  }

  /** One page of images. Throws `CURSOR_MALFORMED`. */
  async list(query: ImageQuery): Promise<Page<StoredImage>> {
    const column = sortColumns[query.sort];
    const keyType = query.sort === "severity" || query.sort === "size" ? "number" : "string";
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor, keyType);
    const visible = this.#database
      .selectFrom("images")
      .where(this.#sight.images(query.seen, "images.image_id"));
    const filtered = filter(visible, query);
    const counting = filtered.select(({ fn }) => fn.countAll().as("total")).executeTakeFirst();
    const finding = filtered
      .select(listColumns)
      .select("weight")
      .where((builder) => after(builder, { column, cursor, order: query.order }))
      .orderBy(column, query.order)
      .orderBy("image_id", query.order)
      .limit(query.limit + 1)
      .execute();
    const [counted, rows] = await Promise.all([counting, finding]);
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(storedImageOf),
      nextCursor: last === undefined ? null : formatCursor({ key: last[column], id: last.image_id }),
      total: Number(counted?.total ?? 0),
    };
  }
}

/** A report as it is to be stored. */
interface JudgedReport {
  readonly stored: ScanReport;
  readonly row: ReportColumns;
  readonly findings: ReturnType<typeof findingRowsOf>;
  /** How bad it says that the image is. */
  readonly weight: number;
  /** ISO 8601: when the newest advisories were built that it was judged by. */
  readonly advisoriesAt: string;
}

/** The row of a report, with what the one held knows more of. */
async function rowWith(
  { stored, row }: JudgedReport,
  imageId: Digest,
  held: HeldLists | undefined,
): Promise<ReportColumns> {
  const kept = keepLists(stored, held?.report);
  return kept === stored ? row : await reportColumnsOf(imageId, kept);
}

/** What became of a report. */
interface StoredReport {
  /** Two hosts that contradict each other, where that was not known. */
  readonly fresh: ImageDispute | undefined;
  /** Whether it is the one that is held now. */
  readonly isHeld: boolean;
}

interface ReportToStore extends JudgedReport {
  readonly imageId: Digest;
  /** As it was told. */
  readonly report: ScanReport;
  readonly from: ReportOrigin | undefined;
  readonly instances: HashedInstances;
}

async function storeReport(
  {
    transaction,
    changed,
  }: { readonly transaction: Transaction<Schema>; readonly changed: (change: Change) => void },
  { imageId, report, from, row, findings, weight, advisoriesAt, instances }: ReportToStore,
): Promise<StoredReport> {
  const against = from && (await holdAgainstOthers(transaction, { imageId, report, weight, ...from }));
  const fresh = against?.fresh;
  if (against?.outcome === "passed-over") {
    if (fresh !== undefined) changed({ kind: "image", subject: imageId });
    return { fresh, isHeld: false };
  }
  // Read inside of the transaction: a launch that is stored meanwhile must not be forgotten.
  const last = await lastDecision(transaction, imageId);
  const { image_id: _, ...changing } = row;
  const columns = { ...changing, origins_stored: 1 };
  const written = await transaction
    .insertInto("images")
    .values({
      ...row,
      origins_stored: 1,
      last_decision: last?.decision ?? null,
      last_decided_at: last?.time ?? null,
    })
    .onConflict((conflict) =>
      // A host that lies may say that it looked later than anybody: what is worse takes the place of that as well.
      against?.outcome !== "kept"
        ? conflict.column("image_id").doUpdateSet(columns).where("images.scanned_at", "<=", row.scanned_at)
        : conflict.column("image_id").doUpdateSet(columns),
    )
    .returning("image_id")
    .execute();
  if (from !== undefined) await noteLayers(transaction, imageId, layersOf(report));
  if (written.length === 0) return { fresh, isHeld: false };
  // What a host says by older advisories than the server has is held against those of the server next.
  const isOld = advisoriesAt < (await appliedAdvisoriesAt(transaction));
  const due = isOld ? row.scanned_at : "";
  const had = await notePackages(transaction, { imageId, instances, advisoriesAt, due });
  const news = await replaceFindings(transaction, imageId, findings, { at: row.scanned_at, had });
  await noteOrigins(transaction, imageId, report);
  const { scanned_at: since, assessment } = row;
  await noteState(transaction, imageId, { since, worst: worstOf(row), assessment });
  changed({ kind: "image", subject: imageId });
  if (news > 0) changed({ kind: "newly-affected", subject: imageId });
  return { fresh, isHeld: true };
}

/** The columns that advisories decide. */
function judgedColumns(row: ReportColumns) {
  const { assessment, assessment_codes, fixable, known_exploited, suppressed, weight, report } = row;
  const { critical, high, medium, low, negligible, unknown } = row;
  const counts = { critical, high, medium, low, negligible, unknown, fixable, known_exploited, suppressed };
  return { ...counts, assessment, assessment_codes, weight, report };
}

async function isAffectedSince(
  transaction: Transaction<Schema>,
  imageId: Digest,
  since: string,
): Promise<boolean> {
  const row = await transaction
    .selectFrom("findings")
    .select("number")
    .where("image_id", "=", imageId)
    .where("affected_at", ">=", since)
    .where("suppressed_by", "is", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The layers that an image has are those that the first host listed: another host must list the same. */
async function noteLayers(transaction: Transaction<Schema>, imageId: Digest, layers: string): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable("images")
    .set({ layers })
    .where("image_id", "=", imageId)
    .where("layers", "=", "")
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) await forgetUnproven(transaction, imageId);
}

async function lastDecision(database: Kysely<Schema>, imageId: Digest) {
  return await database
    .selectFrom("launches")
    .select(["decision", "time"])
    .where("image_id", "=", imageId)
    .orderBy("time", "desc")
    .limit(1)
    .executeTakeFirst();
}

const listColumns = [
  "image_id",
  "reference",
  "digest",
  "platform",
  "distro",
  "size_bytes",
  "created",
  "scanned_at",
  "assessment",
  "assessment_codes",
  "critical",
  "high",
  "medium",
  "low",
  "negligible",
  "unknown",
  "fixable",
  "known_exploited",
  "suppressed",
  "packages",
  "last_decision",
  "last_decided_at",
] as const;

const atLeast = {
  critical: ["critical"],
  high: ["critical", "high"],
  medium: ["critical", "high", "medium"],
  low: ["critical", "high", "medium", "low"],
} as const;

function filter(
  images: SelectQueryBuilder<Schema, "images", object>,
  { text, severity, verdict, assessment, disputed }: ImageQuery,
): SelectQueryBuilder<Schema, "images", object> {
  let query = images;
  if (text !== undefined) query = query.where(holds("images.search", text));
  if (severity !== undefined) {
    query = query.where(({ eb, or }) => or(atLeast[severity].map((column) => eb(column, ">", 0))));
  }
  if (assessment === "not-complete") query = query.where("assessment", "<>", "complete");
  else if (assessment !== undefined) query = query.where("assessment", "=", assessment);
  if (disputed !== undefined) {
    query = query.where("images.image_id", disputed ? "in" : "not in", (builder) =>
      builder.selectFrom("image_disputes").select("image_disputes.image_id"),
    );
  }
  if (verdict === "none") return query.where("last_decision", "is", null);
  return verdict === undefined ? query : query.where("last_decision", "=", verdict);
}

interface Position {
  readonly column: (typeof sortColumns)[keyof typeof sortColumns];
  readonly cursor: Cursor | undefined;
  readonly order: "asc" | "desc";
}

function after(builder: ExpressionBuilder<Schema, "images">, { column, cursor, order }: Position) {
  if (cursor === undefined) return builder.and([]);
  const beyond = order === "asc" ? ">" : "<";
  return builder.or([
    builder(column, beyond, cursor.key),
    builder.and([builder(column, "=", cursor.key), builder("image_id", beyond, cursor.id)]),
  ]);
}
