import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostStatus } from "@pratique/api";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { layoutOf } from "../layout.ts";
import { ServerSession } from "./server-session.ts";

const status: HostStatus = {
  schemaVersion: 1,
  reportedAt: "2026-01-02T03:04:05.000Z",
  host: { name: "a", labels: {}, kernel: "", engineVersion: "" },
  engine: { name: "docker", state: "up", socket: "/run/docker.sock" },
  gate: { state: "enforcing", since: "2026-01-02T03:04:05.000Z", restarts: 0 },
  agent: { version: "0.1.0", startedAt: "2026-01-02T03:04:05.000Z" },
  advisories: { revision: "", sources: [] },
  policies: { revision: "", names: [], exceptions: 0, errors: [] },
  record: { logId: "l", length: 0, lastHash: "" },
  notCovered: [],
};

let directory: ReturnType<typeof tempDirectory>;
let stopping: AbortController;
let server: Server;
/** The calls that came, in their order. */
let calls: string[];
/** What a status is answered with. */
let statusReply: number;
let knowsHost: boolean;
let nowMs: number;

beforeEach(() => {
  directory = tempDirectory();
  stopping = new AbortController();
  calls = [];
  statusReply = 204;
  knowsHost = false;
  nowMs = 0;
  // As the server of this machine does: it has work for a host that it knows, and knows it by its status.
  server = createServer((request, response) => {
    const call = `${request.method} ${request.url?.split("?")[0]}`;
    calls.push(call);
    if (call === "PUT /agent/v1/host") {
      knowsHost ||= statusReply < 300;
      response.writeHead(statusReply).end();
    } else if (knowsHost) response.end(JSON.stringify({ revision: "r1", commands: [] }));
    else response.writeHead(409).end(JSON.stringify({ code: "CONFLICT" }));
  });
});

afterEach(async () => {
  stopping.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  directory[Symbol.dispose]();
});

function openSession() {
  const layout = layoutOf({ data: directory.at("data"), run: directory.path });
  const warned: string[] = [];
  const session = new ServerSession({
    layout,
    identity: undefined,
    run: "ab".repeat(16),
    now: () => nowMs,
    sleep: async (_, signal) => void (await sleep(1, undefined, { signal })),
    random: () => 0,
    log: { info: () => undefined, warn: (_, message) => warned.push(message) },
    respond: async () => "",
    scan: async () => undefined,
    setGateMode: async () => undefined,
    release: async () => undefined,
    profile: async () => undefined,
    rules: undefined,
    onPolicies: () => undefined,
    onCommand: () => undefined,
    onRenewed: () => undefined,
  });
  const ended = session.run(stopping.signal);
  const listening = () =>
    new Promise<void>((resolve) => {
      server.listen(layout.serverSocket, resolve);
    });
  return { session, warned, ended, listening };
}

it("asks for work once the first status has been taken, and says nothing of a server that is there", async () => {
  const { session, warned, listening } = openSession();
  await listening();
  await session.sendStatus(status);
  await vi.waitFor(() => expect(session.state.reachedAt).not.toBeNull());
  expect(calls.slice(0, 2)).toEqual(["PUT /agent/v1/host", "GET /agent/v1/work"]);
  expect([warned, session.state.problem]).toEqual([[], ""]);
  session.client[Symbol.dispose]();
});

it("gives a server that starts beside it some time, and begins when it is there", async () => {
  const { session, warned, listening } = openSession();
  const refused = await session.sendStatus(status).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: "SERVER_UNREACHABLE" });
  expect([warned, session.mayBeStarting(refused)]).toEqual([[], true]);
  // Whoever asks is told, all the same.
  expect(session.state.problem).toContain("ENOENT");
  await listening();
  await session.sendStatus(status);
  await vi.waitFor(() => expect(session.state.problem).toBe(""));
  expect([warned, session.mayBeStarting(refused)]).toEqual([[], false]);
  session.client[Symbol.dispose]();
});

it("takes it for no news that a server which has just begun does not know its host", async () => {
  const { session, listening } = openSession();
  await listening();
  const refused = await session.client
    .sendContainers("2026-01-02T03:04:05.000Z", [])
    .catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: "SERVER_REFUSED" });
  expect(session.mayBeStarting(refused)).toBe(true);
  nowMs += 60_000;
  expect(session.mayBeStarting(refused)).toBe(false);
  session.client[Symbol.dispose]();
});

it("says once that the server cannot be reached, where no status gets there", async () => {
  const { session, warned } = openSession();
  for (nowMs = 0; nowMs < 60_000; nowMs += 1000) {
    await expect(session.sendStatus(status)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  }
  expect(warned).toEqual(["the server cannot be reached"]);
  expect(calls).toEqual([]);
  session.client[Symbol.dispose]();
});

it("asks a server that refuses its status for work all the same", async () => {
  const { session, listening } = openSession();
  await listening();
  knowsHost = true;
  statusReply = 400;
  await expect(session.sendStatus(status)).rejects.toMatchObject({ code: "SERVER_REFUSED" });
  await vi.waitFor(() => expect(session.state.reachedAt).not.toBeNull());
  session.client[Symbol.dispose]();
});

it("ends while it waits for the first status", async () => {
  const { ended } = openSession();
  stopping.abort();
  await ended;
  expect(calls).toEqual([]);
});

it("says that the policies which the server sent before cannot be read", () => {
  const { serverPolicies } = layoutOf({ data: directory.at("data"), run: directory.path });
  mkdirSync(serverPolicies, { recursive: true });
  expect(openSession().session.state.policyErrors).toEqual([]);
  writeFileSync(path.join(serverPolicies, "current.json"), '{"form":1');
  expect(openSession().session.state.policyErrors).toEqual([
    expect.stringContaining("what the server sent cannot be read"),
  ]);
});
