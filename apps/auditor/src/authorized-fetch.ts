import { request } from "node:https";
import { isIP } from "node:net";
import { AuditorError } from "./errors.ts";

/** Who asks, and whom to trust. */
export interface Authorization {
  /** Shown as a bearer token. */
  readonly token?: string | undefined;
  /** Certificates in PEM that are trusted in the place of those that Node brings. */
  readonly authorities?: string | undefined;
}

/**
 * `fetch` for servers that want a token or have a certificate of their own. Of what `fetch` can it does a GET without
 * redirections, which is all that reading a log needs.
 */
export function authorizedFetch(
  fetch: typeof globalThis.fetch,
  { token, authorities }: Authorization,
): typeof globalThis.fetch {
  if (token === undefined && authorities === undefined) return fetch;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return async (input, init) => {
    const url = new URL(String(input));
    // A token in clear text is a token for everybody on the way.
    if (token !== undefined && url.protocol !== "https:" && !isLoopback(url.hostname)) {
      throw new AuditorError("ARGUMENTS_INVALID", "a token is sent to https URLs only");
    }
    if (authorities === undefined) return await fetch(input, { ...init, headers });
    return await get(url, { headers, authorities, signal: init?.signal ?? undefined });
  };
}

function isLoopback(hostname: string): boolean {
  // A name may begin as an address does: `127.0.0.1.example.com`.
  const isLoopback4 = isIP(hostname) === 4 && hostname.startsWith("127.");
  return hostname === "localhost" || hostname === "[::1]" || isLoopback4;
}

async function get(
  url: URL,
  {
    headers,
    authorities,
    signal,
  }: {
    readonly headers: Readonly<Record<string, string>>;
    readonly authorities: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Response> {
  return await new Promise((resolve, reject) => {
    const options = { headers, ca: authorities, ...(signal !== undefined && { signal }) };
    const outgoing = request(url, options, (incoming) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          incoming.on("data", (chunk: Buffer) => controller.enqueue(new Uint8Array(chunk)));
          incoming.once("end", () => controller.close());
          incoming.once("error", (error) => controller.error(error));
        },
        cancel: () => void incoming.destroy(),
      });
      const status = incoming.statusCode ?? 0;
      const retryAfter = incoming.headers["retry-after"];
      resolve(
        new Response(status === 204 || status === 304 ? null : body, {
          status,
          ...(retryAfter !== undefined && { headers: { "retry-after": retryAfter } }),
        }),
      );
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}
