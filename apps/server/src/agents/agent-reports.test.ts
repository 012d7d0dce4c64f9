import { awaitWork, listImages } from "@pratique/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AgentHost } from "../testdata/agent-host.ts";
import { administrator, type Person } from "../testdata/people.ts";
import { chainOf, digestOf, launchData, sampleHost, sampleReport } from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

let server: TestServer;
let admin: Person;
let own: AgentHost;
let other: AgentHost;

beforeAll(async () => {
  // TLS looks at the real clock.
  server = await testServer({ agents: { port: 0 }, now: Date.now });
  admin = await administrator(server);
  own = await joined("own", { env: "test" });
  other = await joined("other");
});

afterAll(async () => {
  own[Symbol.dispose]();
  other[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

async function joined(name: string, labels: Readonly<Record<string, string>> = {}): Promise<AgentHost> {
  const url = server.running.agentsUrl ?? "";
  const made = await server.agent("/operator/v1/join-token", { method: "POST", body: { labels } });
  using stranger = new AgentHost(url);
  const { held } = await stranger.join(String(made.json.secret), name);
  return new AgentHost(url, { held });
}

const statusOf = (name: string, labels = {}) => ({
  ...sampleHost,
  host: { ...sampleHost.host, name, labels },
  record: { ...sampleHost.record, logId: `log-${name}` },
});

const batchOf = (host: string, logId = `log-${host}`) => ({
  logId,
  host,
  records: chainOf([launchData("nginx:1")]),
});

it("are taken of the host of the certificate alone", async () => {
  const put = (body: unknown) => own.call("/agent/v1/host", { method: "PUT", body });
  const post = (body: unknown) => own.call("/agent/v1/records", { method: "POST", body });
  expect((await put(statusOf("own"))).status).toBe(204);
  expect((await put(statusOf("other"))).json).toMatchObject({ code: "PERMISSION_DENIED" });
  expect((await post(batchOf("own"))).json).toEqual({ acknowledged: 1 });
  expect((await post(batchOf("other"))).json).toMatchObject({ code: "PERMISSION_DENIED" });
});

it("do not go into another host's log, nor tell how far that has come", async () => {
  await other.call("/agent/v1/records", { method: "POST", body: batchOf("other") });
  const foreign = await own.call("/agent/v1/records", { method: "POST", body: batchOf("own", "log-other") });
  expect(foreign.json).toMatchObject({ code: "PERMISSION_DENIED" });
  const path = "/agent/v1/acknowledged?logId=log-other";
  expect((await own.call(path)).json).toMatchObject({ code: "PERMISSION_DENIED" });
  expect((await other.call(path)).json).toEqual({ acknowledged: 1 });
});

it("of images and containers lie on the host of the certificate", async () => {
  const imageId = digestOf("ghcr.io/acme/app:1");
  const report = sampleReport("ghcr.io/acme/app:1");
  expect((await own.call(`/agent/v1/images/${imageId}`, { method: "PUT", body: report })).status).toBe(204);
  await own.call("/agent/v1/containers", {
    method: "PUT",
    body: { takenAt: "2026-11-25T10:00:00Z", containers: [] },
  });
  const image = await admin.call("GET", `/api/v1/images/${encodeURIComponent(imageId)}`);
  expect(image.json).toMatchObject({ hosts: ["own"] });
  const { items } = listImages.reply.parse((await admin.call("GET", "/api/v1/images")).json);
  expect(items).toHaveLength(1);
});

it("are answered with the labels that the server gives, and with work for that host", async () => {
  const made = await admin.call("POST", "/api/v1/hosts/own/gate", { mode: "observe", reason: "trial" });
  const workOf = async (host: AgentHost) => awaitWork.reply.parse((await host.call("/agent/v1/work")).json);
  expect((await workOf(other)).commands).toEqual([]);
  const given = await workOf(own);
  expect(given.policies?.labels).toEqual({ env: "test" });
  expect(given.commands.map(({ id }) => id)).toEqual([made.json.commandId]);
  const outcome = { method: "PUT", body: { state: "done", detail: "" } };
  const path = `/agent/v1/commands/${made.json.commandId}/outcome`;
  expect((await other.call(path, outcome)).status).toBe(404);
  expect((await own.call(path, outcome)).status).toBe(204);
});

it("end with the certificate: a host that was revoked is told nothing more to do", async () => {
  using gone = await joined("gone");
  expect((await gone.call("/agent/v1/work")).status).toBe(200);
  expect((await admin.call("POST", "/api/v1/hosts/gone/revoke", { reason: "sold" })).status).toBe(204);
  const shown = await admin.call("GET", "/api/v1/hosts/gone");
  expect(shown.json).toMatchObject({ agent: "never", identity: { state: "revoked" } });
  const told = await admin.call("POST", "/api/v1/hosts/gone/gate", { mode: "observe", reason: "trial" });
  expect(told.json).toMatchObject({ code: "HOST_REVOKED" });
});
