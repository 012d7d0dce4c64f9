import { type Priority, priorities, type Severity, severities } from "@pratique/core";
import { type Kysely, type Selectable, type SqlBool, sql } from "kysely";
import { severityOf } from "../findings/finding-row.ts";
import type { FindingTable, Schema } from "../schema.ts";

type Labels = Readonly<Record<string, string>>;

/** A host, as far as somebody may have to hear of it. */
export interface WatchedHost {
  readonly name: string;
  /** Null where no agent has reported yet. */
  readonly heardAt: string | null;
  readonly identityState: string;
  readonly joinedAt: string | null;
  readonly serial: string | null;
  /** Anything that JSON can hold. */
  readonly status: unknown;
  readonly labels: Labels;
}

/** A launch that was refused, or would have been. */
export interface WatchedLaunch {
  readonly id: string;
  readonly outcome: string;
  readonly time: string;
  readonly host: string;
  readonly image: string;
  readonly imageId: string | null;
  readonly labels: Labels;
  /** Anything that JSON can hold. */
  readonly document: object;
}

/** Something that happened in running containers, or was done about it. */
export interface WatchedRuntime {
  readonly id: string;
  readonly time: string;
  readonly host: string;
  readonly labels: Labels;
  /** Anything that JSON can hold. */
  readonly document: object;
}

/** Records of one log, both ends included. */
export interface RecordRange {
  readonly logId: string;
  readonly first: number;
  readonly last: number;
}

/** What is new in an image: found by its newest scan, or told by advisories later on of packages that it had before. */
export interface WatchedImage {
  readonly imageId: string;
  readonly reference: string;
  /** ISO 8601: when it was found. */
  readonly foundAt: string;
  readonly counts: Readonly<Partial<Record<Severity, number>>>;
  readonly fixable: number;
  readonly knownExploited: number;
  /** Some of them, worst first. */
  readonly worst: readonly string[];
  /** Containers that run it. */
  readonly running: number;
  /** The labels of each host that it lies on. */
  readonly hosts: readonly { readonly name: string; readonly labels: Labels }[];
}

type NewRow = Pick<
  Selectable<FindingTable>,
  "id" | "severity" | "fixed_version" | "known_exploited" | "affected_at"
>;

/** Which rows of an image are new, and when they were found, where that is not in the rows. */
type Choose = (image: { readonly image_id: string; readonly scanned_at: string }) => {
  readonly at: string | undefined;
  readonly rows: { readonly execute: () => Promise<readonly NewRow[]> };
};

const NAMED = 5;
/** Names in one statement: below what either database takes as parameters. */
const AT_ONCE = 500;

const hostColumns = ["name", "heard_at", "identity_state", "joined_at", "serial", "status"] as const;

/** Reads what has changed, for whoever tells people of it. */
export class WatchRepository {
  readonly #database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  async hosts(names: readonly string[]): Promise<readonly WatchedHost[]> {
    const rows = await inParts(names, (some) =>
      this.#database.selectFrom("hosts").select(hostColumns).where("name", "in", some).execute(),
    );
    return await this.#withLabels(rows);
  }

  /** Those whose agent was last heard of before a moment, and whose certificate was not taken from them. */
  async silentHosts(before: string): Promise<readonly WatchedHost[]> {
    const rows = await this.#database
      .selectFrom("hosts")
      .select(hostColumns)
      .where("heard_at", "<>", "")
      .where("heard_at", "<", before)
      .where("identity_state", "<>", "revoked")
      .execute();
    return await this.#withLabels(rows);
  }

  /**
   * Approvals that were asked for or decided on since a moment and of which nobody was told yet as they stand, the
   * oldest first: under the keys `approval.requested/ID` and `approval.decided/ID`. One that has run out by now counts
   * as decided.
   */
  async approvalsToTell(since: string, now: string): Promise<readonly string[]> {
    const told = (kind: string) =>
      sql<SqlBool>`exists (select 1 from told_notices where told_notices.key = ${kind} || approvals.id)`;
    const rows = await this.#database
      .selectFrom("approvals")
      .select("id")
      .where(({ eb, or }) => or([eb("requested_at", ">=", since), eb("decided_at", ">=", since)]))
      .where(({ not }) => not(told("approval.decided/")))
      .where(({ and, eb, not }) =>
        not(and([eb("state", "=", "pending"), eb("expires_at", ">", now), told("approval.requested/")])),
      )
      .orderBy("requested_at")
      .orderBy("id")
      .limit(AT_ONCE)
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Those of the launches that were refused, or would have been. */
  async refusals(ids: readonly string[]): Promise<readonly WatchedLaunch[]> {
    const rows = await inParts(ids, (some) =>
      this.#database
        .selectFrom("launches")
        .select(["id", "outcome", "time", "host", "image", "image_id", "document"])
        .where("id", "in", some)
        .where("outcome", "in", ["denied", "observed"])
        .execute(),
    );
    const labels = await this.#labelsOf(rows.map(({ host }) => host));
    return rows.map(({ image_id: imageId, document, ...row }) => ({
      ...row,
      imageId,
      labels: labels.get(row.host) ?? {},
      document: JSON.parse(document),
    }));
  }

  /** The same of those that the records of a range tell of: by their ids, which are found without an index of logs. */
  async refusalsIn({ logId, first, last }: RecordRange): Promise<readonly WatchedLaunch[]> {
    return await this.refusals(Array.from({ length: last - first + 1 }, (_, at) => `${logId}.${first + at}`));
  }

  /** Detections among the records of a range that are of a priority or more urgent, oldest first. */
  async detections(range: RecordRange, from: Priority): Promise<readonly WatchedRuntime[]> {
    const rows = await this.#database
      .selectFrom("detections")
      .select(["id", "time", "host", "document"])
      .where("log_id", "=", range.logId)
      .where("sequence", ">=", range.first)
      .where("sequence", "<=", range.last)
      .where("urgency", "<=", priorities.indexOf(from))
      .orderBy("sequence")
      .execute();
    return await this.#watched(rows);
  }

  /** What was done about containers, as records of a range tell, oldest first. */
  async responses(range: RecordRange): Promise<readonly WatchedRuntime[]> {
    const rows = await this.#database
      .selectFrom("responses")
      .select(["id", "time", "host", "document"])
      .where("log_id", "=", range.logId)
      .where("sequence", ">=", range.first)
      .where("sequence", "<=", range.last)
      .orderBy("sequence")
      .execute();
    return await this.#watched(rows);
  }

  async #watched(
    rows: readonly (Omit<WatchedRuntime, "labels" | "document"> & { readonly document: string })[],
  ): Promise<readonly WatchedRuntime[]> {
    const labels = await this.#labelsOf(rows.map(({ host }) => host));
    return rows.map(({ document, ...row }) => ({
      ...row,
      labels: labels.get(row.host) ?? {},
      document: JSON.parse(document),
    }));
  }

  /**
   * What the newest scans found in images for the first time, and came with the images; those without anything new are
   * left out.
   */
  async newFindings(imageIds: readonly string[]): Promise<readonly WatchedImage[]> {
    return await this.#newIn(imageIds, (image) => ({
      at: image.scanned_at,
      rows: this.#counted(image.image_id)
        .where("first_seen", "=", image.scanned_at)
        .where("affected_at", "is", null),
    }));
  }

  /** What advisories told last of packages that images had before; those of which they told nothing are left out. */
  async newlyAffected(imageIds: readonly string[]): Promise<readonly WatchedImage[]> {
    return await this.#newIn(imageIds, (image) => ({
      at: undefined,
      rows: this.#counted(image.image_id).where(
        "affected_at",
        "=",
        sql<string>`(
          select max(other.affected_at) from findings as other
          where other.image_id = ${image.image_id} and other.suppressed_by is null)`,
      ),
    }));
  }

  #counted(imageId: string) {
    return this.#database
      .selectFrom("findings")
      .select(["id", "severity", "fixed_version", "known_exploited", "affected_at"])
      .where("image_id", "=", imageId)
      .where("suppressed_by", "is", null)
      .orderBy("severity", "desc")
      .orderBy("id");
  }

  async #newIn(imageIds: readonly string[], choose: Choose): Promise<readonly WatchedImage[]> {
    const found: WatchedImage[] = [];
    for (const imageId of imageIds) {
      const image = await this.#database
        .selectFrom("images")
        .select(["image_id", "reference", "scanned_at"])
        .where("image_id", "=", imageId)
        .executeTakeFirst();
      if (image === undefined) continue;
      const { at, rows: query } = choose(image);
      const rows = await query.execute();
      const [first] = rows;
      if (first === undefined) continue;
      const foundAt = at ?? first.affected_at ?? "";
      found.push(await this.#watchedImage({ imageId, reference: image.reference, foundAt }, rows));
    }
    return found;
  }

  async #watchedImage(
    { imageId, reference, foundAt }: Pick<WatchedImage, "imageId" | "reference" | "foundAt">,
    rows: readonly NewRow[],
  ): Promise<WatchedImage> {
    const places = await this.#database
      .selectFrom("image_locations")
      .select("host")
      .where("image_id", "=", imageId)
      .orderBy("host")
      .execute();
    const labels = await this.#labelsOf(places.map(({ host }) => host));
    const found = rows.map(({ severity }) => severityOf(severity));
    const running = await this.#database
      .selectFrom("containers")
      .select(({ fn }) => fn.countAll().as("total"))
      .where("image_id", "=", imageId)
      .where("state", "=", "running")
      .executeTakeFirst();
    return {
      imageId,
      reference,
      foundAt,
      running: Number(running?.total ?? 0),
      counts: Object.fromEntries(
        severities
          .map((severity) => [severity, found.filter((each) => each === severity).length] as const)
          .filter(([, count]) => count > 0),
      ),
      fixable: rows.filter(({ fixed_version: fixed }) => fixed !== null).length,
      knownExploited: rows.filter(({ known_exploited: exploited }) => exploited === 1).length,
      worst: [...new Set(rows.map(({ id }) => id))].slice(0, NAMED),
      hosts: places.map(({ host: name }) => ({ name, labels: labels.get(name) ?? {} })),
    };
  }

  async #withLabels(
    rows: readonly {
      readonly name: string;
      readonly heard_at: string;
      readonly identity_state: string;
      readonly joined_at: string | null;
      readonly serial: string | null;
      readonly status: string;
    }[],
  ): Promise<readonly WatchedHost[]> {
    const labels = await this.#labelsOf(rows.map(({ name }) => name));
    return rows.map(({ name, serial, ...row }) => ({
      name,
      serial,
      heardAt: row.heard_at === "" ? null : row.heard_at,
      identityState: row.identity_state,
      joinedAt: row.joined_at,
      status: JSON.parse(row.status),
      labels: labels.get(name) ?? {},
    }));
  }

  async #labelsOf(hosts: readonly string[]): Promise<ReadonlyMap<string, Labels>> {
    const rows = await inParts([...new Set(hosts)], (some) =>
      this.#database.selectFrom("host_labels").selectAll().where("host", "in", some).execute(),
    );
    const found = new Map<string, [string, string][]>();
    for (const { host, key, value } of rows) found.set(host, [...(found.get(host) ?? []), [key, value]]);
    return new Map([...found].map(([host, labels]) => [host, Object.fromEntries(labels)]));
  }
}

async function inParts<Row>(
  names: readonly string[],
  read: (some: readonly string[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    rows.push(...(await read(names.slice(from, from + AT_ONCE))));
  }
  return rows;
}
