import { HttpClient, type HttpClientOptions } from "@pratique/http";
import type { Context } from "./context.ts";

/** The client for everything that is fetched by HTTP. */
export function makeHttpClient(
  { now, version }: Context,
  more: Pick<HttpClientOptions, "retry"> = {},
): HttpClient {
  return new HttpClient({
    now: () => now().getTime(),
    random: Math.random,
    userAgent: `pratique/${version}`,
    ...more,
  });
}
