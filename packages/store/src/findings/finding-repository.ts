import { type Kysely, type RawBuilder, sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import { type Sight, seesEverything } from "../fleet/sight.ts";
import type { FindingTable, Schema } from "../schema.ts";
import {
  conditionsOf,
  type FindingQuery,
  indexed,
  matchText,
  plain,
  sortColumns,
  type TextMatches,
} from "./finding-query.ts";
import { type StoredFinding, storedFindingOf } from "./finding-row.ts";

/** One page of findings. `total` is exact up to 10 000; where it is not, there are more. */
export interface FindingPage extends Page<StoredFinding> {
  readonly totalIsExact: boolean;
}

type ListedRow = FindingTable & { readonly number: number; readonly reference: string | null };

/** Counting further costs more than anybody wants to know. */
const MAX_COUNTED = 10_000;

/** Who sees less than one image in so many sees few. */
const FEW = 20;

/** The findings of all images, one by one. They are written together with the reports that tell of them. */
export class FindingRepository {
  readonly #database: Kysely<Schema>;

  readonly #sight: Sight;

  constructor(database: Kysely<Schema>, sight: Sight) {
    this.#database = database;
    this.#sight = sight;
  }

  /** One page of findings. Throws `CURSOR_MALFORMED`. */
  async list(query: FindingQuery): Promise<FindingPage> {
    const cursor = cursorOf(query);
    const matches = query.text === undefined ? undefined : await matchText(this.#database, query.text);
    if (query.text !== undefined && matches === undefined) return EMPTY;
    const byImages = await this.#byImages(query);
    const counted = await this.#count(query, { matches, byImages });
    // What is rare is found by what makes it rare and then sorted; what is frequent is met soon in the order.
    const ordered = counted > MAX_COUNTED;
    const rows = await this.#rows(query, { matches, ordered, byImages, after: cursor });
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(storedFindingOf),
      nextCursor:
        last === undefined
          ? null
          : formatCursor({ key: last[sortColumns[query.sort]], id: String(last.number) }),
      total: Math.min(counted, MAX_COUNTED),
      totalIsExact: !ordered,
    };
  }

  /**
   * Whether to seek by images rather than by what else is asked: where the caller sees few of them, it is soon known
   * what these have; where the caller sees many, most of what else fits may be seen.
   */
  async #byImages({ seen, firstSeenAfter, knownExploited }: FindingQuery): Promise<boolean> {
    if (firstSeenAfter === undefined && knownExploited !== true) return true;
    if (seesEverything(seen)) return false;
    const { rows } = await sql<{ few: number | boolean }>`
      select (select count(*) from image_findings where ${this.#sight.images(seen, "image_findings.image_id")}) * ${FEW}
        < (select count(*) from image_findings) as few`.execute(this.#database);
    return Boolean(rows[0]?.few);
  }

  async #count(query: FindingQuery, { matches, byImages }: Sought): Promise<number> {
    const { rows } = await sql<{ found: number }>`
      select count(*) as found from (
        select 1 as one from findings
        where ${conditionsOf(query, { matches, ordered: false, byImages, sight: this.#sight })}
        limit ${MAX_COUNTED + 1}) as counted`.execute(this.#database);
    return rows[0]?.found ?? 0;
  }

  async #rows(
    query: FindingQuery,
    { matches, ordered, byImages, after }: Place,
  ): Promise<readonly ListedRow[]> {
    const direction = query.order === "asc" ? sql`asc` : sql`desc`;
    const key = (ordered ? indexed : plain)(sortColumns[query.sort]);
    const { rows } = await sql<ListedRow>`
      select page.*, images.reference from (
        select * from findings
        where ${conditionsOf(query, { matches, ordered, byImages, sight: this.#sight })} ${beyond(key, query, after)}
        order by ${key} ${direction}, findings.number ${direction}
        limit ${query.limit + 1}) as page
      left join images on images.image_id = page.image_id
      order by page.${sql.ref(sortColumns[query.sort])} ${direction}, page.number ${direction}
      `.execute(this.#database);
    return rows;
  }
}

interface Sought {
  readonly matches: TextMatches | undefined;
  readonly byImages: boolean;
}

interface Place extends Sought {
  readonly ordered: boolean;
  readonly after: { readonly key: string | number; readonly number: number } | undefined;
}

const EMPTY: FindingPage = { items: [], nextCursor: null, total: 0, totalIsExact: true };

function cursorOf({ cursor, sort }: FindingQuery): Place["after"] {
  if (cursor === undefined) return undefined;
  const { key, id } = parseCursor(cursor, sort === "severity" || sort === "epss" ? "number" : "string");
  return { key, number: Number(/^\d{1,15}$/u.test(id) ? id : 0) };
}

function beyond(
  key: RawBuilder<unknown>,
  { order }: FindingQuery,
  after: Place["after"],
): RawBuilder<unknown> {
  if (after === undefined) return sql``;
  const operator = order === "asc" ? sql`>` : sql`<`;
  return sql`and (${key}, findings.number) ${operator} (${after.key}, ${after.number})`;
}
