import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonValue } from "../../packages/core/src/index.ts";
import {
  openStore,
  type RegistryImageOutcome,
  SCAN_REGISTRY,
  type Store,
  type StoreOptions,
} from "../../packages/store/src/index.ts";
import { postgresUnavailable, startPostgres } from "../../packages/testkit/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { quantile } from "./statistics.ts";

const IMAGES = Number(process.env.PRATIQUE_BENCH_IMAGES ?? 1000);
/** What stands for the scan of an image. */
const SCAN_MS = 5;
const SLOTS = 4;
const IMAGES_AT_ONCE = 10;
const PUSHES = 100;
const BETWEEN_PUSHES_MS = 60;
const HOST = "registry.example";

const scanned: RegistryImageOutcome = {
  kind: "scanned",
  imageId: `sha256:${"a".repeat(64)}`,
  digest: null,
  assessment: "complete",
};

export const registryQueue: Bench = {
  name: "registry-queue",
  description: "how fast images of a registry are handed out to workers, and how soon after a push",
  unavailable: () => undefined,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-queue-"));
    const rows: Row[] = [];
    try {
      say("SQLite …");
      rows.push(
        ...(await measure("SQLite", [{ file: path.join(directory, "store.sqlite"), readerThreads: 1 }])),
      );
      const why = postgresUnavailable();
      if (why !== undefined) {
        say(`PostgreSQL: ${why}`);
        return rows;
      }
      say("PostgreSQL, with two workers …");
      await using cluster = await startPostgres({ fsync: true });
      const postgres = await cluster.createDatabase();
      rows.push(...(await measure("PostgreSQL", [{ postgres }, { postgres }])));
      return rows;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** One worker for each way to the same store. */
async function measure(name: string, ways: readonly StoreOptions[]): Promise<readonly Row[]> {
  const stores = await Promise.all(ways.map(async (options) => await openStore(options)));
  const ending = new AbortController();
  const begun = new Map<string, number>();
  const workers = stores.map(async (store) => await work(store, { signal: ending.signal, begun }));
  const [store] = stores;
  if (store === undefined) return [];
  try {
    const allMs = await handOut(store, begun);
    const waits = await push(store, begun);
    const [middle, most] = [0.5, 0.95].map((part) => quantile(waits, part).toFixed(0));
    const what = `${IMAGES} images of ${SCAN_MS} ms handed out, ${SLOTS} at once`;
    return [
      { what: `in ${name}: ${what}`, target: "≤ 600 s", result: `${(allMs / 1000).toFixed(1)} s`, peer: "" },
      {
        what: `in ${name}: from a push until its image is begun`,
        target: "none set",
        result: `${middle} ms, ${most} ms (95 %)`,
        peer: "",
      },
    ];
  } finally {
    ending.abort();
    await Promise.all(workers);
    for (const each of stores) await each.close();
  }
}

/** Does the jobs as servers and workers do, but for the scan. */
async function work(
  { jobs, registries: { queue } }: Store,
  { signal, begun }: { readonly signal: AbortSignal; readonly begun: Map<string, number> },
): Promise<void> {
  const scan = async (payload: JsonValue) => {
    const slot = Number(Object(payload).slot);
    for (let done = 0; done < IMAGES_AT_ONCE; done += 1) {
      const claimed = await queue.claim("main", { slot, holder: "bench" });
      if (claimed === undefined) return;
      begun.set(claimed.image.tag, performance.now());
      await sleep(SCAN_MS);
      await queue.finish(claimed, scanned);
    }
    await queue.handOver("main", slot);
  };
  await jobs.work(
    { [SCAN_REGISTRY]: scan },
    { concurrency: SLOTS, signal, now: Date.now, onError: (thrown) => console.error(thrown) },
  );
}

async function handOut({ registries }: Store, begun: ReadonlyMap<string, number>): Promise<number> {
  const { settings, listings } = registries;
  await settings.put({
    id: "main",
    name: "Main",
    kind: "distribution",
    address: HOST,
    path: "",
    settings: {},
    everyMinutes: 0,
    concurrency: SLOTS,
    sealedSecrets: null,
    secretNames: [],
  });
  const listing = await listings.begin("main", "bench");
  if (listing === undefined) throw new Error("the registry is not due");
  const started = performance.now();
  await listings.add(
    listing,
    Array.from({ length: IMAGES }, (_, index) => image(`listed-${index}`)),
  );
  await listings.end(listing, undefined);
  while (begun.size < IMAGES) await sleep(SCAN_MS);
  return performance.now() - started;
}

async function push({ registries }: Store, begun: ReadonlyMap<string, number>): Promise<readonly number[]> {
  const waits: number[] = [];
  for (let index = 0; index < PUSHES; index += 1) {
    const tag = `pushed-${index}`;
    const started = performance.now();
    await registries.queue.push("main", [image(tag)]);
    while (!begun.has(tag)) await sleep(1);
    waits.push((begun.get(tag) ?? started) - started);
    await sleep(BETWEEN_PUSHES_MS);
  }
  return waits;
}

function image(tag: string) {
  return { repository: `${HOST}/app`, tag, platform: "" };
}
