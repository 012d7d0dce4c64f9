import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import { formatCursor, type Page, parseCursor } from "../cursor.ts";
import { type Sight, seesEverything } from "../fleet/sight.ts";
import type { FindingTable, Schema } from "../schema.ts";
import {
  conditionsOf,
  type FindingQuery,
  indexed,
  matchText,
  sortColumns,
  type TextMatches,
} from "./finding-query.ts";
import { type StoredFinding, storedFindingOf } from "./finding-row.ts";

/** One page of findings. `total` is exact up to 10 000; where it is not, there are more. */
export interface FindingPage extends Page<StoredFinding> {
  readonly totalIsExact: boolean;
}

type ListedRow = Selectable<FindingTable> & { readonly number: number; readonly reference: string | null };

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
    const found = await this.#keys(query, { matches, byImages });
    // What is rare is found by what makes it rare and then sorted; what is frequent is met soon in the order.
    const ordered = found.length > MAX_COUNTED;
    const rows = ordered
      ? await this.#rows(query, { matches, byImages, after: cursor })
      : await this.#rowsOf(pageOf(found, query, cursor));
    const page = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(storedFindingOf),
      nextCursor:
        last === undefined
          ? null
          : formatCursor({ key: last[sortColumns[query.sort]], id: String(last.number) }),
      total: Math.min(found.length, MAX_COUNTED),
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

  /** What fits, in no order: looking for all that is rare twice, to count it and to sort it, would take twice as long. */
  async #keys(query: FindingQuery, { matches, byImages }: Sought): Promise<readonly KeyRow[]> {
    const { rows } = await sql<KeyRow>`
      select findings.number, findings.${sql.ref(sortColumns[query.sort])} as key from findings
      where ${conditionsOf(query, { matches, ordered: false, byImages, sight: this.#sight })}
      limit ${MAX_COUNTED + 1}`.execute(this.#database);
    return rows;
  }

  async #rowsOf(keys: readonly KeyRow[]): Promise<readonly ListedRow[]> {
    if (keys.length === 0) return [];
    const { rows } = await sql<ListedRow>`
      select findings.*, images.reference from findings
      left join images on images.image_id = findings.image_id
      where findings.number in (${sql.join(keys.map(({ number }) => number))})`.execute(this.#database);
    const byNumber = new Map(rows.map((row) => [Number(row.number), row]));
    return keys.flatMap(({ number }) => byNumber.get(Number(number)) ?? []);
  }

  async #rows(query: FindingQuery, { matches, byImages, after }: Place): Promise<readonly ListedRow[]> {
    const direction = query.order === "asc" ? sql`asc` : sql`desc`;
    const key = indexed(sortColumns[query.sort]);
    const { rows } = await sql<ListedRow>`
      select page.*, images.reference from (
        select * from findings
        where ${conditionsOf(query, { matches, ordered: true, byImages, sight: this.#sight })} ${beyond(key, query, after)}
        order by ${key} ${direction}, findings.number ${direction}
        limit ${query.limit + 1}) as page
      left join images on images.image_id = page.image_id
      order by page.${sql.ref(sortColumns[query.sort])} ${direction}, page.number ${direction}
      `.execute(this.#database);
    return rows;
  }
}

/** A finding in the order of a list. */
interface KeyRow {
  readonly number: number;
  readonly key: string | number;
}

interface Sought {
  readonly matches: TextMatches | undefined;
  readonly byImages: boolean;
}

interface Place extends Sought {
  readonly after: { readonly key: string | number; readonly number: number } | undefined;
}

const EMPTY: FindingPage = { items: [], nextCursor: null, total: 0, totalIsExact: true };

/** The page that begins after a place, and the finding behind it where there is one. */
function pageOf(found: readonly KeyRow[], query: FindingQuery, after: Place["after"]): readonly KeyRow[] {
  const sign = query.order === "asc" ? 1 : -1;
  const rest = after === undefined ? found : found.filter((row) => compareKeys(row, after) * sign > 0);
  return rest.toSorted((left, right) => compareKeys(left, right) * sign).slice(0, query.limit + 1);
}

function compareKeys(left: KeyRow, right: KeyRow): number {
  if (left.key === right.key) return Number(left.number) - Number(right.number);
  return left.key < right.key ? -1 : 1;
}

function cursorOf({ cursor, sort }: FindingQuery): Place["after"] {
  if (cursor === undefined) return undefined;
  const { key, id } = parseCursor(
    cursor,
    sort === "risk" || sort === "severity" || sort === "epss" ? "number" : "string",
  );
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
