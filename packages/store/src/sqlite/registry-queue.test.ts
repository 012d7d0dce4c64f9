import { tempDirectory } from "@pratique/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore, type Store } from "../index.ts";
import { connectionOf } from "../store-connection.ts";

const directory = tempDirectory();
let store: Store;
const asked: string[] = [];

beforeAll(async () => {
  store = await openStore(
    { file: directory.at("store.sqlite") },
    { query: ({ sql: text }) => void asked.push(text), job: async (_, run) => await run() },
  );
  const { settings, listings } = store.registries;
  await settings.put({
    id: "main",
    name: "Main",
    kind: "distribution",
    address: "registry.example",
    path: "",
    settings: {},
    everyMinutes: 60,
    concurrency: 2,
    sealedSecrets: null,
    secretNames: [],
  });
  const listing = await listings.begin("main", { holder: "lister", leaseMs: 60_000 });
  if (listing === undefined) throw new Error("the registry is not due");
  await listings.add(listing, [{ repository: "registry.example/app", tag: "1", platform: "" }]);
});

afterAll(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

/** How SQLite carries out each query that asks which images are due. */
async function plansOf(run: () => Promise<unknown>): Promise<readonly string[]> {
  asked.length = 0;
  await run();
  const plans: string[] = [];
  for (const text of asked.filter((each) => /^\s*select\b.*next_try_ms/su.test(each))) {
    const { rows } = await sql<{
      detail: string;
    }>`${sql.raw(`explain query plan ${text.replaceAll("?", "'x'")}`)}`.execute(connectionOf(store).database);
    plans.push(rows.map(({ detail }) => detail).join("; "));
  }
  return plans;
}

it("finds what is due without a look at what was scanned", async () => {
  const [plan = "", ...more] = await plansOf(() => store.registries.queue.due());
  expect(more).toEqual([]);
  const reads = plan.split("; ").filter((step) => step.includes(" registry_images "));
  expect(reads).toHaveLength(2);
  expect(reads.filter((step) => !step.includes("(registry=? AND state=?"))).toEqual([]);
});

it("finds what is next without a look at all that wait", async () => {
  const plans = await plansOf(() => store.registries.queue.claim("main", { holder: "w", leaseMs: 60_000 }));
  const first = /registry_images_due \(registry=\? AND state=\? AND priority=\? AND next_try_ms<\?\)$/u;
  expect(plans).toEqual([
    // Of those that are being scanned there are few.
    expect.stringContaining("(registry=? AND state=?)"),
    expect.stringMatching(first),
    expect.stringMatching(first),
  ]);
});
