import { request } from "node:https";

/** `fetch` over TLS that trusts whoever answers, and shows a token; for what reads whole files only. */
export function tlsFetch(headers: Readonly<Record<string, string>>): typeof globalThis.fetch {
  return async (input) =>
    await new Promise((resolve, reject) => {
      const url = new URL(String(input));
      const outgoing = request(url, { headers, rejectUnauthorized: false, agent: false }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("error", reject);
        incoming.once("end", () =>
          resolve(
            new Response(Buffer.concat(chunks), {
              status: incoming.statusCode ?? 0,
              headers: { "retry-after": incoming.headers["retry-after"] ?? "" },
            }),
          ),
        );
      });
      outgoing.once("error", reject);
      outgoing.end();
    });
}
