import { mkdirSync } from "node:fs";
import type { Server } from "node:net";
import path from "node:path";
import { type Digest, type Host, hasSought, isDigest, messageOf } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { z } from "zod";
import type { AgentOptions } from "./agent-options.ts";
import { watchContainers } from "./engine/container-watch.ts";
import { countGateCalls } from "./gate/count-gate-calls.ts";
import { GateArming } from "./gate/gate-arming.ts";
import { GateInstaller } from "./gate/gate-install.ts";
import { GateModeFile } from "./gate/gate-mode-file.ts";
import type { GateMode } from "./gate/gate-state.ts";
import { type GateEvent, GateSupervisor } from "./gate/gate-supervisor.ts";
import { reloadGate } from "./gate/reload-gate.ts";
import { hostStatusOf } from "./host-status.ts";
import { type AdvisoryState, advisoryStamp, readAdvisoryState } from "./images/advisory-state.ts";
import { forgetImages } from "./images/forget-images.ts";
import { ImageReports } from "./images/image-reports.ts";
import { watchImages } from "./images/image-watch.ts";
import { ReportFiles } from "./images/report-files.ts";
import { ScanQueue } from "./images/scan-queue.ts";
import { keepLogSmall } from "./keep-log-small.ts";
import { listenForLines } from "./line-socket.ts";
import { LogPace } from "./log-pace.ts";
import { PoliciesInForce } from "./policies/policies-in-force.ts";
import { HostRecord } from "./record/host-record.ts";
import { askOnce, tellProfiles } from "./runtime/door/tell-profiles.ts";
import { goArchitecture } from "./runtime/learning/go-architecture.ts";
import { clearPinned, countPinned, pinsOf } from "./runtime/prevention/pinned.ts";
import { releaseResponses } from "./runtime/responses/release-responses.ts";
import type { RuntimeState } from "./runtime/runtime-messages.ts";
import { RuntimeSupervisor } from "./runtime/runtime-supervisor.ts";
import { ruleSourcesOf, runtimeSettingsOf } from "./runtime-settings.ts";
import { ProfileShipper } from "./server/profile-shipper.ts";
import { respondToOrder } from "./server/respond-to-order.ts";
import { RuntimeReports } from "./server/runtime-reports.ts";
import { ServerSession } from "./server/server-session.ts";

const POLL_MS = 1000;
const STATUS_EVERY_MS = 20_000;
const FORGET_EVERY_MS = 3_600_000;

const request = z.union([
  z.strictObject({ command: z.literal("scan"), imageId: z.string().refine(isDigest) }),
  z.strictObject({ command: z.literal("status") }),
  z.strictObject({ command: z.literal("server") }),
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
  readonly #record: HostRecord;
  readonly #reports: ImageReports;
  readonly #queue: ScanQueue;
  readonly #session: ServerSession;
  readonly #policies: PoliciesInForce;
  readonly #modeFile: GateModeFile;
  readonly #gate: GateSupervisor;
  readonly #arming: GateArming;
  readonly #runtime: RuntimeSupervisor | undefined;
  readonly #runtimeReports: RuntimeReports;
  readonly #profiles: ProfileShipper;
  readonly #startedAt: string;
  readonly #logPace: LogPace;
  readonly #images = new Map<Digest, string>();
  #socket: Server | undefined;
  #mode: GateMode;
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
    this.#logPace = new LogPace(options);
    this.#engine = new Engine({ address: options.engineAddress });
    this.#record = this.#makeRecord();
    this.#reports = this.#makeReports();
    this.#modeFile = new GateModeFile(path.join(layout.agentState, "gate-mode.json"));
    this.#mode = this.#keptMode() ?? gate.mode;
    this.#session = this.#makeSession();
    this.#policies = this.#makePolicies();
    this.#advisories = readAdvisoryState(options.readAdvisories);
    this.#queue = new ScanQueue({
      ...options.worker,
      sought: () => this.#policies.sought,
      onDone: (imageId, error) => this.#scanned(imageId, error),
    });
    this.#gate = new GateSupervisor({
      command: gate.command,
      args: gate.args,
      controlSocket: layout.gateControlSocket,
      logFile: layout.gateLog,
      elapsedMs: options.elapsedMs,
      sleep: options.sleep,
      onEvent: (event) => this.#gateEvent(event),
    });
    this.#runtimeReports = new RuntimeReports({
      send: (report) => this.#session.client.sendRuntime(report),
      elapsedMs: options.elapsedMs,
    });
    this.#runtime = this.#makeRuntime();
    this.#profiles = this.#makeProfileShipper();
    this.#arming = this.#makeArming();
  }

  /** Resolves when the gate answers and the agent can be asked. */
  async start(): Promise<void> {
    const { layout, log } = this.#options;
    mkdirSync(layout.run, { recursive: true, mode: 0o700 });
    this.#record.add("agent", "agent.started", { version: this.#options.version });
    this.#policies.refresh();
    this.#socket = await listenForLines(layout.agentSocket, (line) => this.#answer(line));
    await this.#gate.start();
    this.#startRuntime();
    const { signal } = this.#stopping;
    this.#tasks = [
      this.#watch(),
      this.#watchContainers(),
      this.#ship(),
      this.#shipProfiles(),
      this.#refreshForever(),
      this.#tellStatusForever(),
      this.#forget(),
      this.#session.run(signal),
    ];
    this.#arming.arm();
    log.info({ gate: this.#gate.pid }, "the agent is ready");
  }

  /** Ends everything that was started. An engine that asks the gate is told to stop asking first. */
  async stop(): Promise<void> {
    await this.#arming.stop();
    this.#stopping.abort();
    this.#queue.close();
    this.#reports.stop();
    // All that listens to the engine: one that ends as well waits for them, but for a few seconds only.
    await Promise.all([...this.#tasks, this.#gate.stop()]);
    await this.#runtime?.stop();
    this.#record.add("agent", "agent.stopped", {});
    await this.#record.shipRest(this.#session.client);
    // Only now may another agent start: after its first call, one more of ours would look like a clone's.
    this.#socket?.close();
    this.#session.client[Symbol.dispose]();
    await this.#engine[Symbol.asyncDispose]();
    this.#record[Symbol.dispose]();
  }

  #makeRecord(): HostRecord {
    const { layout, hostName, spoolLimitBytes, now, elapsedMs, log } = this.#options;
    return new HostRecord({
      directory: layout.audit,
      evidenceDirectory: layout.evidence,
      hostName,
      limitBytes: spoolLimitBytes,
      now,
      elapsedMs,
      onChanged: () => {
        this.#statusDue = true;
      },
      log,
    });
  }

  #makeReports(): ImageReports {
    const { layout, log } = this.#options;
    return new ImageReports({
      files: new ReportFiles(layout.reports),
      isFresh: (report) =>
        advisoryStamp(report.assessment.advisories) === this.#advisories.stamp &&
        hasSought(report, this.#policies.sought),
      scan: (imageId, reference) => {
        this.#queue.scan(imageId, reference).catch(() => undefined);
      },
      send: (imageId, report) => this.#session.client.sendImage(imageId, report),
      log,
    });
  }

  /** What a command said last; where that cannot be read, what lets nothing pass that it may have forbidden. */
  #keptMode(): GateMode | undefined {
    try {
      return this.#modeFile.read();
    } catch (thrown) {
      this.#options.log.warn(
        { error: messageOf(thrown) },
        "the gate enforces, for what a command said that it is to do cannot be read",
      );
      return "enforce";
    }
  }

  #makeSession(): ServerSession {
    const { layout, identity, run, now, sleep, random, log, engineAddress } = this.#options;
    return new ServerSession({
      layout,
      identity,
      run,
      now: () => now().getTime(),
      sleep,
      random,
      log,
      respond: (command) => {
        const { runtimeSocket: socketPath, responsePolicy: policyFile } = layout;
        return respondToOrder({ socketPath, engineAddress, policyFile, server: identity?.url }, command);
      },
      scan: (imageId) => this.#queue.scan(imageId, this.#images.get(imageId) ?? imageId, { urgent: true }),
      setGateMode: (mode) => this.#setGateMode(mode),
      release: (what) => releaseResponses(layout.runtimeSocket, what),
      profile: async (command) => {
        await tellProfiles(layout.runtimeSocket, command);
        this.#profiles.touch(command.imageId);
      },
      rules: ruleSourcesOf(this.#options),
      onPolicies: () => this.#policies.put(),
      onCommand: (command, outcome) => {
        this.#record.add("agent", `command.${outcome.state}`, { ...command, detail: outcome.detail });
      },
      onRenewed: ({ expiresAt }) => this.#record.add("agent", "certificate.renewed", { expiresAt }),
    });
  }

  #makePolicies(): PoliciesInForce {
    const { layout, gate, sought, log } = this.#options;
    const { scanBudgetMs, actions } = gate;
    return new PoliciesInForce({
      directory: layout.policies,
      gateState: layout.gateState,
      wanted: () => this.#session.wanted,
      besides: () => ({ mode: this.#mode, host: this.#host(), scanBudgetMs, actions }),
      sought,
      onTold: () => this.#gate.reload(),
      onInForce: ({ revision, policies, exceptions }) => {
        this.#record.add("policy", "policies.in-force", {
          revision,
          policies: policies.length,
          exceptions: exceptions.length,
          ...(this.#session.wanted.revision !== "" && { server: this.#session.wanted.revision }),
        });
      },
      onMoreSought: () => {
        for (const [imageId, reference] of this.#images) this.#imageArrived(imageId, reference);
      },
      onStatus: () => {
        this.#statusDue = true;
      },
      log,
    });
  }

  #makeRuntime(): RuntimeSupervisor | undefined {
    const { sleep, random, log } = this.#options;
    const settings = runtimeSettingsOf(this.#options);
    if (settings === undefined) return undefined;
    return new RuntimeSupervisor({
      settings,
      onReport: (report) => {
        this.#runtimeReports.send(report).catch((error: unknown) => {
          this.#notSent(error, "what goes on in containers cannot be reported yet");
        });
      },
      onState: (state) => this.#runtimeChanged(state),
      sleep,
      random,
      log,
    });
  }

  #makeProfileShipper(): ProfileShipper {
    const { layout, elapsedMs, log } = this.#options;
    return new ProfileShipper({
      ask: (request) => askOnce(layout.runtimeSocket, request),
      send: (report) => this.#session.client.sendProfiles(report),
      architecture: goArchitecture(),
      elapsedMs,
      log,
    });
  }

  #makeArming(): GateArming {
    const { layout, engineAddress, gate, ownEngine, now, sleep, log } = this.#options;
    return new GateArming({
      installFile: layout.gateInstall,
      installer: new GateInstaller({
        file: layout.gateInstall,
        engine: this.#engine,
        engineSocket: engineAddress.kind === "unix" ? engineAddress.socketPath : "",
        plugin: gate.plugin,
        audit: this.#record.log,
        actor: "agent",
        now: () => now().getTime(),
        sleep,
        countCalls: () => countGateCalls(layout.gateControlSocket),
      }),
      ownEngine,
      sleep,
      onArmed: () => {
        this.#statusDue = true;
      },
      log,
    });
  }

  async #answer(line: unknown): Promise<unknown> {
    const asked = request.parse(line);
    switch (asked.command) {
      case "scan":
        return this.#scanNow(asked.imageId);
      case "status":
        return this.#status();
      case "server":
        return this.#serverState();
      case "refresh":
        this.#policies.refresh();
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

  #serverState() {
    return { host: this.#options.hostName, ...this.#session.state, spool: this.#record.state };
  }

  #status(): ReturnType<typeof hostStatusOf> {
    const { engineAddress, version, now } = this.#options;
    const { logId, sequence, hash } = this.#record.log.head();
    return hostStatusOf({
      now: now(),
      host: this.#host(),
      engine: { ...this.#engineState, socket: engineAddress.kind === "unix" ? engineAddress.socketPath : "" },
      gate: {
        running: this.#gate.pid !== undefined,
        armed: this.#arming.isArmed,
        mode: this.#mode,
        restarts: this.#gate.restarts,
        since: this.#gateSince,
        detail: this.#gateDetail,
        problem: this.#arming.problem,
      },
      agent: { version, startedAt: this.#startedAt },
      advisories: this.#advisories,
      policies: this.#policies.status,
      record: { logId, length: sequence, lastHash: hash },
      server: this.#session.state,
      runtime: this.#runtime?.state,
      spool: this.#record.state,
    });
  }

  #host(): Host {
    const { hostName, hostLabels } = this.#options;
    return {
      name: hostName,
      labels: { ...hostLabels, ...this.#session.wanted.labels },
      ...this.#engineFacts,
    };
  }

  #startRuntime(): void {
    const { log } = this.#options;
    if (this.#runtime !== undefined) {
      this.#runtime.start();
      return;
    }
    // Nobody is there any more who would take over what another agent has left in the kernel.
    const pins = pinsOf(this.#options.layout.data);
    if (countPinned(pins) > 0) log.info({ cleared: clearPinned(pins) }, "what was prevented is not any more");
  }

  #watch(): Promise<void> {
    const { now, sleep } = this.#options;
    return watchImages({
      engine: this.#engine,
      signal: this.#stopping.signal,
      now: () => now().getTime(),
      sleep,
      onImage: (imageId, reference) => this.#imageArrived(imageId, reference),
      onGone: (imageId) => {
        this.#images.delete(imageId);
        this.#reports.gone(imageId);
      },
      onEngine: (state, detail) => this.#engineChanged(state, detail),
    });
  }

  #watchContainers(): Promise<void> {
    const { now, sleep } = this.#options;
    return watchContainers({
      engine: this.#engine,
      signal: this.#stopping.signal,
      now,
      sleep,
      send: (takenAt, containers) => this.#session.client.sendContainers(takenAt, containers),
      onError: (error) => this.#notSent(error, "the containers cannot be reported yet"),
    });
  }

  #ship(): Promise<void> {
    const { sleep, random } = this.#options;
    return this.#record.ship({
      server: this.#session.client,
      signal: this.#stopping.signal,
      sleep,
      random,
      onError: (error) => this.#notSent(error, "the record cannot be sent yet"),
    });
  }

  async #shipProfiles(): Promise<void> {
    const { runtime, sleep } = this.#options;
    if (runtime?.learning === true) await this.#profiles.run({ signal: this.#stopping.signal, sleep });
  }

  async #refreshForever(): Promise<void> {
    const { sleep } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#policies.refresh();
      this.#refreshAdvisories();
      await sleep(POLL_MS, signal).catch(() => undefined);
    }
  }

  #refreshAdvisories(): void {
    const state = readAdvisoryState(this.#options.readAdvisories);
    if (state.stamp === this.#advisories.stamp) return;
    this.#advisories = state;
    this.#statusDue = true;
    this.#record.add("advisories", "advisories.in-force", { revision: state.revision });
    for (const [imageId, reference] of this.#images)
      this.#queue.scan(imageId, reference).catch(() => undefined);
  }

  /** Beside what is read of this host: a server that does not answer must not keep policies from being in force. */
  async #tellStatusForever(): Promise<void> {
    const { sleep } = this.#options;
    const { signal } = this.#stopping;
    let sinceStatusMs = STATUS_EVERY_MS;
    while (!signal.aborted) {
      if (this.#statusDue || sinceStatusMs >= STATUS_EVERY_MS) {
        this.#statusDue = false;
        sinceStatusMs = 0;
        this.#keepLogsSmall();
        await this.#sendStatus();
      }
      await sleep(POLL_MS, signal).catch(() => undefined);
      sinceStatusMs += POLL_MS;
    }
  }

  async #sendStatus(): Promise<void> {
    try {
      await this.#session.sendStatus(this.#status());
      this.#reports.sendAgain();
    } catch (thrown) {
      this.#statusDue = true;
      this.#notSent(thrown, "the status cannot be sent yet");
    }
  }

  /** What children write into files of theirs must not fill the disk. Never throws. */
  #keepLogsSmall(): void {
    const { layout, log } = this.#options;
    try {
      for (const file of [layout.gateLog, layout.engineLog]) keepLogSmall(file);
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "a log cannot be shortened");
    }
  }

  /** What is known of images that are long gone must not fill the disk. */
  async #forget(): Promise<void> {
    const { layout, now, sleep, log } = this.#options;
    const { signal } = this.#stopping;
    const directories = [layout.reports, layout.imageFacts];
    while (!signal.aborted) {
      await sleep(FORGET_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#record.forgetEvidence();
      // That it is down is told elsewhere.
      if (this.#engineState.state === "down") continue;
      try {
        await forgetImages({ engine: this.#engine, directories, nowMs: now().getTime(), signal });
      } catch (thrown) {
        log.info({ error: messageOf(thrown) }, "what is known of former images cannot be removed yet");
      }
    }
  }

  #imageArrived(imageId: Digest, reference: string): void {
    this.#images.set(imageId, reference);
    this.#reports.arrived(imageId, reference);
  }

  #scanned(imageId: Digest, error: string | undefined): void {
    if (error === undefined) {
      this.#reports.scanned(imageId);
      return;
    }
    this.#options.log.warn({ imageId, error }, "an image could not be scanned");
    this.#record.add("scan", "image.scan-failed", { imageId, error });
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
      this.#policies.tellGate();
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
    this.#record.add("gate", `gate.${event.kind}`, { ...event });
    if (gate.whenDead !== "open") return;
    // The operator's choice: rather an engine that nobody guards than one that nobody can use.
    if (event.kind === "crash-loop") void this.#arming.disarm("the gate cannot be kept alive");
    if (event.kind === "started") this.#arming.arm();
  }

  /** What a command says holds from now on, over restarts, whatever the settings say. */
  async #setGateMode(mode: GateMode): Promise<void> {
    this.#modeFile.write(mode);
    this.#mode = mode;
    this.#policies.tellGate();
    this.#statusDue = true;
    if (this.#policies.gateProblem !== "") throw new Error(this.#policies.gateProblem);
    this.#record.add("gate", "gate.mode-set", { mode });
    await reloadGate(this.#options.layout.gateControlSocket);
  }

  #runtimeChanged({ state, detail }: RuntimeState): void {
    this.#options.log.info({ state, detail }, "the watch over running containers changed");
    this.#record.add("agent", `runtime.${state}`, { detail });
    this.#statusDue = true;
  }

  #notSent(error: unknown, message: string): void {
    const reason = messageOf(error);
    if (this.#session.mayBeStarting(error) || !this.#logPace.isDue(message, reason)) return;
    this.#options.log.info({ error: reason }, message);
  }
}
