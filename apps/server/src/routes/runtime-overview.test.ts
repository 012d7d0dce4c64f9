import { showAttention, showHealth, showOverview } from "@pratique/api";
import { afterEach, beforeEach, expect, it } from "vitest";
import { administrator, type Person, person, tokenOf } from "../testdata/people.ts";
import { detectionData, runtimeChainOf, runtimeReport, sampleHost } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const APP = "ghcr.io/acme/app:1";
const MINUTE_MS = 60_000;

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
  admin = await administrator(server);
  await hear("web-1");
  const records = [
    { class: "detection" as const, data: detectionData(APP) },
    { class: "detection" as const, data: detectionData(APP, { id: "d-2" }) },
    {
      class: "detection" as const,
      data: detectionData(APP, { id: "d-3", rule: "Other", priority: "alert" }),
    },
    { class: "detection" as const, data: detectionData(APP, { id: "d-4", priority: "notice" }) },
  ];
  const body = { logId: "log-web-1", host: "web-1", records: runtimeChainOf(records) };
  await server.agent("/agent/v1/records", { method: "POST", body });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** The host of the socket reports; it is the one that reported last. */
async function hear(name: string): Promise<void> {
  server.clock.advance(1000);
  const body = {
    ...sampleHost,
    host: { ...sampleHost.host, name, labels: {} },
    record: { ...sampleHost.record, logId: `log-${name}` },
  };
  await server.agent("/agent/v1/host", { method: "PUT", body });
}

async function sense(more: Partial<ReturnType<typeof runtimeReport>["sensor"]>): Promise<void> {
  const report = runtimeReport([]);
  const body = { ...report, sensor: { ...report.sensor, ...more } };
  expect((await server.agent("/agent/v1/runtime", { method: "PUT", body })).status).toBe(204);
}

const overview = async (who = admin) =>
  showOverview.reply.parse((await who.call("GET", "/api/v1/overview")).json);

const attention = async (who = admin) =>
  showAttention.reply
    .parse((await who.call("GET", "/api/v1/attention")).json)
    .items.filter(({ kind }) => ["detection-urgent", "sensor-down"].includes(kind))
    .map(({ kind, count, since }) => [kind, count, since]);

it("counts the detections of the last day, for those who may read of them", async () => {
  expect((await overview()).detections).toMatchObject({ alert: 1, critical: 2, error: 0, notice: 1 });
  const none = { description: "", permissions: { "overview.read": "allow" } };
  await admin.call("PUT", "/api/v1/roles/sums", none, { "if-none-match": "*" });
  const blind = await person(server, admin, { login: "blind", held: [{ role: "sums" }] });
  expect((await overview(blind)).detections).toMatchObject({ alert: 0, critical: 0 });
  const elsewhere = await person(server, admin, {
    login: "elsewhere",
    held: [{ role: "viewer", scope: { hosts: ["db-*"] } }],
  });
  expect((await overview(elsewhere)).detections.critical).toBe(0);
  expect(await attention(elsewhere)).toEqual([]);
  // Sessions end sooner.
  const reader = await tokenOf(server, admin, { permissions: ["overview.read", "detections.read"] });
  expect((await overview(reader)).detections.critical).toBe(2);
  server.clock.advance(25 * 60 * MINUTE_MS);
  expect((await overview(reader)).detections.critical).toBe(0);
});

it("counts the sensors that run, and those of hosts that report and should be watching", async () => {
  await sense({});
  expect((await overview()).sensors).toEqual({ running: 1, notRunning: 0 });
  await sense({ state: "failed", detail: "the kernel has no ring buffers" });
  expect((await overview()).sensors).toEqual({ running: 0, notRunning: 1 });
  expect(await attention()).toContainEqual(["sensor-down", 1, null]);
  await sense({ state: "off" });
  expect((await overview()).sensors).toEqual({ running: 0, notRunning: 0 });
  await sense({});
  server.clock.advance(10 * MINUTE_MS);
  await hear("web-1");
  expect((await overview()).sensors).toEqual({ running: 0, notRunning: 1 });
});

it("asks for somebody to look at what is urgent, until somebody has", async () => {
  const first = "2026-11-24T12:00:00.000Z";
  expect(await attention()).toEqual([["detection-urgent", 3, first]]);
  // The newest of a rule stands for those before it; others of the rule that come later do not count as looked at.
  await admin.call("GET", "/api/v1/detections/log-web-1.1");
  expect(await attention()).toEqual([["detection-urgent", 2, "2026-11-24T12:00:01.000Z"]]);
  await admin.call("GET", "/api/v1/detections/log-web-1.4");
  expect((await attention())[0]?.[1]).toBe(2);
  await admin.call("GET", "/api/v1/detections/log-web-1.2");
  await admin.call("GET", "/api/v1/detections/log-web-1.3");
  expect(await attention()).toEqual([]);
});

it("says of the sensors how they are, and to a scraper in numbers", async () => {
  await sense({ events: 100_000, dropped: 7, unattributed: 3, suppressed: 11 });
  const partOf = async () =>
    showHealth.reply
      .parse((await admin.call("GET", "/api/v1/health")).json)
      .components.find(({ name }) => name === "sensors");
  expect(await partOf()).toMatchObject({
    state: "ok",
    values: { running: 1, down: 0, dropped: 7, unattributed: 3, unlooked: 3 },
  });
  const scraper = await tokenOf(server, admin, { permissions: ["health.read"] });
  const { text } = await scraper.call("GET", "/metrics");
  for (const line of [
    'pratique_detections_last_day{priority="critical"} 2',
    'pratique_detections_last_day{priority="debug"} 0',
    "pratique_detections_not_looked_at 3",
    'pratique_sensor_running{host="web-1"} 1',
    'pratique_sensor_events_dropped{host="web-1"} 7',
    'pratique_sensor_events_unattributed{host="web-1"} 3',
    'pratique_sensor_events_suppressed{host="web-1"} 11',
    'pratique_hosts{state="sensor-down"} 0',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  await sense({ events: 1000, dropped: 7 });
  expect(await partOf()).toMatchObject({ state: "degraded" });
  await sense({ state: "failed" });
  expect(await partOf()).toMatchObject({ state: "degraded", values: { running: 0, down: 1 } });
});

it("is told from which priority on people hear of it", async () => {
  const path = "/api/v1/detection-settings";
  expect((await admin.call("GET", path)).json).toEqual({ notifyFrom: "critical" });
  expect((await admin.call("PUT", path, { notifyFrom: "warning" })).json).toEqual({ notifyFrom: "warning" });
  expect((await admin.call("GET", path)).json).toEqual({ notifyFrom: "warning" });
  expect((await admin.call("PUT", path, { notifyFrom: "urgent" })).status).toBe(400);
});
