import { ServerError } from "./errors.ts";

/** Which part of a list is wanted. */
interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

interface ArrayPage<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** One page of what is at hand whole. Throws `CURSOR_MALFORMED`. */
export function pageOf<Item>(all: readonly Item[], { limit, cursor }: PageQuery): ArrayPage<Item> {
  if (cursor !== undefined && !/^\d{1,9}$/u.test(cursor)) {
    throw new ServerError("CURSOR_MALFORMED", `malformed cursor ${JSON.stringify(cursor)}`);
  }
  const from = Number(cursor ?? 0);
  const next = from + limit;
  return {
    items: all.slice(from, next),
    nextCursor: next < all.length ? String(next) : null,
    total: all.length,
  };
}
