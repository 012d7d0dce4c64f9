import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { makeSigningRequest } from "../../apps/agent/src/server/signing-request.ts";
import { recordAfter } from "../../packages/audit/src/testdata/record-after.ts";
import type { AuditRecord, JsonObject } from "../../packages/core/src/index.ts";
import { type Answer, FleetLine } from "./fleet-line.ts";
import { containersOf, type FleetSize } from "./fleet-seed.ts";

/** As agents do it. */
const STATUS_EVERY_MS = 20_000;
const CONTAINERS_EVERY_MS = 60_000;
const TICK_MS = 1000;
const WAIT_SECONDS = 30;
const DIGEST = `sha256:${"4f".repeat(32)}`;

export interface FleetAgentOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly index: number;
  readonly size: FleetSize;
  readonly launchEveryMs: number;
  readonly signal: AbortSignal;
}

/** What an agent was told, to be compared with what the store holds. */
export interface FleetAgentOutcome {
  readonly logId: string;
  readonly acknowledged: number;
  readonly lastHash: string;
  readonly failures: number;
  /** Milliseconds of each batch. */
  readonly times: readonly number[];
  /** When it heard of other work, in milliseconds since 1970. */
  readonly heardAt: readonly number[];
  readonly error: string;
}

/** One simulated agent: joined by a token, with records, statuses, containers and a long wait for work. */
export class FleetAgent {
  readonly #options: FleetAgentOptions;
  readonly #logId = randomBytes(8).toString("hex");
  readonly #run: string;
  readonly #startedAt = new Date().toISOString();
  readonly #times: number[] = [];
  readonly #heardAt: number[] = [];
  readonly #tls: ConnectionOptions;
  readonly #waits: FleetLine;
  /** Absent while it has nothing to say. */
  #calls: FleetLine | undefined;
  #quietAt = 0;
  #pending: AuditRecord[] = [];
  #last: Pick<AuditRecord, "sequence" | "hash"> = { sequence: 0, hash: "0".repeat(64) };
  #acknowledged = { sequence: 0, hash: "0".repeat(64) };
  #shipAt = 0;
  #failures = 0;
  #error = "";

  /** Joins over TLS from an address of its own network, since joins are limited by address. */
  static async join(options: FleetAgentOptions): Promise<FleetAgent> {
    const { host, port, token, index } = options;
    const place = { host: "127.0.0.1", port, localAddress: `127.0.1.${(index % 200) + 1}` };
    const { key, csr } = makeSigningRequest();
    const stranger = await FleetLine.open({ ...place, rejectUnauthorized: false }, "0".repeat(32));
    const joined = await stranger.call("POST", "/agent/v1/join", {
      secret: token,
      host,
      version: "1.0.0",
      csr,
    });
    stranger.close();
    if (joined.status !== 200) throw new Error(`${host} may not join: ${joined.status} ${joined.text}`);
    const { certificate, authorities } = JSON.parse(joined.text);
    const tls = { ...place, key, cert: certificate, ca: authorities };
    const run = randomBytes(16).toString("hex");
    return new FleetAgent(options, { tls, run, waits: await FleetLine.open(tls, run) });
  }

  private constructor(
    options: FleetAgentOptions,
    { tls, run, waits }: { readonly tls: ConnectionOptions; readonly run: string; readonly waits: FleetLine },
  ) {
    this.#options = options;
    this.#tls = tls;
    this.#run = run;
    this.#waits = waits;
  }

  async run(): Promise<FleetAgentOutcome> {
    const waiting = this.#wait(this.#waits);
    try {
      await this.#report();
    } catch (thrown) {
      this.#error = String(thrown);
    }
    this.#calls?.close();
    this.#waits.close();
    await waiting;
    return {
      logId: this.#logId,
      acknowledged: this.#acknowledged.sequence,
      lastHash: this.#acknowledged.hash,
      failures: this.#failures,
      times: this.#times,
      heardAt: this.#heardAt,
      error: this.#error,
    };
  }

  /** Spread over the second, as those of real hosts are. */
  async #report(): Promise<void> {
    const { index, launchEveryMs, signal } = this.#options;
    await sleep((index * 7919) % TICK_MS);
    const started = performance.now();
    let [statusAt, containersAt] = [started + ((index * 31) % 5000), started + ((index * 17) % 20_000)];
    let launchAt = started + ((index * 7919) % launchEveryMs);
    for (let tickAt = started; !signal.aborted; tickAt += TICK_MS) {
      await sleep(Math.max(0, tickAt - performance.now()));
      // What came while it was waited for is sent together.
      for (; launchAt <= performance.now(); launchAt += launchEveryMs) this.#pending.push(this.#nextRecord());
      if (performance.now() >= this.#shipAt) await this.#ship();
      if (performance.now() >= statusAt) {
        statusAt += STATUS_EVERY_MS;
        await this.#put("/agent/v1/host", this.#status());
      }
      if (performance.now() >= containersAt) {
        containersAt += CONTAINERS_EVERY_MS;
        await this.#put("/agent/v1/containers", this.#containers());
      }
      if (performance.now() >= this.#quietAt) this.#hangUp();
    }
    await this.#ship();
  }

  async #call(method: string, path: string, body: unknown): Promise<Answer> {
    this.#calls ??= await FleetLine.open(this.#tls, this.#run);
    const answer = await this.#calls.call(method, path, body);
    this.#quietAt = performance.now() + this.#calls.keptMs;
    return answer;
  }

  #hangUp(): void {
    this.#calls?.close();
    this.#calls = undefined;
  }

  async #ship(): Promise<void> {
    while (this.#pending.length > 0) {
      const records = this.#pending.slice(0, 200);
      const body = { logId: this.#logId, host: this.#options.host, records };
      const started = performance.now();
      const { status, text } = await this.#call("POST", "/agent/v1/records", body);
      this.#times.push(performance.now() - started);
      if (status !== 200) {
        this.#failures += 1;
        this.#error = `${status} ${text.slice(0, 200)}`;
        return;
      }
      const { acknowledged, collectMs = 0 } = JSON.parse(text);
      // What is allowed is collected for as long as the server asks, as agents do.
      this.#shipAt = performance.now() + collectMs;
      const last = records.findLast(({ sequence }) => sequence <= acknowledged);
      if (last !== undefined) this.#acknowledged = last;
      this.#pending = this.#pending.filter(({ sequence }) => sequence > acknowledged);
    }
  }

  async #put(path: string, body: unknown): Promise<void> {
    const { status, text } = await this.#call("PUT", path, body);
    if (status < 300) return;
    this.#failures += 1;
    this.#error = `${path}: ${status} ${text.slice(0, 200)}`;
  }

  async #wait(line: FleetLine): Promise<void> {
    let revision = "";
    while (!this.#options.signal.aborted) {
      const answer = await line
        .call("GET", `/agent/v1/work?revision=${revision}&waitSeconds=${revision === "" ? 0 : WAIT_SECONDS}`)
        .catch(() => undefined);
      if (answer === undefined) return;
      if (answer.status !== 200) {
        this.#failures += 1;
        this.#error = `work: ${answer.status} ${answer.text.slice(0, 200)}`;
        return;
      }
      const { revision: next } = JSON.parse(answer.text);
      if (next !== revision) this.#heardAt.push(Date.now());
      revision = next;
    }
  }

  #nextRecord(): AuditRecord {
    const record = recordAfter(this.#last, {
      class: "verdict",
      action: "launch.allowed",
      actor: "uid:0",
      data: launchOf(`container-${this.#last.sequence}`),
      time: new Date().toISOString(),
    });
    this.#last = record;
    return record;
  }

  #status() {
    const { host } = this.#options;
    const at = new Date().toISOString();
    return {
      schemaVersion: 1,
      reportedAt: at,
      host: { name: host, labels: { env: "production" }, kernel: "6.12", engineVersion: "28.0" },
      engine: { name: "docker", state: "up", socket: "/var/run/docker.sock" },
      gate: { state: "enforcing", since: this.#startedAt, restarts: 0 },
      agent: { version: "1.0.0", startedAt: this.#startedAt },
      advisories: { revision: "r1", sources: [] },
      policies: { revision: "rev-1", names: ["base"], exceptions: 0, errors: [] },
      record: { logId: this.#logId, length: this.#last.sequence, lastHash: this.#last.hash },
      notCovered: [],
    };
  }

  #containers() {
    const { size, index } = this.#options;
    return {
      takenAt: new Date().toISOString(),
      containers: containersOf(size, index).map(({ document }) => document),
    };
  }
}

/** What a gate records of a launch that nothing is held against. */
function launchOf(name: string): JsonObject {
  const image = "docker.io/library/nginx:1.27";
  const decidedAt = new Date().toISOString();
  return {
    call: "POST /containers/create",
    mode: "enforce",
    decision: "allow",
    stage: "launch",
    decidedAt,
    policyRevision: "rev-1",
    policies: DIGEST,
    imageId: DIGEST,
    verdict: {
      decision: "allow",
      stage: "launch",
      subject: { image, imageId: DIGEST, container: name },
      violations: [],
      assessment: { state: "complete", reasons: [] },
      policyRevision: "rev-1",
      decidedAt,
    },
    launch: { action: "create", name, containerId: "", image, caller: "", privileged: false },
  };
}
