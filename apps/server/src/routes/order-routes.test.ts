import { awaitWork, showContainerOrders, showDetection } from "@pratique/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administrator, type Person, person } from "../testdata/people.ts";
import {
  detectionData,
  digestOf,
  responseData,
  runtimeChainOf,
  runtimeReport,
  sampleHost,
} from "../testdata/samples.ts";
import { type TestServer, testServer } from "../testdata/test-server.ts";

const LATE_MS = 11 * 60_000;
const APP = "ghcr.io/acme/app:1";
const WEB = "/api/v1/containers/web-1~c1";
const channels = [{ name: "channel/egress", state: "on", detail: "" }];
const quarantine = { action: "quarantine", reason: "it mines" };

let server: TestServer;
let admin: Person;

beforeEach(async () => {
  server = await testServer();
  admin = await administrator(server);
  await report("db-1", "c2");
  // The host of the socket is the one that has reported last.
  await report("web-1", "c1");
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function put(path: string, body: unknown): Promise<void> {
  const reply = await server.agent(path, { method: "PUT", body });
  if (reply.status >= 300) throw new Error(reply.text);
}

async function report(name: string, id: string, more: object = {}): Promise<void> {
  server.clock.advance(1000);
  const takenAt = new Date(server.clock.now()).toISOString();
  await put("/agent/v1/host", {
    ...sampleHost,
    reportedAt: takenAt,
    host: { ...sampleHost.host, name, labels: { team: name } },
    record: { ...sampleHost.record, logId: `log-${name}` },
  });
  const container = {
    id,
    name: "app",
    image: APP,
    imageId: digestOf(APP),
    state: "running",
    createdAt: "2026-11-24T10:00:00Z",
    user: "",
    privileged: false,
    ports: [],
    labels: {},
    restartPolicy: "no",
    ...more,
  };
  await put("/agent/v1/containers", { takenAt, containers: [container] });
  await tellSensor({ primitives: channels });
}

async function tellSensor(more: object): Promise<void> {
  const told = runtimeReport([]);
  await put("/agent/v1/runtime", { ...told, sensor: { ...told.sensor, ...more } });
}

async function work() {
  const reply = await server.agent("/agent/v1/work?revision=&waitSeconds=0");
  return awaitWork.reply.parse(reply.json).commands;
}

const respond = async (body: object, who = admin, path = WEB) =>
  await who.call("POST", `${path}/respond`, body);

const orders = async (path = WEB) =>
  showContainerOrders.reply.parse((await admin.call("GET", `${path}/orders`)).json);

describe("an order", () => {
  it("reaches the agent with all that was said, once, and what came of it is told", async () => {
    const body = {
      action: "cut",
      peers: ["203.0.113.7", "2001:db8::7"],
      forSeconds: 600,
      reason: "it calls",
    };
    const { json } = await respond(body);
    const [command, ...others] = await work();
    expect(others).toEqual([]);
    expect(command).toMatchObject({
      id: json.commandId,
      kind: "respond",
      containerId: "c1",
      by: "admin",
      ...body,
    });
    expect(await work()).toEqual([]);
    expect((await orders()).orders).toMatchObject([{ state: "delivered", action: "cut", askedBy: "admin" }]);

    const outcome = { state: "done", detail: "app: cut was done in 41 ms, proved (act a-1)" };
    await put(`/agent/v1/commands/${json.commandId}/outcome`, outcome);
    await put(`/agent/v1/commands/${json.commandId}/outcome`, { state: "failed", detail: "again" });
    expect((await orders()).orders).toMatchObject([{ ...outcome, reason: "it calls", peers: body.peers }]);
    const told = server.audited.filter(({ class: of }) => of === "response");
    expect(told.map(({ action }) => action)).toEqual([
      "respondToContainer",
      "respondToContainer",
      "respond.done",
    ]);
    expect(JSON.stringify(told[0])).toContain("203.0.113.7");
    expect(told[2]?.data).toMatchObject({ host: "web-1", askedBy: "admin", detail: outcome.detail });
  });

  it("tells in the record what came of it also where that could not be written at first", async () => {
    const { json } = await respond(quarantine);
    await work();
    server.failAudit(1);
    const path = `/agent/v1/commands/${json.commandId}/outcome`;
    const outcome = { method: "PUT", body: { state: "failed", detail: "no sensor runs" } };
    expect((await server.agent(path, outcome)).status).toBe(500);
    expect((await server.agent(path, outcome)).status).toBe(204);
    expect((await server.agent(path, outcome)).status).toBe(204);
    expect(server.audited.filter(({ action }) => action === "respond.failed")).toHaveLength(1);
    expect((await orders()).orders).toMatchObject([{ state: "failed" }]);
  });

  it("that its host did not take in time is not carried out, and that is told", async () => {
    await respond(quarantine);
    server.clock.advance(LATE_MS);
    expect((await orders()).orders).toMatchObject([
      { state: "expired", detail: "web-1 did not take it in time: nothing will be done by it" },
    ]);
    server.failAudit(1);
    expect((await server.agent("/agent/v1/work")).status).toBe(500);
    expect(await work()).toEqual([]);
    expect(await work()).toEqual([]);
    const late = server.audited.filter(({ action }) => action === "respond.expired");
    expect(late).toHaveLength(1);
    expect(late[0]?.data).toMatchObject({ host: "web-1", askedBy: "admin" });
    expect((await orders()).orders).toMatchObject([{ state: "expired" }]);
  });

  it("that its host took tells what came of it also where the server was away until it was over", async () => {
    const { json } = await respond(quarantine);
    await work();
    server.clock.advance(LATE_MS);
    await work();
    expect((await orders()).orders).toMatchObject([
      { state: "expired", detail: "it was taken, and nobody said in time what came of it" },
    ]);
    const outcome = { state: "done", detail: "app: quarantine was done in 41 ms, proved (act a-1)" };
    await put(`/agent/v1/commands/${json.commandId}/outcome`, outcome);
    expect((await orders()).orders).toMatchObject([outcome]);
    const told = server.audited.filter(({ action }) => action.startsWith("respond."));
    expect(told.map(({ action }) => action)).toEqual(["respond.expired", "respond.done"]);
  });

  it("waits for a second person where the role says so, and is what that person was shown", async () => {
    const who = (login: string) => person(server, admin, { login, held: [{ role: "security", scope: {} }] });
    const [ann, bob] = [await who("ann"), await who("bob")];
    const asked = await respond(quarantine, ann);
    expect(asked.status).toBe(202);
    expect(await work()).toEqual([]);
    const path = `/api/v1/approvals/${asked.json.approvalId}`;
    expect((await bob.call("GET", path)).json.details).toMatchObject(quarantine);
    expect((await ann.call("POST", `${path}/approve`, {})).status).toBe(403);
    expect((await bob.call("POST", `${path}/approve`, {})).status).toBe(200);
    expect(await work()).toMatchObject([{ kind: "respond", action: "quarantine", by: "ann" }]);
  });

  it("that answers a detection names it as its host does, and is told with it", async () => {
    const records = runtimeChainOf([{ class: "detection", data: detectionData(APP) }]);
    const batch = (more: typeof records) => ({ logId: "log-web-1", host: "web-1", records: more });
    await server.agent("/agent/v1/records", { method: "POST", body: batch(records) });
    expect((await respond({ ...quarantine, detection: "log-web-1.1" })).status).toBe(200);
    expect(await work()).toMatchObject([{ answers: "d-1" }]);
    const done = runtimeChainOf([
      { class: "detection", data: detectionData(APP) },
      { class: "response", action: "response.done", data: responseData(APP, { decidedBy: "person admin" }) },
    ]);
    await server.agent("/agent/v1/records", { method: "POST", body: batch(done) });
    const { json } = await admin.call("GET", "/api/v1/detections/log-web-1.1");
    expect(showDetection.reply.parse(json).responses).toMatchObject([{ decidedBy: "person admin" }]);
  });
});

describe("an order is refused", () => {
  const viewer = () => person(server, admin, { login: "vic", held: [{ role: "viewer", scope: {} }] });

  it("to whoever only reads, with the permission that is missing", async () => {
    const reply = await respond(quarantine, await viewer());
    expect([reply.status, reply.json.code]).toEqual([403, "PERMISSION_DENIED"]);
    expect(await work()).toEqual([]);
  });

  it("about a container of another part of the fleet, as if there were none", async () => {
    const role = {
      permissions: { "containers.respond": "allow", "containers.read": "allow" },
      description: "",
    };
    await admin.call("PUT", "/api/v1/roles/responder", role, { "if-none-match": "*" });
    const held = [{ role: "responder", scope: { labels: { team: ["db-1"] } } }];
    const dana = await person(server, admin, { login: "dana", held });
    expect((await respond(quarantine, dana)).status).toBe(404);
    expect(await work()).toEqual([]);
  });

  it.each<[string, object]>([
    ["no reason", { action: "pause" }],
    ["an empty reason", { action: "pause", reason: "" }],
    ["an action that is none", { ...quarantine, action: "report" }],
    ["peers for what is no cut", { ...quarantine, peers: ["203.0.113.7"] }],
    ["peers that are no addresses", { action: "cut", reason: "x", peers: ["evil.example"] }],
    ["a network", { action: "cut", reason: "x", peers: ["0.0.0.0/0"] }],
    ["a peer that nobody is", { action: "cut", reason: "x", peers: ["203.0.113.7", "0.0.0.0"] }],
    ["a peer that nobody is, in IPv6", { action: "cut", reason: "x", peers: ["0:0::0"] }],
    ["a peer that nobody is, mapped", { action: "cut", reason: "x", peers: ["::FFFF:0.0.0.0"] }],
    ["nobody to be cut from", { action: "cut", reason: "x", peers: [] }],
    ["no time", { ...quarantine, forSeconds: 0 }],
    ["too long a time", { ...quarantine, forSeconds: 31 * 86_400 }],
    ["a member that is not ours", { ...quarantine, host: "db-1" }],
  ])("with %s", async (_, body) => {
    expect((await respond(body)).json.code).toBe("REQUEST_MALFORMED");
    expect(await work()).toEqual([]);
  });

  it("where it answers a detection of another container", async () => {
    const data = detectionData(APP, {
      container: { id: "c9", name: "other", image: APP, runtime: "docker" },
    });
    const records = runtimeChainOf([{ class: "detection", data }]);
    const body = { logId: "log-web-1", host: "web-1", records };
    await server.agent("/agent/v1/records", { method: "POST", body });
    const reply = await respond({ ...quarantine, detection: "log-web-1.1" });
    expect([reply.status, reply.json.code]).toEqual([404, "NOT_FOUND"]);
  });

  it("about a container that does not run", async () => {
    await report("web-1", "c1", { state: "exited" });
    const reply = await respond({ action: "kill", reason: "x" });
    expect([reply.status, reply.json.code]).toEqual([409, "CONFLICT"]);
    expect(reply.json.detail).toBe("app does not run: its engine calls it exited");
  });

  it.each<[string, object, object, Readonly<Record<string, string>>]>([
    [
      "without a sensor",
      { state: "failed", detail: "no BTF" },
      {},
      {
        quarantine: "no sensor runs on web-1 (no BTF): without one, containers there can only be killed",
        kill: "",
      },
    ],
    [
      "without programs for channels",
      { primitives: [] },
      {},
      { cut: "the sensor of web-1 has no programs for channels", quarantine: "", pause: "" },
    ],
    [
      "without them, in the host's own network",
      { primitives: [] },
      { hostNamespaces: ["network"] },
      { quarantine: "app is in the network of web-1, whose sensor has no programs for channels", stop: "" },
    ],
    [
      "with all of it",
      { primitives: channels },
      {},
      { cut: "", quarantine: "", kill: "", stop: "", pause: "" },
    ],
  ])("for what cannot be done on a host %s", async (_, sensor, container, expected) => {
    await report("web-1", "c1", container);
    await tellSensor(sensor);
    const { actions } = await orders();
    const obstacles = Object.fromEntries(actions.map(({ action, obstacle }) => [action, obstacle]));
    expect(obstacles).toMatchObject(expected);
    for (const [action, obstacle] of Object.entries(expected)) {
      const reply = await respond({ action, reason: "x" });
      expect([reply.status, reply.json.detail ?? ""]).toEqual(obstacle === "" ? [200, ""] : [409, obstacle]);
    }
  });
});
