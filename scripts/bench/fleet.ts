import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { Agent, request as requestTls } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serverEnvironment, serverNodeFlags } from "../../apps/cli/src/node-flags.ts";
import { openStore } from "../../packages/store/src/index.ts";
import type { Bench, Row } from "./bench.ts";
import type { FleetAgentOutcome } from "./fleet-agent.ts";
import type { FleetPlan } from "./fleet-agents.ts";
import { multiplyImages } from "./fleet-many.ts";
import { type FleetSize, hostName, seedFleet } from "./fleet-seed.ts";
import { quantile } from "./statistics.ts";

/**
 * `PRATIQUE_BENCH_AGENTS`, `PRATIQUE_BENCH_SECONDS`, `PRATIQUE_BENCH_IMAGES` and `PRATIQUE_BENCH_LAUNCH_SECONDS` say others.
 */
const AGENTS = 2000;
const SECONDS = 180;
/** From one launch on a host to the next. */
const LAUNCH_SECONDS = 1;
/** All of it ends by then. */
const MAX_MS = 345_000;
const IMAGES = 10_000;
/** Images are made from reports, and multiplied then. */
const IMAGES_MADE = 500;
const FINDINGS_PER_IMAGE = 100;
/** People who look at the console at once, and how long each looks at a page. */
const READERS = 4;
const READ_EVERY_MS = 200;
const TICKS_PER_SECOND = 100;
const READ_ALONE_MS = 20_000;
const POLICY = `apiVersion: pratique/v1
kind: Policy
metadata: { name: bench }
spec: { rules: [{ name: never, deny: "false", message: m, value: v, fix: f }] }
`;
const PASSWORD = "walnut-ferry-ochre-92";
const reads: readonly string[] = [
  "overview",
  "attention",
  "hosts?limit=50",
  "containers?limit=50",
  "images?limit=50",
  "launches?limit=50",
  "findings?limit=50",
  "vulnerabilities?limit=50",
];

interface Served {
  readonly process: ChildProcess;
  readonly url: string;
  readonly agentsUrl: string;
  readonly socketPath: string;
  readonly link: string;
}

export const fleet: Bench = {
  name: "fleet",
  description: "how one server bears thousands of agents while people read",
  unavailable: () => (process.platform === "linux" ? undefined : "processes are measured by /proc"),
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    const started: ChildProcess[] = [];
    try {
      return await measure(directory, started, say);
    } finally {
      for (const child of started) child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(
  directory: string,
  started: ChildProcess[],
  say: (text: string) => void,
): Promise<readonly Row[]> {
  const until = Date.now() + MAX_MS;
  const agents = wanted("PRATIQUE_BENCH_AGENTS", AGENTS);
  const seconds = wanted("PRATIQUE_BENCH_SECONDS", SECONDS);
  const images = wanted("PRATIQUE_BENCH_IMAGES", IMAGES);
  const launchEveryMs = wanted("PRATIQUE_BENCH_LAUNCH_SECONDS", LAUNCH_SECONDS) * 1000;
  const made = Math.min(images, IMAGES_MADE);
  const size: FleetSize = {
    images: made,
    findingsPerImage: FINDINGS_PER_IMAGE,
    hosts: agents,
    containersPerHost: 20,
    launches: 10_000,
  };
  const file = path.join(directory, "pratique.sqlite");
  const store = await openStore({ file });
  await seedFleet(store, size, say);
  await store.close();
  say("images are multiplied …");
  multiplyImages(file, Math.round(images / made));
  const served = await serve(directory, started);
  const cookie = await signIn(served);
  say("people read, while no agent is there …");
  await readFor(served, cookie, READ_ALONE_MS);
  const aloneMib = statusOf(served.process, "VmHWM");
  say(`${agents} hosts get tokens …`);
  const hosts = await tokensOf(served, agents);
  say(`${agents} agents join …`);
  const joining = performance.now();
  const fleetProcess = startAgents(
    { port: Number(new URL(served.agentsUrl).port), seconds, until, size, launchEveryMs, hosts },
    started,
  );
  const lines = createInterface(fleetProcess.stdout ?? process.stdin)[Symbol.asyncIterator]();
  if ((await lines.next()).value !== "joined") throw new Error("the agents could not join");
  const joinMs = performance.now() - joining;
  say(`${agents} agents at work for ${seconds} s at most …`);
  const before = cpuOf(served.process);
  const agentsBefore = cpuOf(fleetProcess);
  const began = performance.now();
  const ended = new AbortController();
  const reading = readWhile(served, cookie, ended.signal);
  await sleep((seconds * 1000) / 2);
  const changedAt = await changePolicy(served, cookie);
  const outcomes: readonly FleetAgentOutcome[] = JSON.parse(String((await lines.next()).value));
  ended.abort();
  const elapsed = (performance.now() - began) / 1000;
  const cpu = cpuOf(served.process) - before;
  const agentsCpu = cpuOf(fleetProcess) - agentsBefore;
  const peakMib = statusOf(served.process, "VmHWM");
  const times = await reading;
  served.process.kill("SIGTERM");
  await once(served.process, "exit");
  return [
    {
      what: `${times.length} reads by ${READERS} people while ${agents} agents report`,
      target: "p99 ≤ 200 ms",
      result: quantilesOf(times),
      peer: failuresIn(times),
    },
    ...reads.map((each) => ({
      what: `  ${each}`,
      target: "",
      result: quantilesOf(times.flatMap((read) => (read.path === each ? [read] : []))),
      peer: "",
    })),
    lossRow(file, outcomes),
    {
      what: "a batch of records, until it is acknowledged",
      target: "",
      result: quantilesOf(outcomes.flatMap(({ times: each }) => each.map((ms) => ({ ms })))),
      peer: `joining took ${((joinMs / agents) * 1).toFixed(1)} ms a host`,
    },
    {
      what: "processor time of the server",
      target: "",
      result: `${((cpu / elapsed / agents) * 1000).toFixed(2)} ms a second and agent, ${(cpu / elapsed).toFixed(2)} cores in all`,
      peer: `10,000 agents would take ${((cpu / elapsed / agents) * 10_000).toFixed(1)} cores; the simulated agents took ${(agentsCpu / elapsed).toFixed(2)}`,
    },
    policyRow(outcomes, changedAt),
    {
      what: `memory of the server, ${images} images and ${images * FINDINGS_PER_IMAGE} findings, while people read`,
      target: "≤ 400 MiB",
      result: `${aloneMib} MiB at its most, before the agents came`,
      peer: "",
    },
    {
      what: `memory of the server with ${agents} agents`,
      target: "",
      result: `${peakMib} MiB at its most`,
      peer: `${(((peakMib - aloneMib) / agents) * 1024).toFixed(0)} KiB for each agent`,
    },
  ];
}

/** How soon a policy that somebody saved was with the agents. */
function policyRow(outcomes: readonly FleetAgentOutcome[], changedAt: number): Row {
  const heard = outcomes.flatMap(({ heardAt }) => heardAt.find((at) => at >= changedAt) ?? []);
  const ms = heard.map((at) => ({ ms: at - changedAt }));
  return {
    what: "a policy, from its being saved until an agent has it",
    target: "≤ 2 s",
    result: `${quantilesOf(ms)}, at most ${Math.max(...ms.map((each) => each.ms))} ms`,
    peer: `${heard.length} of ${outcomes.length} agents have it`,
  };
}

function lossRow(file: string, outcomes: readonly FleetAgentOutcome[]): Row {
  const database = new DatabaseSync(file, { readOnly: true });
  const held = database.prepare(
    `select count(*) as count, count(distinct sequence) as sequences, max(sequence) as last,
      (select hash from records where log_id = ?1 and sequence = ?2) as hash
     from records where log_id = ?1`,
  );
  let [acknowledged, missing, twice, failures] = [0, 0, 0, 0];
  for (const outcome of outcomes) {
    acknowledged += outcome.acknowledged;
    failures += outcome.failures;
    const row = held.get(outcome.logId, outcome.acknowledged);
    const [count, sequences, last] = [Number(row?.count), Number(row?.sequences), Number(row?.last ?? 0)];
    // What was stored and could not be acknowledged any more is no loss.
    missing += Math.max(0, outcome.acknowledged - Math.min(sequences, last));
    twice += count - sequences;
    if (outcome.acknowledged > 0 && row?.hash !== outcome.lastHash) missing += 1;
  }
  database.close();
  const errors = outcomes.flatMap(({ error }) => (error === "" ? [] : [error]));
  return {
    what: "records that were acknowledged, and are not in the store, or twice",
    target: "0",
    result: `${missing} missing, ${twice} twice, of ${acknowledged} acknowledged`,
    peer:
      errors.length === 0
        ? ""
        : `${failures} calls were refused, and ${errors.length} agents stopped or were, the first with ${errors[0]}`,
  };
}

interface Read {
  readonly path: string;
  readonly ms: number;
  /** Empty where it was answered. */
  readonly error: string;
}

async function readFor(served: Served, cookie: string, ms: number): Promise<void> {
  const ended = new AbortController();
  const reading = readWhile(served, cookie, ended.signal);
  await sleep(ms);
  ended.abort();
  await reading;
}

/** Saves a policy for all hosts; gives when, in milliseconds since 1970. */
async function changePolicy({ url }: Served, cookie: string): Promise<number> {
  const headers = { origin: url, cookie, "if-none-match": "*" };
  const at = Date.now();
  const call = { method: "PUT", path: "/api/v1/policies/bench", headers };
  const { status, body } = await send(url, call, { text: POLICY, scope: {}, enabled: true });
  if (status !== 200) throw new Error(`the policy is refused: ${status} ${body}`);
  return at;
}

async function readWhile(served: Served, cookie: string, signal: AbortSignal): Promise<readonly Read[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: READERS, rejectUnauthorized: false });
  const done: Read[] = [];
  const reader = async (first: number) => {
    for (let at = first; !signal.aborted; at += 1) {
      const each = reads[at % reads.length] ?? "overview";
      const started = performance.now();
      const failed = (error: unknown) => ({ status: 0, body: String(error) });
      const call = { agent, path: `/api/v1/${each}`, headers: { cookie } };
      const { status, body } = await send(served.url, call).catch(failed);
      const ms = performance.now() - started;
      done.push({ path: each, ms, error: status === 200 ? "" : `${status} ${body.slice(0, 200)}` });
      await sleep(READ_EVERY_MS);
    }
  };
  await Promise.all(Array.from({ length: READERS }, (_, index) => reader(index * 2)));
  agent.destroy();
  return done;
}

async function signIn({ url, link }: Served): Promise<string> {
  const token = new URL(link).hash.slice(1);
  const made = await send(
    url,
    { method: "POST", path: "/api/v1/session", headers: { origin: url } },
    { token },
  );
  const headers = { origin: url, cookie: made.cookie };
  const set = await send(
    url,
    { method: "PUT", path: "/api/v1/session/password", headers },
    { next: PASSWORD },
  );
  if (set.status !== 204) throw new Error(set.body);
  return made.cookie;
}

async function serve(directory: string, started: ChildProcess[]): Promise<Served> {
  const script = fileURLToPath(new URL("fleet-host.ts", import.meta.url));
  const profile = process.env.PRATIQUE_BENCH_PROFILE;
  const profiling = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const server = spawn(process.execPath, [...serverNodeFlags, ...profiling, script, directory], {
    env: { ...process.env, ...serverEnvironment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(server);
  const [line] = await once(createInterface(server.stdout), "line");
  return { process: server, ...JSON.parse(String(line)) };
}

function startAgents(plan: FleetPlan, started: ChildProcess[]): ChildProcess {
  const script = fileURLToPath(new URL("fleet-agents.ts", import.meta.url));
  const agents = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  started.push(agents);
  agents.stdin.end(JSON.stringify(plan));
  return agents;
}

/** Each for one host: what is there cannot be joined by a token for any. */
async function tokensOf({ socketPath }: Served, count: number): Promise<FleetPlan["hosts"]> {
  const made = [];
  for (let index = 0; index < count; index += 1) {
    const host = hostName(index);
    const body = JSON.stringify({ host, labels: {}, minutes: 60 });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const call = request({ socketPath, method: "POST", path: "/operator/v1/join-token", headers });
    call.end(body);
    const [incoming] = await once(call, "response");
    let answer = "";
    for await (const piece of incoming.setEncoding("utf8")) answer += piece;
    if (incoming.statusCode !== 200) throw new Error(`no token was made: ${answer}`);
    made.push({ host, token: String(JSON.parse(answer).secret) });
  }
  return made;
}

async function send(
  url: string,
  options: Parameters<typeof requestTls>[1] & object,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: string; readonly cookie: string }> {
  const { hostname, port } = new URL(url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { ...options.headers, ...(text !== undefined && { "content-type": "application/json" }) };
  const outgoing = requestTls({ rejectUnauthorized: false, ...options, hostname, port, headers });
  outgoing.end(text);
  const [incoming] = await once(outgoing, "response");
  let answer = "";
  for await (const piece of incoming.setEncoding("utf8")) answer += piece;
  const cookie = incoming.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  return { status: incoming.statusCode, body: answer, cookie };
}

function failuresIn(done: readonly Read[]): string {
  const failed = done.filter(({ error }) => error !== "");
  return failed.length === 0 ? "" : `${failed.length} failed, the first with ${failed[0]?.error}`;
}

function quantilesOf(times: readonly { readonly ms: number }[]): string {
  const ms = times.map((each) => each.ms);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => quantile(ms, part).toFixed(0));
  return `p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms`;
}

/** Seconds of processor time, by all of its threads (proc(5), stat, fields 14 and 15). */
function cpuOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function statusOf({ pid }: ChildProcess, field: "VmHWM" | "VmRSS"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = new RegExp(`^${field}:\\s+(?<kib>\\d+) kB$`, "mu").exec(status)?.groups?.kib;
  return Math.round(Number(kib ?? 0) / 1024);
}

function wanted(variable: string, usual: number): number {
  const count = Number(process.env[variable] ?? usual);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${variable} is no number`);
  return count;
}
