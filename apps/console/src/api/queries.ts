import { type Endpoint, type ReplyOf, showSession } from "@pratique/api";
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { type CallInput, call } from "./call.ts";
import { CallError } from "./call-error.ts";

const MAX_RETRIES = 2;

/** Makes the cache of what the server said. What it refused is not asked for again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, thrown) =>
          thrown instanceof CallError && thrown.code === "UNREACHABLE" && failures < MAX_RETRIES,
      },
    },
  });
}

/**
 * What an endpoint answers. The key begins with the endpoint's id: what follows changes finds it by that.
 */
export function readQuery<E extends Endpoint>(endpoint: E, { params = {}, query = {} }: CallInput = {}) {
  return queryOptions({
    queryKey: [endpoint.id, params, query],
    queryFn: ({ signal }): Promise<ReplyOf<E>> => call(endpoint, { params, query, signal }),
  });
}

export const sessionQuery = readQuery(showSession);
