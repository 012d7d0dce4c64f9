import { priorities } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DetectionQuery, openStore, type Store } from "../index.ts";
import { connectionOf } from "../store-connection.ts";
import { digestOf, everything, recordsOf } from "../testdata/samples.ts";

/** Enough that the planner would err; that it does not has been measured with 100,000. */
const DETECTIONS = 2_000;

const directory = tempDirectory();
let store: Store;
const asked: string[] = [];

beforeAll(async () => {
  store = await openStore(
    { file: directory.at("store.sqlite") },
    { query: ({ sql: text }) => void asked.push(text), job: async (_, run) => await run() },
  );
  await store.records.append({
    logId: "log",
    host: "web-1",
    records: recordsOf(1, DETECTIONS, { class: "detection" }),
    project: () => undefined,
    projectRuntime: ({ sequence }) => ({
      kind: "detection",
      detection: `d-${sequence}`,
      rule: `Rule ${sequence % 90}`,
      priority: priorities[sequence % 8] ?? "debug",
      tags: ["container"],
      outcome: "none",
      image: "ghcr.io/acme/app:1",
      imageId: digestOf(sequence % 20),
      containerId: `c${sequence % 50}`,
      words: [],
      document: {},
    }),
  });
});

afterAll(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

/** How SQLite carries out what a query asks of the detections, one line a step. */
async function plansOf(run: () => Promise<unknown>): Promise<readonly string[]> {
  asked.length = 0;
  await run();
  const texts = asked.filter((text) => text.includes('"detections"') && text.startsWith("select"));
  const plans: string[] = [];
  for (const text of texts) {
    const { rows } = await sql<{
      detail: string;
    }>`${sql.raw(`explain query plan ${text.replaceAll("?", "'x'")}`)}`.execute(connectionOf(store).database);
    plans.push(...rows.map(({ detail }) => detail));
  }
  return plans;
}

const list = (query: Partial<DetectionQuery>) => async () =>
  await store.runtime.detections.list({ seen: everything, limit: 50, ...query });

it.each<[string, () => Promise<unknown>, string]>([
  ["all", list({}), "detections_found"],
  ["urgent ones", list({ priority: "critical" }), "detections_found"],
  ["those of an outcome", list({ outcome: "killed" }), "detections_found"],
  ["those of a rule", list({ rule: "Rule 7" }), "detections_rule"],
  ["those of a host", list({ host: "web-1", priority: "critical" }), "detections_host"],
  ["those of a container", list({ containerId: "c7" }), "detections_container"],
  ["those of an image", list({ imageId: digestOf(7) }), "detections_image"],
])("finds %s in the order of their time, by an index and without sorting", async (_, run, index) => {
  const plans = await plansOf(run);
  const reads = plans.filter((step) => /^(?:SCAN|SEARCH) detections\b/u.test(step));
  expect(reads.some((step) => step.includes(index))).toBe(true);
  // What is only counted may come from any index that holds all that is asked for.
  expect(reads.filter((step) => !step.includes(index) && !step.includes("COVERING INDEX"))).toEqual([]);
  expect(plans.filter((step) => step.includes("TEMP B-TREE FOR ORDER BY"))).toEqual([]);
});

it.each<[string, () => Promise<unknown>]>([
  [
    "by hour",
    () => store.runtime.detections.countByHour({ since: "2026-11-24T10:00:00Z", seen: everything }),
  ],
  [
    "by priority",
    () => store.runtime.detections.countByPriority({ since: "2026-11-24T10:00:00Z", seen: everything }),
  ],
])("counts detections %s without reading one of them", async (_, run) => {
  const plans = await plansOf(run);
  expect(plans[0]).toContain("COVERING INDEX detections_found (time>?)");
});

it("counts what nobody has looked at by the few that there are", async () => {
  const plans = await plansOf(() =>
    store.runtime.detections.unlooked({ since: "2026-11-24T10:00:00Z", seen: everything }),
  );
  expect(plans[0]).toContain("detections_unlooked");
});

it("finds those of a rule's flood by the rule when somebody looks at one", async () => {
  const before = await store.runtime.detections.unlooked({ since: "2026-11-24T10:00:00Z", seen: everything });
  await store.runtime.detections.noteLook("log.1800", { at: "2026-11-24T11:00:00.000Z", seen: everything });
  const after = await store.runtime.detections.unlooked({ since: "2026-11-24T10:00:00Z", seen: everything });
  // Of rule 0 there are 20 up to number 1800, of which every fourth is urgent: those whose number is 0, 1 or 2 modulo 8.
  const looked = Array.from({ length: 20 }, (_, at) => (at + 1) * 90).filter((n) => n % 8 <= 2).length;
  expect(before.count - after.count).toBe(looked);
});
