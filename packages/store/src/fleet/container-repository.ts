import type { Visibility } from "@pratique/access";
import { type Digest, parseJson, type Severity } from "@pratique/core";
import {
  type Kysely,
  type RawBuilder,
  type Selectable,
  type SelectQueryBuilder,
  sql,
  type Transaction,
} from "kysely";
import type { ChangeFeed } from "../change-feed.ts";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Schema } from "../schema.ts";
import { literalPattern, searchable } from "../text-search.ts";
import type { ContainerTable } from "./fleet-schema.ts";
import { noteLocation } from "./image-names.ts";
import { repositoryOf } from "./repository-name.ts";
import type { Sight } from "./sight.ts";

/** What the store needs to know of a container in order to find it, and all the rest in `document`. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  /** The image as the container names it. */
  readonly image: string;
  readonly imageId?: Digest;
  readonly state: string;
  /** ISO 8601, UTC; absent where it has never run. */
  readonly startedAt?: string;
  /** Anything that JSON can hold. */
  readonly document: object;
}

/** All containers of one host at one moment. */
export interface ContainerListing {
  readonly host: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly containers: readonly ContainerRow[];
}

export interface StoredContainer {
  readonly host: string;
  readonly id: string;
  readonly seenAt: string;
  readonly document: object;
  /** Of its image, where that has been scanned. */
  readonly severities: Readonly<Record<Severity, number>> | null;
  readonly assessment: string | null;
  readonly lastVerdict: {
    readonly decision: "allow" | "deny";
    readonly decidedAt: string;
    readonly launchId: string;
  } | null;
}

export interface ContainerQuery {
  readonly seen: Visibility;
  readonly text?: string;
  readonly host?: string;
  readonly state?: string;
  readonly imageId?: Digest;
  /** Only containers whose image has a finding this bad or worse. */
  readonly severity?: "critical" | "high" | "medium" | "low";
  /** Only containers whose image has a finding that is known to be exploited, or only the others. */
  readonly knownExploited?: boolean;
  /** By their names where it is absent; `severity` is that of their images, of which those that were not scanned are the least. */
  readonly sort?: ContainerSort;
  /** Ascending where it is absent. */
  readonly order?: "asc" | "desc";
  readonly limit: number;
  readonly cursor?: string;
}

type ContainerSort = "name" | "host" | "image" | "state" | "severity" | "started";

/** What containers are ordered by; those that are alike in it, by host and id. */
const sortKeys: Readonly<Record<ContainerSort, RawBuilder<string | number>>> = {
  name: sql`containers.name`,
  host: sql`containers.host`,
  image: sql`containers.image`,
  state: sql`containers.state`,
  severity: sql`coalesce((select images.weight from images where images.image_id = containers.image_id), -1)`,
  started: sql`containers.started_at`,
};

/** Rows of one INSERT: each has ten columns, and SQLite takes 32 766 parameters. */
const ROWS_AT_ONCE = 1000;

/** Where more than so many containers fit, a page of them is found by walking through the names. */
const MANY = 1000;

/** Which containers; with `ordered`, only the index of their order is used to find them. */
type Filter = Partial<ContainerQuery> & { readonly ordered?: boolean };

/** The containers that hosts report. */
export class ContainerRepository {
  readonly #database: Kysely<Schema>;
  readonly #feed: ChangeFeed;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, feed: ChangeFeed, sight: Sight) {
    this.#database = database;
    this.#feed = feed;
    this.#sight = sight;
  }

  /**
   * Takes all containers of a host in place of those that it had. Only what differs is written; the feed tells of it
   * only where something does. Nothing is taken of a host that is not there.
   */
  async replace({ host, takenAt, containers }: ContainerListing): Promise<void> {
    const rows = new Map(containers.map((container) => [container.id, rowOf(host, container)]));
    await this.#feed.write(async (transaction, changed) => {
      const { fresh, gone } = await differences(transaction, host, rows);
      const running = [...rows.values()].filter(({ state }) => state === "running").length;
      const { numUpdatedRows } = await transaction
        .updateTable("hosts")
        .set({ containers: rows.size, running, containers_at: takenAt })
        .where("name", "=", host)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n || fresh.length + gone.length === 0) return;
      await writeRows(transaction, fresh);
      await deleteRows(transaction, host, gone);
      await noteLocations(transaction, { host, takenAt, fresh, containers });
      changed({ kind: "containers", subject: host });
    });
  }

  async find(host: string, id: string): Promise<StoredContainer | undefined> {
    const [row] = await this.#selected({}, (page) =>
      page
        .select(sortKeys.name.as("key"))
        .where("containers.host", "=", host)
        .where("containers.id", "=", id),
    ).execute();
    return row === undefined ? undefined : (await this.#withVerdicts([row]))[0];
  }

  /** The repository that a container's image is from, and null where it has no name; undefined for no container. */
  async repositoryOf(host: string, id: string): Promise<string | null | undefined> {
    const row = await this.#database
      .selectFrom("containers")
      .select("repository")
      .where("host", "=", host)
      .where("id", "=", id)
      .executeTakeFirst();
    return row?.repository;
  }

  /** How many containers run each of some images; those that none runs are left out. */
  async running(imageIds: readonly string[], seen: Visibility): Promise<ReadonlyMap<string, number>> {
    if (imageIds.length === 0) return new Map();
    const rows = await this.#database
      .selectFrom("containers")
      .select(({ fn }) => ["image_id", fn.countAll().as("containers")])
      .where(this.#sight.placed(seen, "containers"))
      .where("image_id", "in", imageIds)
      .where("state", "=", "running")
      .groupBy("image_id")
      .execute();
    return new Map(rows.map(({ image_id, containers }) => [image_id ?? "", Number(containers)]));
  }

  /** One page. Throws `CURSOR_MALFORMED`. */
  async list(query: ContainerQuery): Promise<Page<StoredContainer>> {
    const { sort = "name", order = "asc" } = query;
    const key = sortKeys[sort];
    const cursor =
      query.cursor === undefined
        ? undefined
        : parseCursor(query.cursor, sort === "severity" ? "number" : "string");
    const counted = await this.#filtered(query)
      .select(({ fn }) => fn.countAll().as("total"))
      .executeTakeFirst();
    const total = Number(counted?.total ?? 0);
    const [host = "", id = ""] = cursor?.id.split("~") ?? [];
    const beyond = order === "asc" ? sql`>` : sql`<`;
    // What is frequent is met soon in the order of the names; what is rare is found by what makes it rare and sorted.
    const ordered = total > MANY && sort === "name";
    const rows = await this.#selected({ ...query, ordered }, (page) =>
      (cursor === undefined
        ? page
        : page.where(
            sql<boolean>`(${key}, containers.host, containers.id) ${beyond} (${cursor.key}, ${host}, ${id})`,
          )
      )
        .select(key.as("key"))
        .orderBy(key, order)
        .orderBy("containers.host", order)
        .orderBy("containers.id", order)
        .limit(query.limit + 1),
    )
      .orderBy("page.key", order)
      .orderBy("page.host", order)
      .orderBy("page.id", order)
      .execute();
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: await this.#withVerdicts(page),
      nextCursor:
        last === undefined
          ? null
          : formatCursor({
              key: sort === "severity" ? Number(last.key) : last.key,
              id: `${last.host}~${last.id}`,
            }),
      total,
    };
  }

  #filtered(query: Filter) {
    const { seen = [], text, host, state, imageId, severity, knownExploited, ordered = false } = query;
    let filtered = this.#database
      .selectFrom("containers")
      .where(this.#sight.placed(seen, "containers", { plain: ordered }));
    if (text !== undefined) {
      filtered = filtered.where(
        sql<boolean>`${sql.ref("containers.search")} like ${literalPattern(text)} escape '\\'`,
      );
    }
    if (host !== undefined) filtered = filtered.where("containers.host", "=", host);
    if (state !== undefined) filtered = filtered.where("containers.state", "=", state);
    if (imageId !== undefined) filtered = filtered.where("containers.image_id", "=", imageId);
    if (knownExploited !== undefined) {
      const exploited = sql`select 1 from images where images.image_id = containers.image_id and images.known_exploited > 0`;
      filtered = filtered.where(
        knownExploited ? sql<boolean>`exists (${exploited})` : sql<boolean>`not exists (${exploited})`,
      );
    }
    if (severity === undefined) return filtered;
    // So written that no index on it is used: most often it is true of most images.
    return filtered.where(sql<string>`(containers.image_id || '')`, "in", (builder) =>
      builder
        .selectFrom("images")
        .select("images.image_id")
        .where("images.weight", ">=", leastWeight[severity]),
    );
  }

  /** The page is found first: only of its containers it is looked up what was decided about them. */
  #selected(query: Filter, narrow: (page: ContainerSelect) => KeyedSelect) {
    const page = narrow(
      this.#filtered(query).select([
        "containers.host",
        "containers.id",
        "containers.image_id",
        "containers.document",
      ]),
    );
    return this.#database
      .selectFrom(page.as("page"))
      .innerJoin("hosts", "hosts.name", "page.host")
      .leftJoin("images", "images.image_id", "page.image_id")
      .select([
        "page.host",
        "page.id",
        "page.key",
        "page.document",
        "hosts.containers_at",
        "images.assessment",
        "images.critical",
        "images.high",
        "images.medium",
        "images.low",
        "images.negligible",
        "images.unknown",
      ])
      .select((builder) =>
        builder
          .selectFrom("launches")
          .select("launches.id")
          .whereRef("launches.host", "=", "page.host")
          .whereRef("launches.container_id", "=", "page.id")
          .orderBy("launches.time", "desc")
          .limit(1)
          .as("launch_id"),
      );
  }

  async #withVerdicts(rows: readonly SelectedRow[]): Promise<readonly StoredContainer[]> {
    const ids = rows.map(({ launch_id }) => launch_id).filter((id) => id !== null);
    const launches =
      ids.length === 0
        ? []
        : await this.#database
            .selectFrom("launches")
            .select(["id", "decision", "time"])
            .where("id", "in", ids)
            .execute();
    const verdicts = new Map(launches.map((launch) => [launch.id, launch]));
    return rows.map((row) => {
      const launch = row.launch_id === null ? undefined : verdicts.get(row.launch_id);
      return {
        host: row.host,
        id: row.id,
        seenAt: row.containers_at ?? "",
        document: Object(parseJson(row.document)),
        severities: severitiesOf(row),
        assessment: row.assessment,
        lastVerdict:
          launch === undefined
            ? null
            : {
                decision: launch.decision === "allow" ? "allow" : "deny",
                decidedAt: launch.time,
                launchId: launch.id,
              },
      };
    });
  }
}

interface SelectedRow extends Pick<Selectable<ContainerTable>, "host" | "id" | "document">, Counts {
  readonly containers_at: string | null;
  readonly assessment: string | null;
  readonly launch_id: string | null;
}

type Counts = { readonly [Key in Severity]: number | null };

/** The columns of a page before anything is joined to it. */
type PageColumns = Pick<Selectable<ContainerTable>, "host" | "id" | "image_id" | "document">;
type ContainerSelect = SelectQueryBuilder<Schema, "containers", PageColumns>;
/** With what it is ordered by. */
type KeyedSelect = SelectQueryBuilder<Schema, "containers", PageColumns & { readonly key: string | number }>;

/** The weight of an image with one finding that bad and no other: see image-row.ts. */
const leastWeight = { critical: 1e12, high: 1e9, medium: 1e6, low: 1e3 } as const;

function severitiesOf(row: Counts): StoredContainer["severities"] {
  const { critical, high, medium, low, negligible, unknown } = row;
  if (critical === null) return null;
  return {
    critical,
    high: high ?? 0,
    medium: medium ?? 0,
    low: low ?? 0,
    negligible: negligible ?? 0,
    unknown: unknown ?? 0,
  };
}

function rowOf(
  host: string,
  { id, name, image, imageId, state, startedAt = "", document }: ContainerRow,
): ContainerTable {
  return {
    host,
    id,
    name,
    repository: repositoryOf(image) ?? null,
    image_id: imageId ?? null,
    state,
    search: searchable([name, id, image, imageId, host]),
    image,
    started_at: startedAt,
    document: JSON.stringify(document),
  };
}

async function differences(
  transaction: Transaction<Schema>,
  host: string,
  rows: ReadonlyMap<string, ContainerTable>,
): Promise<{ readonly fresh: readonly ContainerTable[]; readonly gone: readonly string[] }> {
  const held = await transaction
    .selectFrom("containers")
    .select(["id", "document"])
    .where("host", "=", host)
    .execute();
  const documents = new Map(held.map(({ id, document }) => [id, document]));
  return {
    fresh: [...rows.values()].filter(({ id, document }) => documents.get(id) !== document),
    gone: [...documents.keys()].filter((id) => !rows.has(id)),
  };
}

async function writeRows(transaction: Transaction<Schema>, rows: readonly ContainerTable[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await transaction
      .insertInto("containers")
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .onConflict((conflict) =>
        conflict.columns(["host", "id"]).doUpdateSet(({ ref }) => ({
          name: ref("excluded.name"),
          repository: ref("excluded.repository"),
          image_id: ref("excluded.image_id"),
          state: ref("excluded.state"),
          search: ref("excluded.search"),
          image: ref("excluded.image"),
          started_at: ref("excluded.started_at"),
          document: ref("excluded.document"),
        })),
      )
      .execute();
  }
}

async function deleteRows(
  transaction: Transaction<Schema>,
  host: string,
  ids: readonly string[],
): Promise<void> {
  for (let from = 0; from < ids.length; from += ROWS_AT_ONCE) {
    await transaction
      .deleteFrom("containers")
      .where("host", "=", host)
      .where("id", "in", ids.slice(from, from + ROWS_AT_ONCE))
      .execute();
  }
}

/** An image that a container is made of lies on its host. */
async function noteLocations(
  transaction: Transaction<Schema>,
  listing: ContainerListing & { readonly fresh: readonly ContainerTable[] },
): Promise<void> {
  const { host, takenAt, fresh, containers } = listing;
  const changed = new Set(fresh.map(({ id }) => id));
  const images = new Map<string, string>();
  for (const { id, image, imageId } of containers) {
    if (imageId !== undefined && changed.has(id)) images.set(imageId, image);
  }
  for (const [imageId, reference] of images) {
    await noteLocation(transaction, { host, imageId, reference, seenAt: takenAt });
  }
}
