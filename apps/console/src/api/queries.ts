import {
  listImages,
  listLaunches,
  type QueryInputOf,
  showHost,
  showImage,
  showLaunch,
  showOverview,
  showSession,
} from "@pratique/api";
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { call } from "./call.ts";
import { CallError } from "./call-error.ts";

/** Members that are undefined are as good as absent. */
type Loose<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** What an image list may be narrowed to, and how it is ordered. */
export type ImageFilter = Loose<
  Pick<QueryInputOf<typeof listImages>, "text" | "severity" | "verdict" | "sort" | "order">
>;
export type LaunchFilter = Loose<Pick<QueryInputOf<typeof listLaunches>, "text" | "outcome">>;

const FIRST_PAGE = "";
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

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call(showSession, { signal }),
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => call(showOverview, { signal }),
});

export const hostQuery = queryOptions({
  queryKey: ["host"],
  queryFn: ({ signal }) => call(showHost, { signal }),
  // An agent that has fallen silent sends no event to say so.
  refetchInterval: 30_000,
});

export function imageQuery(imageId: string) {
  return queryOptions({
    queryKey: ["images", "one", imageId],
    queryFn: ({ signal }) => call(showImage, { params: { imageId }, signal }),
  });
}

export function launchQuery(launchId: string) {
  return queryOptions({
    queryKey: ["launches", "one", launchId],
    queryFn: ({ signal }) => call(showLaunch, { params: { launchId }, signal }),
  });
}

export function imagesQuery(filter: ImageFilter, limit: number) {
  return infiniteQueryOptions({
    queryKey: ["images", "list", filter, limit],
    queryFn: ({ pageParam, signal }) =>
      call(listImages, { query: { ...filter, limit, ...cursorOf(pageParam) }, signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: (previous) => previous,
  });
}

export function launchesQuery(filter: LaunchFilter, limit: number) {
  return infiniteQueryOptions({
    queryKey: ["launches", "list", filter, limit],
    queryFn: ({ pageParam, signal }) =>
      call(listLaunches, { query: { ...filter, limit, ...cursorOf(pageParam) }, signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: (previous) => previous,
  });
}

function cursorOf(pageParam: string): { cursor?: string } {
  return pageParam === FIRST_PAGE ? {} : { cursor: pageParam };
}
