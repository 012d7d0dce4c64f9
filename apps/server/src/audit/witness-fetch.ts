import { once } from "node:events";
import { request } from "node:https";
import { Readable } from "node:stream";
import { getCACertificates } from "node:tls";

/**
 * The `fetch` by which witnesses are asked. Where authorities are given, they are trusted besides those that Node
 * brings; a witness without TLS is asked as before. It follows no redirects: a witness is where it was said to be.
 */
export function witnessFetch(certificates: readonly string[] | undefined): typeof globalThis.fetch {
  if (certificates === undefined || certificates.length === 0) return globalThis.fetch;
  const ca = [...getCACertificates("default"), ...certificates];
  return async (input, init = {}) => {
    const url = new URL(String(input));
    if (url.protocol !== "https:") return await globalThis.fetch(input, init);
    const { method = "GET", body, signal } = init;
    const call = request(url, { method, ca, agent: false, ...(signal && { signal }) });
    call.end(body);
    const [incoming] = await once(call, "response");
    // Whoever reads the body hears of what breaks from then on.
    call.on("error", () => undefined);
    const status: number = incoming.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      incoming.destroy();
      throw new TypeError("a witness answers with a redirect");
    }
    const isEmpty = status === 204;
    return new Response(isEmpty ? null : Readable.toWeb(incoming), { status });
  };
}
