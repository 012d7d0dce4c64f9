import type { AuditRecord } from "@pratique/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DetectionProjection, openStore, type RuntimeProjection, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, everything, recordsOf } from "../testdata/samples.ts";

const drift: DetectionProjection = {
  kind: "detection",
  detection: "d-1",
  rule: "Drifted program executed",
  priority: "critical",
  tags: ["container", "T1105"],
  outcome: "prevented",
  image: "ghcr.io/acme/app:1",
  imageId: digestOf(1),
  containerId: "c1",
  words: ["a program that was not in the image", "web"],
  document: { rule: "Drifted program executed" },
};
const shell: DetectionProjection = {
  ...drift,
  detection: "d-2",
  rule: "Shell in a container",
  priority: "notice",
  tags: ["T1059.004"],
  outcome: "none",
  words: ["sh"],
};

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  /** One record for each projection, on one host. */
  async function take(host: string, ...projections: readonly RuntimeProjection[]): Promise<void> {
    await store.records.append({
      logId: `log-${host}`,
      host,
      records: recordsOf(1, projections.length, { class: "detection" }),
      project: () => undefined,
      projectRuntime: ({ sequence }: AuditRecord) => projections[sequence - 1],
    });
  }

  const rules = async (query: object) =>
    (await store.runtime.detections.list({ seen: everything, limit: 10, ...query })).items.map(
      ({ detection }) => detection,
    );

  it.each([
    ["everything, newest first", {}, ["d-2", "d-1"]],
    ["a part of the output", { text: "NOT IN THE" }, ["d-1"]],
    ["a tag in the search", { text: "t1105" }, ["d-1"]],
    ["the most urgent", { priority: "error" }, ["d-1"]],
    ["this urgent or more so", { priority: "notice" }, ["d-2", "d-1"]],
    ["a rule", { rule: "Shell in a container" }, ["d-2"]],
    ["a whole tag, case ignored", { tag: "T1059.004" }, ["d-2"]],
    ["no part of a tag", { tag: "T1059" }, []],
    ["an outcome", { outcome: "prevented" }, ["d-1"]],
    ["a host", { host: "web-2" }, []],
    ["an image", { imageId: digestOf(2) }, []],
    ["a container", { containerId: "c1" }, ["d-2", "d-1"]],
    ["a time", { from: "2026-11-24T10:00:02.000Z" }, ["d-2"]],
  ])("finds detections by %s", async (_, query, expected) => {
    await take("web-1", drift, shell);
    expect(await rules(query)).toEqual(expected);
  });

  it("pages through detections", async () => {
    await take("web-1", drift, shell);
    const { detections } = store.runtime;
    const first = await detections.list({ seen: everything, limit: 1 });
    expect(first).toMatchObject({ total: 2, items: [{ detection: "d-2", host: "web-1" }] });
    const cursor = first.nextCursor ?? "";
    const second = await detections.list({ seen: everything, limit: 1, cursor });
    expect(second).toMatchObject({ total: 2, nextCursor: null, items: [{ detection: "d-1" }] });
    await expect(detections.list({ seen: everything, limit: 1, cursor: "x" })).rejects.toMatchObject({
      code: "CURSOR_MALFORMED",
    });
  });

  it("shows somebody only what lies in their part of the fleet", async () => {
    await take("web-1", drift);
    await take("db-1", { ...shell, image: "quay.io/other/db:1" });
    const seen = async (scope: object) => await rules({ seen: [[scope]] });
    expect(await seen({ hosts: ["db-*"] })).toEqual(["d-2"]);
    expect(await seen({ registries: ["ghcr.io/acme/*"] })).toEqual(["d-1"]);
    expect(await seen({ hosts: ["db-1"], registries: ["ghcr.io/*"] })).toEqual([]);
    expect(await rules({ seen: [[]] })).toEqual([]);
  });

  it("counts by hour and by rule", async () => {
    await take("web-1", drift, shell, { ...shell, detection: "d-3" });
    const since = "2026-11-24T09:30:00.000Z";
    const { detections } = store.runtime;
    expect(await detections.countByHour({ since, seen: everything })).toEqual([
      { hour: "2026-11-24T10", priority: "critical", detections: 1 },
      { hour: "2026-11-24T10", priority: "notice", detections: 2 },
    ]);
    expect(await detections.countByRule({ since, seen: everything })).toMatchObject([
      { rule: "Shell in a container", tags: ["t1059.004"], detections: 2 },
      { rule: "Drifted program executed", tags: ["container", "t1105"], detections: 1 },
    ]);
    expect(await detections.countByHour({ since: "2026-11-25T00:00:00Z", seen: everything })).toEqual([]);
  });

  it("takes those of a rule on a host for looked at that came before, and that whoever looks may see", async () => {
    const theirs = { ...drift, image: "quay.io/other/db:1" };
    await take("web-1", drift, theirs, drift, drift);
    const { detections } = store.runtime;
    const seen = [[{ registries: ["ghcr.io/acme/*"] }]];
    await detections.noteLook("log-web-1.3", { at: "2026-11-24T11:00:00.000Z", seen });
    const { items } = await detections.list({ seen: everything, looked: false, limit: 10 });
    expect(items.map(({ id }) => id)).toEqual(["log-web-1.4", "log-web-1.2"]);
  });

  it("finds the responses to a detection of a host, and no other host's", async () => {
    const response = { kind: "response", detection: "d-1", image: "", document: { event: "done" } } as const;
    await take("web-1", drift, response);
    await take("web-2", { ...response, document: { event: "not ours" } });
    const { responses } = store.runtime;
    expect((await responses.to("web-1", "d-1")).map(({ document }) => document)).toEqual([{ event: "done" }]);
    expect((await responses.list({ seen: everything, limit: 10 })).total).toBe(2);
    expect((await responses.list({ seen: [[{ hosts: ["web-2"] }]], limit: 10 })).items).toMatchObject([
      { host: "web-2" },
    ]);
  });

  it("tells readers of each detection, and of many together", async () => {
    const before = await store.changes.last();
    await take("web-1", drift, shell);
    await take("web-2", ...Array.from({ length: 20 }, () => shell));
    const { changes } = await store.changes.since(before, 100);
    expect(changes.map(({ kind, subject }) => [kind, subject])).toEqual([
      ["detection", "log-web-1.1"],
      ["detection", "log-web-1.2"],
      ["runtime-records", "log-web-1.1-2"],
      ["detection", ""],
      ["runtime-records", "log-web-2.1-20"],
    ]);
  });

  it("keeps what goes on in the containers that the host has reported, and the newest only", async () => {
    const takenAt = "2026-11-24T10:00:00.000Z";
    const document = { id: "c1" };
    const containers = [{ id: "c1", name: "app", image: "ghcr.io/acme/app:1", state: "running", document }];
    await store.hosts.put({
      name: "web-1",
      logId: "log-web-1",
      heardAt: takenAt,
      status: {},
      labels: {},
      gate: "enforcing",
      policyErrors: 0,
      advisoriesStale: false,
    });
    await store.fleet.containers.replace({ host: "web-1", takenAt, containers });
    const { reports } = store.runtime;
    const sensor = { state: "running", events: 9, dropped: 2 ** 40, suppressed: 0, unattributed: 1 };
    const put = async (at: string, listed: readonly string[], rules?: readonly object[]) =>
      await reports.put({
        host: "web-1",
        takenAt: at,
        sensor,
        ...(rules !== undefined && { rules }),
        containers: listed.map((containerId) => ({ containerId, document: { at } })),
      });
    await put(takenAt, ["c1", "made-up"], [{ rule: "a" }]);
    expect(await reports.ofContainer("web-1", "c1")).toMatchObject({ document: { at: takenAt } });
    expect(await reports.ofContainer("web-1", "made-up")).toBeUndefined();
    const later = "2026-11-24T10:00:10.000Z";
    await put(later, ["c1"]);
    expect(await reports.ofContainer("web-1", "c1")).toMatchObject({ takenAt: later });
    // Rules that are not told again are as before.
    expect(await reports.ofHost("web-1")).toEqual({
      takenAt: later,
      sensor,
      rules: [{ rule: "a" }],
    });
    await store.hosts.put({
      name: "db-1",
      logId: "log-db-1",
      heardAt: takenAt,
      status: {},
      labels: {},
      gate: "enforcing",
      policyErrors: 0,
      advisoriesStale: false,
    });
    await reports.put({ host: "db-1", takenAt: later, sensor, rules: [{ rule: "a" }], containers: [] });
    const rulesFor = async (scope: object, limit = 10) => await reports.rules({ seen: [[scope]], limit });
    expect(await rulesFor({})).toEqual([{ rules: [{ rule: "a" }], hosts: ["db-1", "web-1"] }]);
    expect(await rulesFor({ hosts: ["web-*"] })).toEqual([{ rules: [{ rule: "a" }], hosts: ["web-1"] }]);
    expect(await rulesFor({}, 1)).toEqual([{ rules: [{ rule: "a" }], hosts: ["db-1"] }]);
    const seenBy = async (scope: object) => await reports.visible({ seen: [[scope]], limit: 10 });
    expect(await seenBy({ registries: ["ghcr.io/*"] })).toHaveLength(1);
    expect(await seenBy({ hosts: ["db-*"] })).toEqual([]);
    await put("2026-11-24T12:00:00.000Z", []);
    expect(await reports.ofContainer("web-1", "c1")).toBeUndefined();
  });
});
