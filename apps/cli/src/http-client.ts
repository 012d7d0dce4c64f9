import { HttpClient } from "@pratique/http";
import type { Context } from "./context.ts";

/** The client for everything that is fetched by HTTP. */
export function makeHttpClient({ now, version }: Context): HttpClient {
  return new HttpClient({
    now: () => now().getTime(),
    random: Math.random,
    userAgent: `pratique/${version}`,
  });
}
