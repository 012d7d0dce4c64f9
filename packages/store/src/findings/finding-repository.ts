import { type Kysely, type RawBuilder, sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import type { Sight } from "../fleet/sight.ts";
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
    const counted = await this.#count(query, matches);
    // What is rare is found by what makes it rare and then sorted; what is frequent is met soon in the order.
    const ordered = counted > MAX_COUNTED;
    const rows = await this.#rows(query, { matches, ordered, after: cursor });
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

  async #count(query: FindingQuery, matches: TextMatches | undefined): Promise<number> {
    const { rows } = await sql<{ found: number }>`
      select count(*) as found from (
        select 1 as one from findings
        where ${conditionsOf(query, { matches, ordered: false, sight: this.#sight })}
        limit ${MAX_COUNTED + 1}) as counted`.execute(this.#database);
    return rows[0]?.found ?? 0;
  }

  async #rows(query: FindingQuery, { matches, ordered, after }: Place): Promise<readonly ListedRow[]> {
    const direction = query.order === "asc" ? sql`asc` : sql`desc`;
    const key = (ordered ? indexed : plain)(sortColumns[query.sort]);
    const { rows } = await sql<ListedRow>`
      select page.*, images.reference from (
        select * from findings
        where ${conditionsOf(query, { matches, ordered, sight: this.#sight })} ${beyond(key, query, after)}
        order by ${key} ${direction}, findings.number ${direction}
        limit ${query.limit + 1}) as page
      left join images on images.image_id = page.image_id
      order by page.${sql.ref(sortColumns[query.sort])} ${direction}, page.number ${direction}
      `.execute(this.#database);
    return rows;
  }
}

interface Place {
  readonly matches: TextMatches | undefined;
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
