import { mkdirSync } from "node:fs";
import type { Server } from "node:net";
import path from "node:path";
import { AuditLog } from "@pratique/audit";
import { type Digest, type Host, isDigest, type JsonObject, messageOf } from "@pratique/core";
import { Engine, type EngineAddress } from "@pratique/engine";
import type { EngineActionRules } from "@pratique/gate";
import { z } from "zod";
import { type AdvisoryState, advisoryStamp, readAdvisoryState } from "./advisory-state.ts";
import { countGateCalls } from "./count-gate-calls.ts";
import { type GateInstall, GateInstaller, readGateInstall } from "./gate-install.ts";
import { type GateMode, writeGateState } from "./gate-state.ts";
import { type GateEvent, GateSupervisor } from "./gate-supervisor.ts";
import { hostStatusOf } from "./host-status.ts";
import { watchImages } from "./image-watch.ts";
import type { Layout } from "./layout.ts";
import { listenForLines } from "./line-socket.ts";
import { describePolicyError, type PolicyFiles, policyStamp, readPolicyFiles } from "./policy-files.ts";
import { shipRecords } from "./record-shipper.ts";
import { ReportFiles } from "./report-files.ts";
import { ScanQueue } from "./scan-queue.ts";
import { ServerClient } from "./server-client.ts";

const POLL_MS = 1000;
const STATUS_EVERY_MS = 20_000;

export interface AgentOptions {
  readonly layout: Layout;
  readonly engineAddress: EngineAddress;
  readonly hostName: string;
  readonly hostLabels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly gate: {
    readonly command: string;
    readonly args: readonly string[];
    /** The name under which the engine knows the gate. */
    readonly plugin: string;
    readonly mode: GateMode;
    readonly scanBudgetMs: number;
    /** What the operator says of actions of the engine. */
    readonly actions: EngineActionRules;
    /** What happens while the gate cannot be kept alive: launches wait, or pass unjudged. */
    readonly whenDead: "closed" | "open";
  };
  /** The engine was started with the gate in its own command line, by us. */
  readonly ownEngine: boolean;
  readonly worker: { readonly module: string; readonly args: readonly string[] };
  /** What is in the advisory database now. */
  readonly readAdvisories: () => AdvisoryState;
  readonly now: () => Date;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: AgentLogger;
}

export interface AgentLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const request = z.union([
  z.strictObject({ command: z.literal("scan"), imageId: z.string().refine(isDigest) }),
  z.strictObject({ command: z.literal("status") }),
  z.strictObject({ command: z.literal("refresh") }),
]);

/**
 * The agent of one host. It keeps the gate alive and told, has images scanned when they arrive or when advisories
 * change, and sends the record on. It needs no server to do any of this.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #stopping = new AbortController();
  readonly #engine: Engine;
  readonly #audit: AuditLog;
  readonly #reports: ReportFiles;
  readonly #queue: ScanQueue;
  readonly #server: ServerClient;
  readonly #gate: GateSupervisor;
  readonly #installer: GateInstaller;
  readonly #startedAt: string;
  readonly #images = new Map<Digest, string>();
  /** Images whose newest report the server does not have yet. */
  readonly #unsent = new Set<Digest>();
  #socket: Server | undefined;
  #policies: PolicyFiles | undefined;
  #policyErrors: readonly string[] = [];
  #policyStamp = "";
  #engineState: { state: "up" | "down"; detail: string } = { state: "down", detail: "not asked yet" };
  #engineFacts = { kernel: "", engineVersion: "" };
  #gateDetail = "";
  #gateSince: string;
  #advisories: AdvisoryState;
  #tasks: readonly Promise<void>[] = [];
  #statusDue = true;

  constructor(options: AgentOptions) {
    const { layout, gate } = options;
    this.#options = options;
    this.#startedAt = options.now().toISOString();
    this.#gateSince = this.#startedAt;
    this.#engine = new Engine({ address: options.engineAddress });
    this.#audit = new AuditLog({ directory: layout.audit, now: options.now, preallocate: true });
    this.#reports = new ReportFiles(layout.reports);
    this.#server = new ServerClient(layout.serverSocket);
    this.#advisories = readAdvisoryState(options.readAdvisories);
    this.#queue = new ScanQueue({
      ...options.worker,
      onDone: (imageId, error) => this.#scanned(imageId, error),
    });
    this.#gate = new GateSupervisor({
      command: gate.command,
      args: gate.args,
      controlSocket: layout.gateControlSocket,
      logFile: layout.gateLog,
      now: () => options.now().getTime(),
      sleep: options.sleep,
      onEvent: (event) => this.#gateEvent(event),
    });
    this.#installer = new GateInstaller({
      file: layout.gateInstall,
      engine: this.#engine,
      engineSocket: options.engineAddress.kind === "unix" ? options.engineAddress.socketPath : "",
      plugin: gate.plugin,
      audit: this.#audit,
      actor: "agent",
      now: () => options.now().getTime(),
      sleep: options.sleep,
      countCalls: () => countGateCalls(layout.gateControlSocket),
    });
  }

  /** Resolves when the gate answers and the agent can be asked. */
  async start(): Promise<void> {
    const { layout, log } = this.#options;
    mkdirSync(layout.run, { recursive: true, mode: 0o700 });
    this.#record("agent", "agent.started", { version: this.#options.version });
    this.#refreshPolicies();
    this.#socket = await listenForLines(layout.agentSocket, (line, signal) => this.#answer(line, signal));
    await this.#gate.start();
    const { signal } = this.#stopping;
    this.#tasks = [this.#watch(), this.#ship(), this.#poll(), this.#armWhenPossible(signal)];
    log.info({ gate: this.#gate.pid }, "the agent is ready");
  }

  /** Ends everything that was started. An engine that asks the gate is told to stop asking first. */
  async stop(): Promise<void> {
    const { log } = this.#options;
    await this.#disarmOnStop().catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, "the engine could not be told that the gate goes away");
    });
    this.#stopping.abort();
    this.#socket?.close();
    this.#queue.close();
    await Promise.all(this.#tasks);
    await this.#gate.stop();
    this.#record("agent", "agent.stopped", {});
    await this.#shipRest();
    await this.#engine[Symbol.asyncDispose]();
    this.#audit[Symbol.dispose]();
  }

  async #answer(line: unknown, _signal: AbortSignal): Promise<unknown> {
    const asked = request.parse(line);
    switch (asked.command) {
      case "scan":
        return this.#scanNow(asked.imageId);
      case "status":
        return this.#status();
      case "refresh":
        this.#refreshPolicies();
        this.#refreshAdvisories();
        this.#statusDue = true;
        return { ok: true };
    }
  }

  async #scanNow(imageId: Digest): Promise<{ ok: boolean; message?: string }> {
    try {
      await this.#queue.scan(imageId, this.#images.get(imageId) ?? imageId, { urgent: true });
      return { ok: true };
    } catch (thrown) {
      return { ok: false, message: messageOf(thrown) };
    }
  }

  #watch(): Promise<void> {
    const { now, sleep } = this.#options;
    return watchImages({
      engine: this.#engine,
      signal: this.#stopping.signal,
      now: () => now().getTime(),
      sleep,
      onImage: (imageId, reference) => this.#imageArrived(imageId, reference),
      onGone: (imageId) => this.#images.delete(imageId),
      onEngine: (state, detail) => this.#engineChanged(state, detail),
    });
  }

  #imageArrived(imageId: Digest, reference: string): void {
    this.#images.set(imageId, reference);
    const report = this.#reports.get(imageId);
    const fresh =
      report !== undefined && advisoryStamp(report.assessment.advisories) === this.#advisories.stamp;
    if (fresh && report.target.reference === reference) return void this.#sendImage(imageId);
    this.#queue.scan(imageId, reference).catch(() => undefined);
  }

  #scanned(imageId: Digest, error: string | undefined): void {
    if (error !== undefined) {
      this.#options.log.warn({ imageId, error }, "an image could not be scanned");
      this.#record("scan", "image.scan-failed", { imageId, error });
      return;
    }
    void this.#sendImage(imageId);
  }

  async #sendImage(imageId: Digest): Promise<void> {
    const report = this.#reports.get(imageId);
    if (report === undefined) return;
    try {
      await this.#server.sendImage(imageId, report);
    } catch (thrown) {
      // It is sent again after the next scan, and whenever the server comes back.
      this.#unsent.add(imageId);
      this.#options.log.info({ imageId, error: messageOf(thrown) }, "a report could not be sent yet");
    }
  }

  #ship(): Promise<void> {
    const { hostName, sleep, log } = this.#options;
    return shipRecords({
      log: this.#audit,
      server: this.#server,
      host: hostName,
      signal: this.#stopping.signal,
      sleep,
      onShipped: () => {
        this.#statusDue = true;
      },
      onError: (error) => log.info({ error: messageOf(error) }, "the record cannot be sent yet"),
    });
  }

  async #shipRest(): Promise<void> {
    try {
      const from = await this.#server.acknowledged(this.#audit.logId);
      const records = this.#audit.read({ after: from, limit: ServerClient.maxBatch });
      if (records.length > 0) {
        await this.#server.sendRecords({ logId: this.#audit.logId, host: this.#options.hostName, records });
      }
    } catch {
      // The server is gone already: the next start sends them.
    }
  }

  async #poll(): Promise<void> {
    const { sleep } = this.#options;
    const { signal } = this.#stopping;
    let sinceStatusMs = STATUS_EVERY_MS;
    while (!signal.aborted) {
      this.#refreshPolicies();
      this.#refreshAdvisories();
      if (this.#statusDue || sinceStatusMs >= STATUS_EVERY_MS) {
        this.#statusDue = false;
        sinceStatusMs = 0;
        await this.#sendStatus();
      }
      await sleep(POLL_MS, signal).catch(() => undefined);
      sinceStatusMs += POLL_MS;
    }
  }

  async #sendStatus(): Promise<void> {
    try {
      await this.#server.sendHost(this.#status());
      const waiting = Array.from(this.#unsent);
      // Those that fail again are put back, for the next time.
      this.#unsent.clear();
      for (const imageId of waiting) await this.#sendImage(imageId);
    } catch (thrown) {
      this.#statusDue = true;
      this.#options.log.info({ error: messageOf(thrown) }, "the status cannot be sent yet");
    }
  }

  #status(): ReturnType<typeof hostStatusOf> {
    const { engineAddress, gate, version, now } = this.#options;
    const { logId, sequence, hash } = this.#audit.head();
    return hostStatusOf({
      now: now(),
      host: this.#host(),
      engine: { ...this.#engineState, socket: engineAddress.kind === "unix" ? engineAddress.socketPath : "" },
      gate: {
        running: this.#gate.pid !== undefined,
        armed: this.#isArmed(),
        mode: gate.mode,
        restarts: this.#gate.restarts,
        since: this.#gateSince,
        detail: this.#gateDetail,
      },
      agent: { version, startedAt: this.#startedAt },
      advisories: this.#advisories,
      policies: {
        revision: this.#policies?.set.revision ?? "",
        names: this.#policies?.set.policies.map(({ name }) => name) ?? [],
        exceptions: this.#policies?.set.exceptions.length ?? 0,
        errors: [...this.#policyErrors],
      },
      record: { logId, length: sequence, lastHash: hash },
    });
  }

  #host(): Host {
    const { hostName, hostLabels } = this.#options;
    return { name: hostName, labels: hostLabels, ...this.#engineFacts };
  }

  #refreshPolicies(): void {
    const { layout } = this.#options;
    try {
      const stamp = policyStamp(layout.policies);
      if (stamp === this.#policyStamp && this.#policies !== undefined) return;
      this.#policyStamp = stamp;
      const files = readPolicyFiles(layout.policies);
      const changed = files.set.revision !== this.#policies?.set.revision;
      this.#policies = files;
      this.#policyErrors = [];
      this.#tellGate();
      if (changed) {
        const { revision, policies, exceptions } = files.set;
        this.#record("policy", "policies.in-force", {
          revision,
          policies: policies.length,
          exceptions: exceptions.length,
        });
      }
    } catch (thrown) {
      // The last good set stays in force; the errors are shown until they are mended.
      this.#policyErrors = describePolicyError(thrown);
      this.#options.log.warn({ errors: this.#policyErrors }, "the policies were not taken");
      if (this.#policies === undefined) this.#useBuiltIn();
    }
    this.#statusDue = true;
  }

  /** A host that starts with broken policy files is judged by the built-in set rather than by nothing. */
  #useBuiltIn(): void {
    const empty = path.join(this.#options.layout.data, "policies-none");
    this.#policies = readPolicyFiles(empty);
    this.#tellGate();
  }

  #tellGate(): void {
    const { layout, gate } = this.#options;
    if (this.#policies === undefined) return;
    const { documents } = this.#policies;
    const { mode, scanBudgetMs, actions } = gate;
    writeGateState(layout.gateState, { mode, host: this.#host(), scanBudgetMs, documents, actions });
    this.#gate.reload();
  }

  #refreshAdvisories(): void {
    const state = readAdvisoryState(this.#options.readAdvisories);
    if (state.stamp === this.#advisories.stamp) return;
    this.#advisories = state;
    this.#statusDue = true;
    this.#record("advisories", "advisories.in-force", { revision: state.revision });
    for (const [imageId, reference] of this.#images)
      this.#queue.scan(imageId, reference).catch(() => undefined);
  }

  #engineChanged(state: "up" | "down", detail: string): void {
    if (state !== this.#engineState.state) this.#options.log.info({ state, detail }, "the engine changed");
    this.#engineState = { state, detail };
    this.#statusDue = true;
    if (state === "up") void this.#readEngineFacts();
  }

  async #readEngineFacts(): Promise<void> {
    try {
      const { version, kernelVersion } = await this.#engine.version();
      this.#engineFacts = { kernel: kernelVersion, engineVersion: version };
      this.#tellGate();
    } catch (thrown) {
      this.#options.log.info({ error: messageOf(thrown) }, "the engine does not tell its version");
    }
  }

  #gateEvent(event: GateEvent): void {
    const { log, now, gate } = this.#options;
    this.#gateSince = now().toISOString();
    this.#gateDetail = event.kind === "died" ? event.reason : "";
    this.#statusDue = true;
    log.info(event, "the gate changed");
    this.#record("gate", `gate.${event.kind}`, { ...event });
    if (event.kind === "crash-loop" && gate.whenDead === "open") void this.#openTheDoor();
    if (event.kind === "started" && gate.whenDead === "open")
      void this.#armWhenPossible(this.#stopping.signal);
  }

  /** The operator's choice: rather an engine that nobody guards than one that nobody can use. */
  async #openTheDoor(): Promise<void> {
    const install = this.#install();
    if (install === undefined) return;
    await this.#installer.disarm(install, "the gate cannot be kept alive").catch((error: unknown) => {
      this.#options.log.warn({ error: messageOf(error) }, "the engine could not be told to stop asking");
    });
  }

  /** An engine that is installed behind the gate may come up later than we do. */
  async #armWhenPossible(signal: AbortSignal): Promise<void> {
    const { sleep, log } = this.#options;
    while (!signal.aborted) {
      const install = this.#install();
      if (install === undefined) return;
      try {
        await this.#installer.arm(install);
        this.#statusDue = true;
        return;
      } catch (thrown) {
        log.warn({ error: messageOf(thrown) }, "the gate is installed, but the engine does not ask it yet");
      }
      await sleep(STATUS_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #disarmOnStop(): Promise<void> {
    const install = this.#install();
    if (install !== undefined && !this.#options.ownEngine) {
      await this.#installer.disarm(install, "the agent stops");
    }
  }

  #install(): GateInstall | undefined {
    return readGateInstall(this.#options.layout.gateInstall);
  }

  #isArmed(): boolean {
    return this.#options.ownEngine || this.#install() !== undefined;
  }

  #record(kind: "agent" | "scan" | "gate" | "policy" | "advisories", action: string, data: JsonObject): void {
    try {
      this.#audit.append({ class: kind, action, actor: "agent", data });
    } catch (thrown) {
      this.#options.log.warn({ action, error: messageOf(thrown) }, "an event could not be recorded");
    }
  }
}
