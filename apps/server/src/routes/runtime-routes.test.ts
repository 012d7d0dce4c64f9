import { putRuntime, showContainerRuntime, showHostRuntime, showNetworkMap } from "@pratique/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AgentHost } from "../testdata/agent-host.ts";
import { administrator, type Person, person } from "../testdata/people.ts";
import { digestOf, runtimeReport, sampleHost } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

let server: TestServer;
let admin: Person;
let web: AgentHost;
let db: AgentHost;

beforeAll(async () => {
  // TLS looks at the real clock.
  server = await testServer({ agents: { port: 0 }, now: Date.now });
  admin = await administrator(server);
  web = await joined("web-1", { team: "shop" });
  db = await joined("db-1", { team: "bank" });
  await reports(web, "web-1", "ghcr.io/acme/app:1", "cweb");
  await reports(db, "db-1", "quay.io/other/db:1", "cdb");
});

afterAll(async () => {
  web[Symbol.dispose]();
  db[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

async function joined(name: string, labels: Readonly<Record<string, string>>): Promise<AgentHost> {
  const url = server.running.agentsUrl ?? "";
  const made = await server.agent("/operator/v1/join-token", { method: "POST", body: { labels } });
  using stranger = new AgentHost(url);
  const { held } = await stranger.join(String(made.json.secret), name);
  return new AgentHost(url, { held });
}

async function reports(agent: AgentHost, name: string, image: string, id: string): Promise<void> {
  const status = {
    ...sampleHost,
    host: { ...sampleHost.host, name, labels: {} },
    record: { ...sampleHost.record, logId: `log-${name}` },
  };
  const container = {
    id,
    name: id,
    image,
    imageId: digestOf(image),
    state: "running",
    createdAt: "2026-11-24T10:00:00Z",
    user: "",
    privileged: false,
    ports: [],
    labels: {},
    restartPolicy: "no",
  };
  const takenAt = "2026-11-24T12:00:00Z";
  const statuses = [
    await agent.call("/agent/v1/host", { method: "PUT", body: status }),
    await agent.call("/agent/v1/containers", { method: "PUT", body: { takenAt, containers: [container] } }),
    await tell(agent, runtimeReport([id], { rules: [ruleOf("Drift")] })),
  ];
  expect(statuses.map(({ status: code }) => code)).toEqual([204, 204, 204]);
}

type HostRule = NonNullable<ReturnType<typeof runtimeReport>["rules"]>[number];

function ruleOf(rule: string): HostRule {
  return { rule, priority: "critical", tags: [], enabled: true, enforceability: "prevents", reasons: [] };
}

const tell = (agent: AgentHost, body: unknown) => agent.call("/agent/v1/runtime", { method: "PUT", body });

const runtimeOf = async (id: string, who = admin) =>
  await who.call("GET", `/api/v1/containers/${encodeURIComponent(id)}/runtime`);

it("shows what a host told of itself and of its containers, at the server's own time", async () => {
  const { json } = await admin.call("GET", "/api/v1/hosts/web-1/runtime");
  const host = showHostRuntime.reply.parse(json);
  expect(host).toMatchObject({ sensor: { state: "running" }, rules: [{ rule: "Drift" }] });
  expect(Math.abs(Date.parse(host.takenAt ?? "") - Date.now())).toBeLessThan(600_000);
  const shown = showContainerRuntime.reply.parse((await runtimeOf("web-1~cweb")).json);
  expect(shown.runtime).toMatchObject({ containerId: "cweb" });
});

it("keeps the rules of a host that does not tell them again", async () => {
  expect((await tell(web, runtimeReport(["cweb"]))).status).toBe(204);
  const { json } = await admin.call("GET", "/api/v1/hosts/web-1/runtime");
  expect(showHostRuntime.reply.parse(json).rules.map(({ rule }) => rule)).toEqual(["Drift"]);
});

it("takes nothing of a container that is another host's, or that nobody knows", async () => {
  expect((await tell(web, runtimeReport(["cdb", "made-up"]))).status).toBe(204);
  expect((await runtimeOf("web-1~cdb")).status).toBe(404);
  const own = showContainerRuntime.reply.parse((await runtimeOf("db-1~cdb")).json);
  expect(own.runtime).toMatchObject({ containerId: "cdb" });
  const map = showNetworkMap.reply.parse((await admin.call("GET", "/api/v1/network-map")).json);
  expect(map.nodes.map(({ id }) => id).toSorted()).toEqual(["container:db-1~cdb", "container:web-1~cweb"]);
});

it.each<[string, (report: ReturnType<typeof runtimeReport>) => unknown]>([
  [
    "more containers than there can be",
    (report) => ({ ...report, containers: Array(2001).fill(report.containers[0]) }),
  ],
  ["more rules than there can be", (report) => ({ ...report, rules: Array(2001).fill(ruleOf("a")) })],
  ["a sensor of another state", (report) => ({ ...report, sensor: { ...report.sensor, state: "fine" } })],
  ["counts below zero", (report) => ({ ...report, sensor: { ...report.sensor, dropped: -1 } })],
  ["numbers that are texts", (report) => ({ ...report, sensor: { ...report.sensor, events: "10" } })],
  ["a member that is not ours", (report) => ({ ...report, host: "db-1" })],
  ["no object", () => []],
])("refuses %s", async (_, change) => {
  const reply = await tell(web, change(runtimeReport(["cweb"])));
  expect([reply.status, reply.json.code]).toEqual([400, "REQUEST_MALFORMED"]);
});

it("is taken by no path that people may call, and from nobody without a certificate", async () => {
  using stranger = new AgentHost(server.running.agentsUrl ?? "");
  const refused = await tell(stranger, runtimeReport([])).catch(() => undefined);
  expect([401, 403, undefined]).toContain(refused?.status);
  expect((await admin.call("PUT", putRuntime.path, runtimeReport([]))).status).toBe(404);
});

it("is shown to whoever sees the host or the image, and to nobody else", async () => {
  const shop = await person(server, admin, {
    login: "shop",
    held: [{ role: "viewer", scope: { labels: { team: ["shop"] } } }],
  });
  expect((await runtimeOf("web-1~cweb", shop)).status).toBe(200);
  expect((await runtimeOf("db-1~cdb", shop)).status).toBe(404);
  expect((await shop.call("GET", "/api/v1/hosts/db-1/runtime")).status).toBe(404);
  const map = showNetworkMap.reply.parse((await shop.call("GET", "/api/v1/network-map")).json);
  expect(map.nodes.map(({ host }) => host)).toEqual(["web-1"]);
});

it("draws a map that can be read, whatever a host says of its flows", async () => {
  const [container] = runtimeReport(["cweb"]).containers;
  const at = "2026-11-24T12:00:00Z";
  const flows = Array.from({ length: 512 }, (_, index) => ({
    protocol: "tcp" as const,
    direction: "out" as const,
    localPort: 1,
    address: `203.0.113.${index % 256}`,
    port: index,
    name: `${"x".repeat(60_000)}${index}`.slice(index),
    connections: Number.MAX_SAFE_INTEGER,
    firstAt: at,
    lastAt: at,
  }));
  const report = { ...runtimeReport([]), containers: [{ ...container, flows }] };
  expect((await tell(web, report)).status).toBe(204);
  const reply = await admin.call("GET", "/api/v1/network-map");
  const map = showNetworkMap.reply.parse(reply.json);
  expect(map.nodes.map(({ id }) => id)).toContain("container:db-1~cdb");
  expect(reply.text.length).toBeLessThan(1_000_000);
});
