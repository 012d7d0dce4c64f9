import type { Endpoint, ReplyOf } from "@pratique/api";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { type CallInput, call } from "./call.ts";

/** A page of a list, as every list of the contract is answered. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** The items that a list of the contract holds. */
export type ItemOf<E extends Endpoint> =
  ReplyOf<E> extends { readonly items: readonly (infer Item)[] } ? Item : never;

/** A list of the contract, with what is asked for whatever the filter says. */
export interface ListSource<Item> {
  readonly endpoint: Endpoint;
  readonly fixed: Pick<CallInput, "params" | "query">;
  readonly read: (input: CallInput) => Promise<ListPage<Item>>;
}

/** Makes a source of an endpoint that answers with pages. */
export function listSource<E extends Endpoint>(
  endpoint: E,
  fixed: Pick<CallInput, "params" | "query"> = {},
): ListSource<ItemOf<E>> {
  return {
    endpoint,
    fixed,
    // ItemOf is never for what is no list, so that no column fits; the compiler does not see the page in E's reply.
    read: async (input) => (await call(endpoint, input)) as unknown as ListPage<ItemOf<E>>,
  };
}

/** What was read of a list page after page, and whether that is all of it. */
export interface WholeList<Item> {
  readonly items: readonly Item[];
  readonly complete: boolean;
}

const LARGEST_PAGE = 200;
const MOST_PAGES = 25;

/** Reads a list to its end, or so far as a person could still look through it. */
export function wholeListQuery<Item>({ endpoint, fixed, read }: ListSource<Item>) {
  return queryOptions({
    queryKey: [endpoint.id, "whole", fixed],
    queryFn: async ({ signal }): Promise<WholeList<Item>> => {
      const items: Item[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const query = { ...fixed.query, limit: LARGEST_PAGE, cursor };
        const { items: found, nextCursor } = await read({ ...fixed, query, signal });
        items.push(...found);
        if (nextCursor === null) return { items, complete: true };
        cursor = nextCursor;
      }
      return { items, complete: false };
    },
  });
}

/** Reads one page. The page before stays to be seen until it is there. */
export function listQuery<Item>({ endpoint, fixed, read }: ListSource<Item>, query: CallInput["query"]) {
  const { params = {} } = fixed;
  const asked = { ...query, ...fixed.query };
  return queryOptions({
    queryKey: [endpoint.id, params, asked],
    queryFn: ({ signal }) => read({ params, query: asked, signal }),
    placeholderData: keepPreviousData,
  });
}
