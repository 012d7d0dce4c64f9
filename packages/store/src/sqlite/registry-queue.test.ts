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
  const listing = await listings.begin("main", "lister");
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

const byIndex = /registry_images_due \(registry=\? AND state=\? AND priority=\? AND next_try_ms[<>]\?\)$/u;

it("finds what is next without a look at all that wait", async () => {
  const plans = await plansOf(() => store.registries.queue.claim("main", { slot: 0, holder: "w" }));
  expect(plans).toEqual([expect.stringMatching(byIndex), expect.stringMatching(byIndex)]);
});

it("finds what is to be begun, and when, without a look at all that wait", async () => {
  const plans = await plansOf(() => store.registries.queue.wake("main"));
  expect(plans).toHaveLength(3);
  for (const plan of plans) expect(plan).toMatch(byIndex);
});
