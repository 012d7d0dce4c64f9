import { type Endpoint, type ReplyOf, showSession } from "@pratique/api";
import { MutationCache, QueryCache, QueryClient, type QueryKey, queryOptions } from "@tanstack/react-query";
import { type CallInput, call } from "./call.ts";
import { CallError, isNotSignedIn } from "./call-error.ts";

const MAX_RETRIES = 2;

/**
 * Makes the cache of what the server said. What it refused is not asked for again. Where it knows nobody any more, who
 * is signed in is asked once more: the page around everything says what came of it.
 */
export function makeQueryClient(): QueryClient {
  const lookWhoIsSignedIn = (thrown: Error, queryKey: QueryKey) => {
    if (isNotSignedIn(thrown) && queryKey[0] !== showSession.id) {
      void client.invalidateQueries({ queryKey: [showSession.id] });
    }
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (thrown, { queryKey }) => lookWhoIsSignedIn(thrown, queryKey) }),
    mutationCache: new MutationCache({ onError: (thrown) => lookWhoIsSignedIn(thrown, []) }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, thrown) =>
          thrown instanceof CallError && thrown.code === "UNREACHABLE" && failures < MAX_RETRIES,
      },
    },
  });
  return client;
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
