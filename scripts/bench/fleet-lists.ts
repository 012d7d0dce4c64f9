import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openStore, type StoreOptions } from "../../packages/store/src/index.ts";
import { postgresUnavailable, startPostgres } from "../../packages/testkit/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import { largeFleet, seedFleet } from "./fleet-seed.ts";
import { quantile } from "./statistics.ts";

const TARGET_MS = 200;
const TARGET_MIB = 400;
const CALLS = 100;
const PASSWORD = "walnut-ferry-ochre-92";

/** Each list by what makes it slow: a filter that fits much, one that fits little, an order, a far page. */
const lists: readonly (readonly [name: string, paths: readonly string[]])[] = [
  ["hosts", ["hosts?limit=50", "hosts?text=00012", "hosts?agent=silent", "hosts?gate=observing"]],
  ["containers", ["containers?limit=50", "containers?severity=critical", "containers?text=app-12"]],
  [
    "images",
    [
      "images?limit=50",
      "images?text=app-12",
      "images?severity=low&sort=reference&order=asc",
      "images?verdict=deny",
    ],
  ],
  [
    "launches",
    ["launches?limit=50", "launches?outcome=denied", "launches?rule=no-critical", "launches?text=app-12"],
  ],
  [
    "findings",
    [
      "findings?limit=50",
      "findings?sort=epss",
      "findings?severity=high&fixable=true",
      "findings?text=package-12",
      "findings?running=true&knownExploited=true",
      "findings?sort=firstSeen&firstSeenAfter=2026-11-10T00:00:00Z",
    ],
  ],
  [
    "vulnerabilities",
    [
      "vulnerabilities?limit=50",
      "vulnerabilities?sort=images",
      "vulnerabilities?text=CVE-2024",
      "vulnerabilities?running=true",
    ],
  ],
  ["overview", ["overview", "attention"]],
  ["exceptions and policies", ["exceptions", "policies"]],
];

interface Served {
  readonly url: string;
  readonly process: ChildProcess;
  readonly people: readonly (readonly [name: string, cookie: string])[];
}

export const fleetLists: Bench = {
  name: "fleet-lists",
  description: "how fast lists of a large fleet are, whole and in part, and what memory the server takes",
  unavailable: () => undefined,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      const embedded = await measure(
        "SQLite",
        { file: path.join(directory, "pratique.sqlite") },
        directory,
        say,
      );
      if (postgresUnavailable() !== undefined) return embedded;
      await using cluster = await startPostgres();
      const postgres = await cluster.createDatabase();
      mkdirSync(path.join(directory, "second"));
      return [
        ...embedded,
        ...(await measure("PostgreSQL", { postgres }, path.join(directory, "second"), say)),
      ];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(
  name: string,
  options: StoreOptions,
  directory: string,
  say: (text: string) => void,
): Promise<readonly Row[]> {
  say(`${name}: the fleet is made …`);
  const store = await openStore(options);
  await seedFleet(store, largeFleet, say);
  await store.close();
  return await measureServer(
    name,
    { directory, postgres: "postgres" in options ? String(options.postgres) : "" },
    say,
  );
}

/** Measures a server over a fleet that is there. */
async function measureServer(
  name: string,
  { directory, postgres }: { readonly directory: string; readonly postgres: string },
  say: (text: string) => void,
): Promise<readonly Row[]> {
  const served = await serve(directory, postgres);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  try {
    const rows: Row[] = [];
    for (const [list, paths] of lists) {
      const slowest = await timesOf(served, agent, paths, say);
      rows.push(rowOf(`${name}, ${list}`, slowest));
    }
    rows.push({
      what: `${name}, memory of the server at its most`,
      target: `≤ ${TARGET_MIB} MiB`,
      result: `${peakMib(served.process)} MiB`,
      peer: "",
    });
    return rows;
  } finally {
    agent.destroy();
    served.process.kill();
    await once(served.process, "exit");
  }
}

interface Slowest {
  readonly p99: number;
  readonly median: number;
  readonly what: string;
}

/** The slowest of some paths, by any of the people. */
async function timesOf(
  served: Served,
  agent: Agent,
  paths: readonly string[],
  say: (text: string) => void,
): Promise<Slowest> {
  let slowest: Slowest = { p99: 0, median: 0, what: "" };
  for (const [who, cookie] of served.people) {
    for (const each of paths) {
      const times = await callMany(served, { agent, cookie, path: each });
      const found = { p99: quantile(times, 0.99), median: quantile(times, 0.5), what: `${each}, ${who}` };
      say(`${found.what}: ${found.median.toFixed(0)} ms at the median, p99 ${found.p99.toFixed(0)} ms`);
      if (found.p99 > slowest.p99) slowest = found;
    }
  }
  return slowest;
}

/** Pages through a list, over and over. */
async function callMany(
  { url }: Served,
  { agent, cookie, path: list }: { readonly agent: Agent; readonly cookie: string; readonly path: string },
): Promise<number[]> {
  const times: number[] = [];
  let cursor = "";
  for (let call = 0; call < CALLS; call += 1) {
    const started = performance.now();
    const joint = list.includes("?") ? "&" : "?";
    const page = cursor === "" ? list : `${list}${joint}cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await send(url, { agent, path: `/api/v1/${page}`, headers: { cookie } });
    times.push(performance.now() - started);
    if (status !== 200) throw new Error(`${page} was answered ${status}: ${body}`);
    const { nextCursor } = JSON.parse(body);
    cursor = typeof nextCursor === "string" ? nextCursor : "";
  }
  return times;
}

async function serve(directory: string, postgres: string): Promise<Served> {
  const script = fileURLToPath(new URL("fleet-server.ts", import.meta.url));
  const server = spawn(process.execPath, [script, directory, postgres], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(server.stdout), "line");
  const { url, link } = JSON.parse(String(line));
  const admin = await redeem(url, link);
  const set = await send(
    url,
    { method: "PUT", path: "/api/v1/session/password", headers: from(url, admin) },
    { next: PASSWORD },
  );
  if (set.status !== 204) throw new Error(set.body);
  const people = [
    ["who sees all", admin],
    ["who sees a label", await person(url, admin, { login: "label", scope: { labels: { env: ["test"] } } })],
    ["who sees a team", await person(url, admin, { login: "team", scope: { labels: { team: ["team-7"] } } })],
    [
      "who sees a registry",
      await person(url, admin, { login: "registry", scope: { registries: ["ghcr.io/acme/*"] } }),
    ],
  ] as const;
  return { url, process: server, people };
}

async function person(
  url: string,
  admin: string,
  { login, scope }: { readonly login: string; readonly scope: object },
): Promise<string> {
  const headers = from(url, admin);
  const made = await send(
    url,
    { method: "POST", path: "/api/v1/accounts", headers },
    { login, displayName: login },
  );
  const { account, link } = JSON.parse(made.body);
  const grant = { holder: { kind: "account", id: account.id }, role: "viewer", scope };
  await send(url, { method: "POST", path: "/api/v1/grants", headers }, grant);
  const cookie = await redeem(url, link.url);
  await send(
    url,
    { method: "PUT", path: "/api/v1/session/password", headers: from(url, cookie) },
    { next: PASSWORD },
  );
  return cookie;
}

async function redeem(url: string, link: string): Promise<string> {
  const options = { method: "POST", path: "/api/v1/session", headers: { origin: url } };
  const { cookie } = await send(url, options, { token: new URL(link).hash.slice(1) });
  return cookie;
}

function from(url: string, cookie: string) {
  return { cookie, origin: url };
}

async function send(
  url: string,
  options: RequestOptions,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: string; readonly cookie: string }> {
  const { hostname, port } = new URL(url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { ...options.headers, ...(text !== undefined && { "content-type": "application/json" }) };
  const outgoing = request({ rejectUnauthorized: false, ...options, hostname, port, headers });
  outgoing.end(text);
  const [incoming] = await once(outgoing, "response");
  let answer = "";
  for await (const piece of incoming.setEncoding("utf8")) answer += piece;
  const cookie = incoming.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  return { status: incoming.statusCode, body: answer, cookie };
}

function rowOf(what: string, { p99, median, what: which }: Slowest): Row {
  return {
    what,
    target: `p99 ≤ ${TARGET_MS} ms`,
    result: `p99 ${p99.toFixed(0)} ms, median ${median.toFixed(0)} ms (slowest: ${which})`,
    peer: "",
  };
}

function peakMib({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = /^VmHWM:\s+(?<kib>\d+) kB$/mu.exec(status)?.groups?.kib;
  return Math.round(Number(kib ?? 0) / 1024);
}
