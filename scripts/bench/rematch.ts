import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { applyDelta } from "../../apps/server/src/rematch/apply-delta.ts";
import { RememberingIndex } from "../../apps/server/src/rematch/remembering-index.ts";
import {
  compareDatabases,
  currentVersion,
  openDatabase,
  openVersion,
  pathOfVersion,
} from "../../packages/advisory/src/index.ts";
import { rematch as rematchReport } from "../../packages/matching/src/index.ts";
import { openStore, type Store, type StoreOptions } from "../../packages/store/src/index.ts";
import { multiplyImages } from "../../packages/store/src/testdata/multiply-images.ts";
import { seedReports } from "../../packages/store/src/testdata/seed-reports.ts";
import { postgresUnavailable, startPostgres } from "../../packages/testkit/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { buildAdvisories, imageIdOf, reportOf } from "./rematch-seed.ts";
import { quantile } from "./statistics.ts";

const TARGET_MS = 5_000;
const ORIGINALS = 1_000;
const SIZES = [10_000, 100_000] as const;
const FRESH = 500;
const RUNNING = 500;
const RENEWED = 300;
const BEFORE = new Date("2027-06-01T06:00:00Z");
const AFTER = new Date("2027-06-02T06:00:00Z");

export const rematch: Bench = {
  name: "rematch",
  description: "how long 500 new advisories take to reach the images that they affect, without a scan",
  unavailable: () => undefined,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      await buildAdvisories(directory, 0, BEFORE);
      const before = currentVersion(path.join(directory, "advisories")) ?? "";
      await buildAdvisories(directory, FRESH, AFTER);
      const rows: Row[] = [];
      for (const images of SIZES) {
        const file = path.join(directory, `${images}.sqlite`);
        rows.push(
          ...(await measure(`SQLite, ${images} images`, { file }, { directory, before, images, say })),
        );
        rmSync(file, { force: true });
      }
      if (postgresUnavailable() !== undefined) return rows;
      await using cluster = await startPostgres({ fsync: true });
      for (const images of SIZES) {
        const postgres = await cluster.createDatabase();
        const name = `PostgreSQL, ${images} images`;
        rows.push(...(await measure(name, { postgres }, { directory, before, images, say })));
        cluster.execute(`drop database ${new URL(postgres).pathname.slice(1)} with (force)`);
      }
      return rows;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

interface Options {
  readonly directory: string;
  /** The file of the advisories from before. */
  readonly before: string;
  readonly images: number;
  readonly say: (text: string) => void;
}

async function measure(
  name: string,
  where: StoreOptions,
  { directory, before, images, say }: Options,
): Promise<readonly Row[]> {
  const advisories = path.join(directory, "advisories");
  const clock = () => AFTER;
  using was = openVersion(advisories, before, { clock });
  if (was === undefined) throw new Error("the advisories from before are gone");
  using is = openDatabase(advisories, { clock });
  const store = await openStore(where);
  try {
    say(`${name}: ${ORIGINALS} are made of reports …`);
    await seed(store, new RememberingIndex(was));
    say(`${name}: they are multiplied …`);
    await multiplyImages(store, images / ORIGINALS);
    await runSome(store, images);
    say(`${name}: 500 advisories come …`);
    const after = new RememberingIndex(is);
    const started = performance.now();
    const startedCpu = process.cpuUsage();
    const delta = await compareDatabases(
      pathOfVersion(advisories, before),
      pathOfVersion(advisories, currentVersion(advisories) ?? ""),
    );
    const compared = performance.now();
    const outcome = await applyDelta({
      store,
      delta,
      before: new RememberingIndex(was),
      after,
      beforeAt: was.builtAt,
      afterAt: is.builtAt,
      now: AFTER.toISOString(),
      signal: new AbortController().signal,
    });
    const took = performance.now() - started;
    const { user, system } = process.cpuUsage(startedCpu);
    const cpu = (user + system) / 1000;
    const listed = performance.now();
    await store.newlyAffected.list({ seen: [[{}]], since: BEFORE.toISOString(), limit: 50 });
    const listMs = performance.now() - listed;
    const renewals = await renewSome(store, after, is.builtAt);
    say(
      `${name}: ${seconds(took)} for ${JSON.stringify(outcome)}, compared in ${seconds(compared - started)}, ${seconds(cpu)} of processor time`,
    );
    const rate = outcome.findings / (took / 1000);
    return [
      {
        what: `${name} of 300 packages: ${FRESH} new advisories, until all that they affect is known and listed`,
        target: images === SIZES[0] ? `≤ ${TARGET_MS / 1000} s` : "linear",
        result: `${seconds(took)} (comparing the databases ${seconds(compared - started)}); ${seconds(cpu)} of processor time`,
        peer: [
          `${outcome.judged} packages judged, ${outcome.changed} of them otherwise`,
          `${outcome.findings} findings added to ${outcome.affected} images, ${outcome.running} of them running`,
          `${Math.round(rate)} findings per second`,
        ].join("; "),
      },
      {
        what: `${name}: the first 50 newly affected images, running ones first`,
        target: "",
        result: `${Math.round(listMs)} ms`,
        peer: "",
      },
      {
        what: `${name}: renewing one report afterwards, in the background`,
        target: "",
        result: `${quantile(renewals, 0.5).toFixed(1)} ms (p99 ${quantile(renewals, 0.99).toFixed(1)} ms)`,
        peer: "",
      },
    ];
  } finally {
    await store.close();
  }
}

async function seed(store: Store, advisories: RememberingIndex): Promise<void> {
  await seedReports(store, ORIGINALS, (index) => ({
    imageId: imageIdOf(index),
    report: reportOf(index, advisories, BEFORE.toISOString()),
  }));
}

/** One host runs some of the images, from all over the fleet. */
async function runSome(store: Store, images: number): Promise<void> {
  const at = BEFORE.toISOString();
  await store.hosts.put({ name: "web-1", logId: "log", heardAt: at, status: {}, labels: {} });
  const copies = images / ORIGINALS;
  const containers = Array.from({ length: RUNNING }, (_, index) => {
    const copy = (index % copies).toString(16).padStart(6, "0");
    const imageId = imageIdOf((index * 7) % ORIGINALS);
    return {
      id: `c${index}`,
      name: `c${index}`,
      image: `app-${index}`,
      imageId: `${imageId.slice(0, -6)}${copy}` as typeof imageId,
      state: "running",
      document: {},
    };
  });
  await store.fleet.containers.replace({ host: "web-1", takenAt: at, containers });
}

async function renewSome(
  store: Store,
  advisories: RememberingIndex,
  advisoriesAt: string,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (const imageId of await store.packages.due(RENEWED)) {
    const started = performance.now();
    const options = { advisoriesAt, at: AFTER.toISOString() };
    await store.images.renew(imageId, (report) => rematchReport(report, advisories), options);
    times.push(performance.now() - started);
  }
  return times;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
