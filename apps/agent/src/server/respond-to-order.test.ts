import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { EngineAddress } from "@pratique/engine";
import { tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RuntimeDoor, type RuntimeRequest } from "../runtime/door/runtime-door.ts";
import { type RespondCommand, respondToOrder } from "./respond-to-order.ts";

const CONTAINER = "c".repeat(64);

let directory: ReturnType<typeof tempDirectory>;
let door: RuntimeDoor | undefined;
let engine: Server;
let engineAddress: EngineAddress;
let asked: RuntimeRequest[];
let engineHeard: string[];
let server: string | undefined;
/** What the engine says of its containers. */
let engineKnows: Record<string, unknown>;

beforeEach(async () => {
  directory = tempDirectory();
  asked = [];
  engineHeard = [];
  server = undefined;
  engineKnows = {};
  engine = createServer(({ method, url = "" }, response) => {
    const known = Object.entries(engineKnows).find(([path]) => url.includes(path))?.[1];
    if (method === "GET" && known !== undefined) {
      response.writeHead(200, { "content-type": "application/json", "api-version": "1.45" });
      response.end(JSON.stringify(known));
      return;
    }
    if (url.endsWith("/_ping")) {
      response.writeHead(200, { "api-version": "1.45" }).end("OK");
      return;
    }
    engineHeard.push(`${method} ${url}`);
    response.writeHead(204).end();
  });
  const socketPath = directory.at("engine.sock");
  await new Promise<void>((resolve) => engine.listen(socketPath, resolve));
  engineAddress = { kind: "unix", socketPath };
});

afterEach(async () => {
  await door?.[Symbol.asyncDispose]();
  door = undefined;
  engine.closeAllConnections();
  await new Promise((resolve) => engine.close(resolve));
  directory[Symbol.dispose]();
});

/** A watch that answers so, or fails so. */
async function watching(answer: object | Error | undefined): Promise<void> {
  door = new RuntimeDoor({
    socketPath: directory.at("runtime.sock"),
    answer: (request, sink) => {
      asked.push(request);
      if (answer instanceof Error) throw answer;
      if (answer !== undefined) sink.write(answer);
      sink.end();
    },
  });
  await door.listen();
}

const respond = (more: Partial<RespondCommand> = {}) =>
  respondToOrder(
    {
      socketPath: directory.at("runtime.sock"),
      engineAddress,
      policyFile: directory.at("responses.yaml"),
      server,
    },
    {
      id: "o-1",
      kind: "respond",
      containerId: CONTAINER,
      action: "quarantine",
      reason: "it mines",
      by: "ann",
      expiresAt: "2026-12-01T12:00:00Z",
      ...more,
    },
  );

it("asks the watch with all that was ordered, and says what came of it", async () => {
  await watching({ state: "done", text: "web: cut was done in 41 ms, proved (act a-1)", act: "a-1" });
  const text = await respond({ action: "cut", peers: ["203.0.113.7"], forSeconds: 60, answers: "d-1" });
  expect(text).toBe("web: cut was done in 41 ms, proved (act a-1)");
  expect(asked).toEqual([
    {
      command: "respond",
      container: CONTAINER,
      action: "cut",
      peers: ["203.0.113.7"],
      forMs: 60_000,
      reason: "it mines",
      by: "ann",
      answers: "d-1",
    },
  ]);
  expect(engineHeard).toEqual([]);
});

it.each<[string, object | Error | undefined, string]>([
  [
    "nothing was done",
    { state: "not-done", text: "nothing was done about web: spared" },
    "nothing was done about web",
  ],
  ["it refuses", new Error("no container runs on this host"), "no container runs on this host"],
  ["it breaks off", undefined, "nobody said what came of it"],
])("fails where the watch says that %s, and lets the engine alone", async (_, answer, expected) => {
  await watching(answer);
  await expect(respond({ action: "kill" })).rejects.toThrow(expected);
  expect(engineHeard).toEqual([]);
});

describe("where nobody watches", () => {
  it.each(["cut", "pause", "stop", "quarantine"] as const)("does no %s, and says why", async (action) => {
    await expect(respond({ action })).rejects.toThrow(
      /^nothing was done: without a sensor, containers of this/u,
    );
    expect(engineHeard).toEqual([]);
  });

  it("has the engine kill all the same", async () => {
    expect(await respond({ action: "kill" })).toMatch(/^killed by the engine; no sensor runs here/u);
    expect(engineHeard).toEqual([`POST /containers/${CONTAINER}/kill`]);
  });

  it.each<[string, string, string]>([
    ["the policy spares", "spare: [{ names: [web] }]", "nothing was done: the policy spares it"],
    [
      "a policy may spare that is not understood",
      "spare: 7",
      "nothing was done: whether it is to be left alone cannot be seen",
    ],
  ])("has the engine kill nothing that %s", async (_, policy, expected) => {
    writeFileSync(directory.at("responses.yaml"), policy);
    engineKnows = {
      [`/containers/${CONTAINER}/json`]: {
        Id: CONTAINER,
        Name: "/web",
        Image: `sha256:${"a".repeat(64)}`,
        Config: { Image: "shop:1" },
        State: { Status: "running" },
      },
    };
    await expect(respond({ action: "kill" })).rejects.toThrow(expected);
    expect(engineHeard).toEqual([]);
  });

  it("has the engine not kill the container of its server, which could tell nobody", async () => {
    server = "https://127.0.0.1:8444";
    const published = [{ IP: "0.0.0.0", PrivatePort: 8444, PublicPort: 8444 }];
    engineKnows = { "/containers/json": [{ Id: CONTAINER, State: "running", Ports: published }] };
    await expect(respond({ action: "kill" })).rejects.toThrow("the agent or its server runs in it");
    expect(engineHeard).toEqual([]);
  });
});
