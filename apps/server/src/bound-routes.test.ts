import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import {
  agentEndpoints,
  type Endpoint,
  joinHost,
  operatorEndpoints,
  publicEndpoints,
  renewCertificate,
} from "@pratique/api";
import { permissions } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestServer, testServer } from "./testdata/test-server.ts";

/** What the listeners of a started server have bound, held against the contract: neither knows more than the other. */

interface Bound {
  readonly method: string;
  readonly path: string;
  /** What the route says that it is of. */
  readonly endpoint: unknown;
}

interface Listener {
  readonly app: FastifyInstance;
  readonly routes: Bound[];
}

const CREATED = "fastify.initialization";
const listeners: Listener[] = [];
const directory = tempDirectory();
let server: TestServer;

/** Whatever is bound afterwards, by whatever way, passes the hook. */
function watch(message: unknown): void {
  const { fastify: app }: { fastify: FastifyInstance } = Object(message);
  const routes: Bound[] = [];
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const each of [method].flat())
      routes.push({ method: each, path: url, endpoint: Object(config).endpoint });
  });
  listeners.push({ app, routes });
}

beforeAll(async () => {
  writeFileSync(directory.at("index.html"), "<!doctype html>");
  subscribe(CREATED, watch);
  server = await testServer({ agents: { port: 0 }, consoleDirectory: directory.path, now: Date.now });
  unsubscribe(CREATED, watch);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

/** What the listener at a URL has bound; the server's socket where it is undefined. */
function boundAt(url: string | undefined): readonly Bound[] {
  const found = listeners.find(({ app }) => {
    const at: AddressInfo | string | null = app.server.address();
    // The socket is made under another name and then given its own.
    return typeof at === "string" ? url === undefined : url?.endsWith(`:${at?.port}`);
  });
  if (found === undefined) throw new Error(`nothing listens at ${url ?? "the socket"}`);
  return found.routes;
}

/** As the contract has it, written as the server's library writes it. */
function expectedOf({ id, method, path }: Endpoint): Bound {
  const written = path
    .split("/")
    .map((part) => (part.startsWith("{+") ? "*" : part.startsWith("{") ? `:${part.slice(1, -1)}` : part));
  return { method, path: written.join("/"), endpoint: id };
}

function sorted(routes: readonly Bound[]): readonly string[] {
  return routes.map(({ method, path, endpoint }) => `${method} ${path} ${String(endpoint)}`).sort();
}

const joining: readonly Endpoint[] = [joinHost, renewCertificate];

it("has three listeners", () => {
  expect(listeners).toHaveLength(3);
});

it("answers on the console's listener the endpoints for people, and the files of the console", () => {
  const files = ["GET", "HEAD"].map((method) => ({ method, path: "/*", endpoint: undefined }));
  expect(sorted(boundAt(server.running.url))).toEqual(sorted([...publicEndpoints.map(expectedOf), ...files]));
});

it("answers on the agents' listener the endpoints for agents", () => {
  expect(sorted(boundAt(server.running.agentsUrl ?? "none"))).toEqual(sorted(agentEndpoints.map(expectedOf)));
});

it("answers on its socket the endpoints for its own agent and its operator", () => {
  const own = agentEndpoints.filter((endpoint) => !joining.includes(endpoint));
  expect(sorted(boundAt(undefined))).toEqual(sorted([...own, ...operatorEndpoints].map(expectedOf)));
});

it("has bound nothing that the contract gives no permission", () => {
  const known = new Set<string>(["public", "session", "agent", "operator", "registry", ...permissions]);
  const byId = new Map(
    [...publicEndpoints, ...agentEndpoints, ...operatorEndpoints].map((endpoint) => [endpoint.id, endpoint]),
  );
  const bound = listeners.flatMap(({ routes }) => routes).filter(({ path }) => path !== "/*");
  expect(bound.length).toBeGreaterThan(100);
  expect(bound.filter(({ endpoint }) => !known.has(byId.get(String(endpoint))?.permission ?? ""))).toEqual(
    [],
  );
});
