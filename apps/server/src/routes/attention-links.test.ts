import { createException, listHosts, listImages, showAttention, showException } from "@pratique/api";
import type { Store } from "@pratique/store";
import { expect, it } from "vitest";
import { administrator } from "../testdata/people.ts";
import {
  detectionData,
  digestOf,
  runtimeChainOf,
  runtimeReport,
  sampleHost,
  sampleReport,
} from "../testdata/samples.ts";
import { storeBeside } from "../testdata/store-beside.ts";
import { testServer } from "../testdata/test-server.ts";

const [source] = sampleHost.advisories.sources;
const troubled = {
  ...sampleHost,
  gate: { ...sampleHost.gate, state: "not-installed" },
  policies: { ...sampleHost.policies, errors: ["baseline.yaml: not read"] },
  advisories: { revision: "r1", sources: source === undefined ? [] : [{ ...source, stale: true }] },
};
const lasting = {
  rules: ["baseline/no-critical"],
  scope: { images: ["nginx:*"] },
  reason: "a fix is on its way",
  owner: "ann",
};
const DAY_MS = 86_400_000;

interface OtherHost {
  readonly name: string;
  readonly gate: string;
  readonly heardDaysAgo?: number;
  readonly daysLeft?: number;
  readonly is?: "revoked" | "cloned";
}

/** Hosts whose agents speak with certificates. Those that are silent have all that is counted of hosts that report. */
const others: readonly OtherHost[] = [
  { name: "fine-1", gate: "enforcing" },
  { name: "watched-1", gate: "observing", is: "cloned" },
  { name: "down-1", gate: "down", daysLeft: 3 },
  { name: "gone-1", gate: "down", heardDaysAgo: 2, daysLeft: -1 },
  { name: "gone-2", gate: "observing", heardDaysAgo: 2 },
  { name: "old-1", gate: "not-installed", heardDaysAgo: 9, daysLeft: 2, is: "revoked" },
];

function containerOf(id: string, imageId: string, state: string) {
  const of = { createdAt: "2026-11-24T12:00:00.000Z", user: "", privileged: false, ports: [], labels: {} };
  return { id, name: id, image: "nginx:1.27", imageId, state, restartPolicy: "no", ...of };
}

async function plant(store: Store, now: number): Promise<void> {
  const at = (days: number) => new Date(now + days * DAY_MS).toISOString();
  for (const { name, gate, heardDaysAgo = 0, daysLeft = 20, is } of others) {
    const isGone = heardDaysAgo > 0;
    await store.fleet.identities.put({
      host: name,
      serial: Buffer.from(name).toString("hex"),
      previousSerial: null,
      joinedAt: at(-20),
      expiresAt: at(daysLeft),
      labels: {},
    });
    await store.hosts.put({
      name,
      logId: `log-${name}`,
      heardAt: at(-heardDaysAgo),
      status: { ...sampleHost, host: { ...sampleHost.host, name } },
      gate,
      policyErrors: isGone ? 1 : 0,
      advisoriesStale: isGone,
    });
    if (is === "revoked") await store.fleet.identities.revoke(name);
    if (is === "cloned") await store.fleet.identities.markCloned(name);
  }
}

it("leads to lists that hold what it counts, and nothing else", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const store = await storeBeside(server);
  await plant(store, server.clock.now());
  await store.close();
  await server.agent("/agent/v1/host", { method: "PUT", body: troubled });
  const { sensor } = runtimeReport([]);
  const failed = runtimeReport([], { sensor: { ...sensor, state: "failed" } });
  await server.agent("/agent/v1/runtime", { method: "PUT", body: failed });
  const partial = sampleReport("nginx:1.27");
  const whole = sampleReport("redis:8");
  const complete = { ...whole, assessment: { ...whole.assessment, state: "complete", reasons: [] } };
  for (const body of [partial, complete]) {
    await server.agent(`/agent/v1/images/${body.target.imageId}`, { method: "PUT", body });
  }
  const harmless = {
    ...complete,
    target: { ...complete.target, imageId: digestOf("other:1") },
    findings: complete.findings.filter(({ knownExploited }) => !knownExploited),
  };
  await server.agent(`/agent/v1/images/${harmless.target.imageId}`, { method: "PUT", body: harmless });
  const containers = [
    containerOf("c1", digestOf("nginx:1.27"), "running"),
    containerOf("c2", digestOf("redis:8"), "exited"),
    containerOf("c3", digestOf("other:1"), "running"),
  ];
  const takenAt = new Date(server.clock.now()).toISOString();
  await server.agent("/agent/v1/containers", { method: "PUT", body: { takenAt, containers } });
  const detected = ["critical", "alert", "emergency", "notice"].map((priority, index) => ({
    class: "detection" as const,
    data: detectionData("nginx:1.27", { id: `d-${index}`, rule: `Rule ${index}`, priority }),
  }));
  const records = { logId: "log-1", host: "web-1", records: runtimeChainOf(detected) };
  await server.agent("/agent/v1/records", { method: "POST", body: records });
  await admin.call("GET", "/api/v1/detections/log-1.2");
  for (const days of [3, 30]) {
    const expiresAt = new Date(server.clock.now() + days * DAY_MS).toISOString();
    await admin.call("POST", "/api/v1/exceptions", { ...lasting, expiresAt });
  }
  const { items } = showAttention.reply.parse((await admin.call("GET", "/api/v1/attention")).json);
  const listed = items.filter(({ link }) =>
    /^\/(?:hosts|images|containers|detections|exceptions)\?/u.test(link),
  );
  const followed = listed.map(async ({ kind, count, link }) => {
    const { json } = await admin.call("GET", `/api/v1${link}`);
    return [kind, count, json.total];
  });
  expect((await Promise.all(followed)).sort()).toEqual([
    ["advisories-stale", 1, 1],
    ["agent-cloned", 1, 1],
    ["agent-silent", 2, 2],
    ["certificate-ends-soon", 2, 2],
    ["detection-urgent", 2, 2],
    ["exception-ends-soon", 1, 1],
    ["exploited-running", 1, 1],
    ["gate-down", 1, 1],
    ["gate-not-enforcing", 2, 2],
    ["images-not-assessed", 1, 1],
    ["policy-error", 1, 1],
    ["sensor-down", 1, 1],
  ]);
});

it.each([
  ["policyErrors=false", 0],
  ["advisories=fresh", 0],
  ["identity=local", 1],
  ["identity=valid", 0],
  ["identity=expiring", 0],
  ["identity=expired", 0],
  ["identity=cloned", 0],
  ["identity=not-renewed", 0],
  ["identity=not-revoked", 1],
  ["gate=not-enforcing", 1],
  ["sensor=running", 0],
])("lists hosts by %s", async (query, expected) => {
  await using server = await testServer();
  const admin = await administrator(server);
  await server.agent("/agent/v1/host", { method: "PUT", body: troubled });
  const reply = await admin.call("GET", `/api/v1/hosts?${query}`);
  expect(listHosts.reply.parse(reply.json).total).toBe(expected);
});

it.each([
  ["complete", 0],
  ["partial", 1],
  ["none", 0],
  ["not-complete", 1],
])("lists images whose assessment is %s", async (assessment, expected) => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = sampleReport("nginx:1.27");
  await server.agent(`/agent/v1/images/${body.target.imageId}`, { method: "PUT", body });
  const reply = await admin.call("GET", `/api/v1/images?assessment=${assessment}`);
  expect(listImages.reply.parse(reply.json).total).toBe(expected);
});

it("shows one exception, and says of another that there is none", async () => {
  await using server = await testServer();
  const admin = await administrator(server);
  const body = { ...lasting, expiresAt: "2026-12-01T00:00:00.000Z" };
  const made = createException.reply.parse((await admin.call("POST", "/api/v1/exceptions", body)).json);
  const shown = await admin.call("GET", `/api/v1/exceptions/${made.id}`);
  expect(showException.reply.parse(shown.json)).toEqual(made);
  expect((await admin.call("GET", "/api/v1/exceptions/exc-none")).json).toMatchObject({ code: "NOT_FOUND" });
});
