import type { Visibility } from "@pratique/access";
import { type Kysely, sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
import { basesOf } from "../image-origin.ts";
import type { Schema } from "../schema.ts";
import { type ImageState, stateChanges } from "./image-states.ts";
import { type ImageFacts, type ImageTallies, ImageTallying, type TallyDay, tallyDays } from "./tally.ts";

/** Which page of the list that the numbers rest on. */
export interface FactsQuery {
  readonly seen: Visibility;
  /** The hosts whose teams may be told; `seen` where absent. */
  readonly hosts?: Visibility;
  readonly limit: number;
  readonly cursor?: string;
}

/** A state of an image, for whoever counts the days again. */
export interface ImageStateRow extends ImageState {
  readonly imageId: string;
}

/** The label of a host that names whose it is. */
const TEAM_LABEL = "team";
const IMAGES_AT_ONCE = 1000;
/** Before there were containers, nobody made an image: such times are put in so that builds are the same each time. */
const FIRST_IMAGE_MS = Date.UTC(2013, 2, 1);
/** What a clock may be ahead by. */
const MAX_AHEAD_MS = 86_400_000;

/** Counts the images of the fleet by what they have in common, now and on past days. */
export class ImageStatistics {
  readonly #database: Kysely<Schema>;
  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  /** All tallies of the images that may be seen. */
  async tally(seen: Visibility, asOfMs: number, hosts: Visibility = seen): Promise<ImageTallies> {
    const tallying = new ImageTallying(asOfMs);
    let last = "";
    for (;;) {
      const facts = await this.#facts({ seen, hosts, after: last, limit: IMAGES_AT_ONCE, asOfMs });
      for (const image of facts) tallying.add(image);
      if (facts.length < IMAGES_AT_ONCE) return tallying.result();
      last = facts.at(-1)?.imageId ?? "";
    }
  }

  /** How the images that may be seen stood at the end of each of the last days. */
  async days(seen: Visibility, asOfMs: number, days: number): Promise<readonly TallyDay[]> {
    const until = new Date(asOfMs).toISOString();
    const changes = await stateChanges(this.#database, { seen, sight: this.#sight, until });
    return tallyDays(changes, asOfMs, days);
  }

  /** One page of the images that {@link tally} counts, by image id. Throws `CURSOR_MALFORMED`. */
  async facts(query: FactsQuery, asOfMs: number): Promise<Page<ImageFacts>> {
    const { seen, hosts = seen, limit, cursor } = query;
    const after = cursor === undefined ? "" : parseCursor(cursor, "string").id;
    const rows = await this.#facts({ seen, hosts, after, limit: limit + 1, asOfMs });
    const total = await this.#database
      .selectFrom("images")
      .where(this.#sight.images(seen, "images.image_id"))
      .select(({ fn }) => fn.countAll().as("total"))
      .executeTakeFirstOrThrow();
    return pageOf(rows, { limit, total: Number(total.total), id: ({ imageId }) => imageId });
  }

  /** One page of the states that {@link days} counts, by image and time. Throws `CURSOR_MALFORMED`. */
  async states({ seen, limit, cursor }: FactsQuery): Promise<Page<ImageStateRow>> {
    const place = cursor === undefined ? undefined : parseCursor(cursor, "string");
    const visible = this.#database
      .selectFrom("image_states")
      .where(this.#sight.images(seen, "image_states.image_id"));
    const total = await visible.select(({ fn }) => fn.countAll().as("total")).executeTakeFirstOrThrow();
    const rows = await visible
      .selectAll()
      .$if(place !== undefined, (query) =>
        query.where(sql<boolean>`(image_id, since) > (${place?.key ?? ""}, ${place?.id ?? ""})`),
      )
      .orderBy("image_id")
      .orderBy("since")
      .limit(limit + 1)
      .execute();
    const states = rows.map(({ image_id: imageId, ...state }) => ({ imageId, ...state }));
    return pageOf(states, {
      limit,
      total: Number(total.total),
      key: ({ imageId }) => imageId,
      id: ({ since }) => since,
    });
  }

  async #facts({ seen, hosts, after, limit, asOfMs }: FactsPage): Promise<readonly ImageFacts[]> {
    const images = await this.#database
      .selectFrom("images")
      .select(["image_id", "reference", "created", "assessment", "critical", "high", "medium"])
      .where(this.#sight.images(seen, "images.image_id"))
      .where("image_id", ">", after)
      .orderBy("image_id")
      .limit(limit)
      .execute();
    const ids = images.map(({ image_id }) => image_id);
    if (ids.length === 0) return [];
    const repositories = await this.#repositories(ids);
    const teams = await this.#teams(ids, hosts);
    const claims = await this.#claims(ids);
    const bases = await basesOf(this.#database, ids, { seen, sight: this.#sight });
    return images.map(({ image_id: imageId, created, critical, high, medium, ...image }) => {
      const proved = bases.get(imageId)?.reference;
      return {
        imageId,
        reference: image.reference,
        repositories: repositories.get(imageId) ?? [],
        created: believable(created, asOfMs),
        base: proved ?? claims.get(imageId)?.[0] ?? null,
        baseProved: proved !== undefined,
        teams: teams.get(imageId) ?? [],
        assessment: image.assessment,
        critical,
        high,
        medium,
      };
    });
  }

  async #repositories(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#database
      .selectFrom("image_repositories")
      .select(["image_id", "repository as value"])
      .where("image_id", "in", ids)
      .execute();
    return byImage(rows);
  }

  async #claims(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#database
      .selectFrom("image_bases")
      .select(["image_id", "name as value"])
      .where("image_id", "in", ids)
      .execute();
    return byImage(rows);
  }

  /** Of hosts that may not be seen nobody hears whose they are. */
  async #teams(ids: readonly string[], hosts: Visibility): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#database
      .selectFrom("image_locations")
      .innerJoin("hosts", "hosts.name", "image_locations.host")
      .innerJoin("host_labels", "host_labels.host", "hosts.name")
      .select(["image_locations.image_id", "host_labels.value"])
      .distinct()
      .where("image_locations.image_id", "in", ids)
      .where("host_labels.key", "=", TEAM_LABEL)
      .where(this.#sight.hosts(hosts))
      .execute();
    return byImage(rows);
  }
}

interface FactsPage {
  readonly seen: Visibility;
  readonly hosts: Visibility;
  readonly after: string;
  readonly limit: number;
  readonly asOfMs: number;
}

/** When an image says that it was made, where that can be; tools put in other times so that builds can be repeated. */
function believable(created: string | null, asOfMs: number): string | null {
  const ms = created === null ? Number.NaN : Date.parse(created);
  return ms >= FIRST_IMAGE_MS && ms <= asOfMs + MAX_AHEAD_MS ? new Date(ms).toISOString() : null;
}

/** The values of each image, sorted here: databases sort text in ways of their own. */
function byImage(
  rows: readonly { readonly image_id: string; readonly value: string }[],
): ReadonlyMap<string, readonly string[]> {
  const values = Map.groupBy(rows, ({ image_id }) => image_id);
  return new Map([...values].map(([imageId, found]) => [imageId, found.map(({ value }) => value).sort()]));
}

interface PageOptions<Item> {
  readonly limit: number;
  readonly total: number;
  readonly key?: (item: Item) => string;
  readonly id: (item: Item) => string;
}

function pageOf<Item>(
  rows: readonly Item[],
  { limit, total, key = () => "", id }: PageOptions<Item>,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return {
    items,
    nextCursor: last === undefined ? null : formatCursor({ key: key(last), id: id(last) }),
    total,
  };
}
