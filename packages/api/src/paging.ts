import { z } from "zod";

/** The most items on one page. */
const MAX_PAGE = 200;

/** The members of a query that asks for a page. */
export const pageQuery = {
  /** Opaque; from `nextCursor` of the page before, with the same query. */
  cursor: z.string().max(2048).exactOptional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
};

/**
 * A page of items. `nextCursor` is null on the last one; `total` counts what the filter lets through. Of findings and
 * launches no more than 10 000 are counted: there may be more than that many.
 */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable(),
    total: z.int().nonnegative(),
  });
}
