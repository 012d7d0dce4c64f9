import type { HttpClient } from "@pratique/http";
import type { CustomFetch } from "openid-client";

const MAX_BYTES = 1_048_576;
const TIMEOUT_MS = 15_000;

/** An answer that is no success is still one: the library reads what it says. */
const failures = Array.from({ length: 200 }, (_, index) => 400 + index);

/** Lets the library of OpenID Connect reach providers through our own way out, with its limits and its guard. */
export function fetchThrough(client: HttpClient): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const response = await client.request({
      url,
      method: method === "POST" ? "POST" : "GET",
      headers,
      ...(body !== undefined && body !== null && { body: String(body) }),
      ...(signal !== undefined && { signal }),
      acceptStatuses: failures,
      maxBytes: MAX_BYTES,
      totalTimeoutMs: TIMEOUT_MS,
    });
    const bytes = await response.bytes();
    const answered = new Headers([...response.headers]);
    return new Response(response.status === 204 ? null : new Uint8Array(bytes), {
      status: response.status,
      headers: answered,
    });
  };
}
