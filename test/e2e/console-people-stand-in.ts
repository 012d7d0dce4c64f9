import type { ReplyOf, showHealth } from "@pratique/api";
import type { BrowserContext } from "playwright-core";

/** Answers for parts that the server does not speak of yet, as the contract says. */
export async function standInForHealth(context: BrowserContext): Promise<void> {
  await context.route(/\/api\/v1\/health$/u, async (route) => {
    const real = await route.fetch();
    if (real.status() !== 404) return await route.fulfill({ response: real });
    const body = JSON.stringify(health(Date.now()));
    return await route.fulfill({ status: 200, contentType: "application/json", body });
  });
}

function health(now: number): ReplyOf<typeof showHealth> {
  const at = (ms: number) => new Date(now + ms).toISOString();
  return {
    version: "0.1.0",
    servers: [{ name: "server-1", version: "0.1.0", startedAt: at(-7_200_000), seenAt: at(0) }],
    components: [
      { name: "store", state: "ok", detail: "SQLite", values: { bytes: 1_234_567 } },
      {
        name: "audit",
        state: "degraded",
        detail: "a witness is behind",
        values: { size: 59, unfinished: 1 },
      },
      { name: "encryption", state: "ok", detail: "the key lies in a file", values: { provider: "file" } },
      { name: "notifications", state: "down", detail: "nothing was delivered", values: { waiting: 12 } },
    ],
    jobs: [
      { id: "j1", name: "retention", state: "queued", attempts: 0, runAt: at(3_600_000), error: null },
      { id: "j2", name: "deliver", state: "failed", attempts: 5, runAt: at(0), error: "connection refused" },
    ],
  };
}
