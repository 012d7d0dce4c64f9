import {
  agentEndpoints,
  type Endpoint,
  joinHost,
  operatorEndpoints,
  publicEndpoints,
  renewCertificate,
  showHost,
} from "@pratique/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgentHost } from "./testdata/agent-host.ts";
import type { CallOptions, Reply } from "./testdata/call.ts";
import { administrator, type Person, tokenOf } from "./testdata/people.ts";
import { sampleHost } from "./testdata/samples.ts";
import { type TestServer, testServer } from "./testdata/test-server.ts";

/**
 * Which endpoints each of the three listeners answers, and to whom: the console's, that of other hosts' agents, and
 * the socket of the server's own machine. What a listener does not answer is not there, whoever asks.
 */

let server: TestServer;
let admin: Person;
let token: Person;
let stranger: AgentHost;
let host: AgentHost;
let revoked: AgentHost;

beforeAll(async () => {
  // TLS looks at the real clock.
  server = await testServer({ agents: { port: 0 }, now: Date.now });
  admin = await administrator(server);
  token = await tokenOf(server, admin, { permissions: ["hosts.read", "images.read"] });
  stranger = new AgentHost(server.running.agentsUrl ?? "");
  host = await joined("web-1");
  revoked = await joined("web-2");
  const reply = await admin.call("POST", "/api/v1/hosts/web-2/revoke", { reason: "it is gone" });
  expect(reply.status).toBe(204);
}, 60_000);

afterAll(async () => {
  for (const each of [stranger, host, revoked]) each[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

async function joined(name: string): Promise<AgentHost> {
  const made = await server.agent("/operator/v1/join-token", { method: "POST", body: {} });
  const { held } = await stranger.join(String(made.json.secret), name);
  return new AgentHost(server.running.agentsUrl ?? "", { held });
}

type Call = (path: string, options: CallOptions) => Promise<Reply>;

/** What an endpoint answers to a call without a body: nothing of it is carried out where it needs one. */
async function answerOf(call: Call, { method, path }: Endpoint): Promise<string> {
  const reply = await call(path.replaceAll(/\{\w+\}/gu, "none-1"), { method });
  // The console's listener says so as a problem, the others as their library does.
  const isAbsent = reply.json.detail === "there is nothing at this path" || reply.json.error === "Not Found";
  return isAbsent ? "absent" : `${reply.status} ${String(reply.json.code ?? "")}`.trim();
}

async function answersOf(call: Call, endpoints: readonly Endpoint[]): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const endpoint of endpoints) answers[endpoint.id] = await answerOf(call, endpoint);
  return answers;
}

const everyone = (answer: string, endpoints: readonly Endpoint[]) =>
  Object.fromEntries(endpoints.map(({ id }) => [id, answer]));
const joining: readonly Endpoint[] = [joinHost, renewCertificate];
/** Those that every agent has, the server's own as well. */
const reporting = agentEndpoints.filter(({ id }) => joining.every((each) => each.id !== id));
const consoleOnly = publicEndpoints.filter(({ permission }) => permission !== "public");

describe("the console's listener", () => {
  it.each<[string, () => Call]>([
    ["a stranger", () => server.call],
    [
      "an administrator",
      () =>
        (path, { method = "GET" }) =>
          admin.call(method, path),
    ],
    [
      "a token",
      () =>
        (path, { method = "GET" }) =>
          token.call(method, path),
    ],
  ])("has nothing of agents and operators for %s", async (_, caller) => {
    const endpoints = [...agentEndpoints, ...operatorEndpoints];
    expect(await answersOf(caller(), endpoints)).toEqual(everyone("absent", endpoints));
  });
});

describe("the listener of agents", () => {
  const call: (agent: AgentHost) => Call = (agent) => (path, options) => agent.call(path, options);

  it("has nothing of the console and of operators for a host", async () => {
    const endpoints = [...publicEndpoints, ...operatorEndpoints];
    expect(await answersOf(call(host), endpoints)).toEqual(everyone("absent", endpoints));
  });

  it("hears a stranger who joins, and nothing else of one", async () => {
    expect(await answersOf(call(stranger), agentEndpoints)).toEqual({
      ...everyone("401 NOT_SIGNED_IN", agentEndpoints),
      joinHost: "400 REQUEST_MALFORMED",
    });
  });

  it("hears a host that was revoked no more", async () => {
    expect(await answersOf(call(revoked), agentEndpoints)).toEqual({
      ...everyone("403 HOST_REVOKED", agentEndpoints),
      joinHost: "400 REQUEST_MALFORMED",
    });
  });

  it("takes no session and no token of a person for a certificate", async () => {
    for (const { headers } of [admin, token]) {
      const reply = await stranger.call("/agent/v1/acknowledged?logId=a", { headers });
      expect([reply.status, reply.json.code]).toEqual([401, "NOT_SIGNED_IN"]);
    }
  });

  it("reads what a host sends, in its form", async () => {
    expect(await answersOf(call(host), agentEndpoints)).toEqual({
      ...everyone("400 REQUEST_MALFORMED", agentEndpoints),
      // The only one that needs nothing said.
      awaitWork: "200",
    });
    expect((await host.call("/agent/v1/acknowledged?logId=a")).status).toBe(200);
    expect((await host.renew()).reply.status).toBe(200);
    const status = { ...sampleHost, host: { ...sampleHost.host, name: "web-1" } };
    expect((await host.call("/agent/v1/host", { method: "PUT", body: status })).status).toBe(204);
  });

  it("lets a host speak for itself alone", async () => {
    const status = { ...sampleHost, host: { ...sampleHost.host, name: "web-3" } };
    const reply = await host.call("/agent/v1/host", { method: "PUT", body: status });
    expect([reply.status, reply.json.code]).toEqual([403, "PERMISSION_DENIED"]);
    expect((await admin.call(showHost.method, "/api/v1/hosts/web-3")).status).toBe(404);
  });
});

describe("the socket of the server's own machine", () => {
  it("has nothing of the console, and lets nobody join: its agent needs no certificate", async () => {
    const endpoints = [...consoleOnly, ...joining];
    expect(await answersOf(server.agent, endpoints)).toEqual(everyone("absent", endpoints));
  });

  it("answers its agent and its operator, who show nothing", async () => {
    const refusals = Object.entries(await answersOf(server.agent, [...reporting, ...operatorEndpoints]));
    expect(refusals.filter(([, answer]) => /absent|401|403|500/u.test(answer))).toEqual([]);
    const link = await server.agent("/operator/v1/sign-in-link", { method: "POST" });
    expect([link.status, typeof link.json.url]).toEqual([200, "string"]);
    expect((await server.agent("/agent/v1/acknowledged?logId=a")).json).toEqual({ acknowledged: 0 });
  });
});
