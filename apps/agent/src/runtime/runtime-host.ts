import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import type { RuntimeReport } from "@pratique/api";
import { AuditLog } from "@pratique/audit";
import { type Digest, type JsonObject, messageOf, RecentMap } from "@pratique/core";
import { Engine, formatEngineAddress } from "@pratique/engine";
import { causeOf } from "@pratique/response";
import {
  BundleDetails,
  type ContainerDetails,
  EngineDetails,
  FirstOfDetails,
  LxcDetails,
  type SensorEvent,
  SensorFields,
  type SensorNotice,
  SensorProcess,
  SystemBootClock,
  type TrackedContainer,
} from "@pratique/sensor";
import type { AgentLogger } from "../agent-logger.ts";
import { replaceFileForGood } from "../durable-file.ts";
import { OwnContainers, ownContainerId } from "../engine/own-containers.ts";
import { ContactRecorder } from "./channel/contact-recorder.ts";
import type { HeldIndicator } from "./channel/held-indicators.ts";
import { type ListedPeer, RuntimeChannel } from "./channel/runtime-channel.ts";
import { type Peer, readTalks, type Talk } from "./channel/talks.ts";
import { Repeated } from "./detections/repeated.ts";
import { RuntimeDoor } from "./door/runtime-door.ts";
import { droppedRecords } from "./dropped-records.ts";
import { ContainerProcesses } from "./in-use/container-processes.ts";
import { ExecutedScripts } from "./in-use/executed-scripts.ts";
import { FilesInUse } from "./in-use/files-in-use.ts";
import { lookAtProcess, lookForScript } from "./in-use/look-at-process.ts";
import { learnFromSensor } from "./learning/learn-from-sensor.ts";
import type { Learning } from "./learning/learning.ts";
import { writeProfileRules } from "./learning/rules-of-profiles.ts";
import { CONTAINER_CGROUPS, cgroupNumbers } from "./prevention/cgroup-parents.ts";
import { HostDevices } from "./prevention/host-devices.ts";
import { KernelPrevention } from "./prevention/kernel-prevention.ts";
import { loadedIn, primitivesIn } from "./prevention/native-primitives.ts";
import { CaptureKeeper } from "./recorder/capture-keeper.ts";
import { FlightRecorder } from "./recorder/flight-recorder.ts";
import { RuntimeResponses } from "./responses/runtime-responses.ts";
import { allEventTypes, hostRules } from "./rules/host-rules.ts";
import { RulesInForce } from "./rules/rules-in-force.ts";
import { RuntimeAnswers } from "./runtime-answers.ts";
import type { RuntimeSettings, RuntimeState } from "./runtime-messages.ts";
import { snapshotContainers } from "./runtime-snapshot.ts";
import { RuntimeWatch } from "./runtime-watch.ts";

export interface RuntimeHostOptions extends RuntimeSettings {
  readonly log: AgentLogger;
  readonly onState: (state: RuntimeState) => void;
  readonly onReport: (report: RuntimeReport) => void;
  readonly now: () => number;
  readonly elapsedMs: () => number;
}

const REPORT_EVERY_MS = 10_000;
const RULES_EVERY_MS = 2000;
const OWN_EVERY_MS = 10_000;
const OWN_TIMEOUT_MS = 5000;
const LEARNING_EVERY_MS = 1000;
const TICK_EVERY_MS = 1000;
const MAX_ENGINE_CONTAINERS = 16_384;

/** All that watches the containers of one host: sensor, rules, what is done about detections, and the door to look. */
export class RuntimeHost {
  readonly #options: RuntimeHostOptions;
  readonly #engine: Engine;
  readonly #own: OwnContainers;
  readonly #audit: AuditLog;
  readonly #process: SensorProcess;
  readonly #recorder: FlightRecorder;
  readonly #captures: CaptureKeeper | undefined;
  readonly #watch: RuntimeWatch;
  readonly #learning: Learning<SensorEvent> | undefined;
  readonly #scripts: ExecutedScripts;
  readonly #inUse: FilesInUse | undefined;
  readonly #prevention: KernelPrevention;
  readonly #channel: RuntimeChannel;
  readonly #contacts: ContactRecorder | undefined;
  readonly #responses: RuntimeResponses;
  readonly #rules: RulesInForce;
  readonly #answers: RuntimeAnswers;
  readonly #door: RuntimeDoor;
  /** Containers that the engine that we are set to knows. */
  readonly #engineContainers = new RecentMap<string, true>(MAX_ENGINE_CONTAINERS);
  readonly #stopping = new AbortController();
  #rulesTold = false;
  #running = false;
  #repeated: readonly Disposable[] = [];
  #started: Promise<void> = Promise.resolve();

  constructor(options: RuntimeHostOptions) {
    const { engineAddress, auditDirectory, maxRecordBytes, log, now, elapsedMs } = options;
    this.#options = options;
    this.#engine = new Engine({ address: engineAddress });
    this.#audit = new AuditLog({
      directory: auditDirectory,
      now: () => new Date(now()),
      maxBytes: maxRecordBytes,
    });
    this.#process = new SensorProcess({
      binary: options.sensor,
      args: ["-p", options.pins],
      log,
      // Whoever kills it takes the event of that with it: what is recorded is that nobody looked.
      onLost: (how) => options.onState({ state: "failed", detail: lostInWords(how) }),
      onReplaced: () => options.onState(this.#state()),
    });
    const ownId = ownContainerId();
    this.#own = new OwnContainers({ agent: ownId, server: options.server, engine: this.#engine });
    const isCovered = ({ identity: { id } }: TrackedContainer): boolean =>
      id !== ownId && (options.prevent !== "engine" || this.#engineContainers.has(id));
    const devices = new HostDevices();
    this.#prevention = new KernelPrevention({
      commands: this.#process,
      fields: new SensorFields(),
      loaded: () => loadedIn(this.#watch.ready),
      devices: () => devices.list(),
      parents: () => cgroupNumbers(sharedGroups(options)),
      enforces: options.prevent !== "off",
      survives: options.survive,
      isCovered,
      channelOf: (container) => {
        const needed = container === undefined ? "off" : this.#responses.channelOf(container.identity.id);
        // Every packet is looked at for it: not where there is nothing to be found.
        if (needed === "quarantine" || this.#channel.revision === "") return needed;
        return options.channel === "cut" ? "enforce" : options.channel;
      },
      actedOn: ({ identity }) => this.#responses.channelOf(identity.id),
      onApply: () => this.#channel.begin(),
      pidIn: (container) => this.#pidIn(container),
      now,
      elapsedMs,
      log,
    });
    this.#channel = new RuntimeChannel({
      directory: options.intelDirectory,
      mode: options.channel,
      commands: this.#process,
      stateFile: options.channelState,
      save: replaceFileForGood,
      neverCut: options.neverCut,
      containers: () => this.#watch.sensor.containers.all(),
      isConcerned: (container) => isCovered(container) && this.#isRunning(container),
      talks: () => this.#talks(),
      latePeersOf: (container) => this.#latePeersOf(container),
      limits: () => this.#responses.limits,
      onMet: (peer) => this.#meet(peer),
      onHeld: (held) => this.#tellHeld(held),
      newId: () => randomUUID(),
      now,
      log,
    });
    this.#contacts =
      options.past === undefined
        ? undefined
        : new ContactRecorder({ ...options.past, isOwn: (id) => this.#own.has(id), now, elapsedMs, log });
    this.#learning = this.#beginLearning();
    this.#scripts = new ExecutedScripts({
      find: lookForScript,
      pidIn: (id) => {
        const container = this.#watch.sensor.containers.get(id);
        return container === undefined ? undefined : this.#pidIn(container);
      },
      now,
    });
    this.#inUse = this.#beginLooking();
    this.#recorder = new FlightRecorder({
      clock: new SystemBootClock(),
      seconds: options.capture.seconds,
      snapLength: options.capture.packets?.snapLength,
    });
    this.#captures = this.#beginSaving();
    this.#watch = new RuntimeWatch({
      learning: this.#learning,
      source: this.#process,
      commands: this.#process,
      details: new FirstOfDetails([this.#engineDetails(), new BundleDetails(), new LxcDetails()]),
      prevention: this.#prevention,
      recorder: this.#recorder,
      packets: options.capture.packets,
      capture: (detection, wish) => this.#captures?.plan(detection, wish),
      hostName: options.hostName,
      audit: this.#audit,
      onEvent: (event) => {
        this.#contacts?.observe(event);
        if (this.#inUse !== undefined) this.#noteProgram(event);
        for (const peer of this.#channel.observed(event)) this.#meet(peer);
      },
      onNotice: (notice) => this.#noticed(notice),
      respond: async (detection) => {
        this.#answers.tell(detection);
        await this.#responses.respond({ kind: "detection", detection });
      },
      newId: () => randomUUID(),
      now,
      elapsedMs,
      log,
    });
    this.#responses = new RuntimeResponses({
      files: options.responses,
      engine: this.#engine,
      engineAddress,
      audit: this.#audit,
      commands: this.#process,
      recorder: this.#recorder,
      canCut: () => this.#process.counters.running && loadedIn(this.#watch.ready).has("channel/egress"),
      containers: () => this.#watch.sensor.containers.all(),
      contain: (container) => this.#prevention.contain(container),
      isOwn: (id) => this.#own.has(id),
      newId: () => randomUUID(),
      now,
      elapsedMs,
      log,
    });
    this.#rules = new RulesInForce({
      sources: options.rules,
      profileRules: () => writeProfileRules(this.#learning?.enforced() ?? []),
      put: async (ruleSet) => {
        this.#rulesTold = false;
        await this.#watch.setRules(ruleSet);
      },
      log,
    });
    this.#answers = new RuntimeAnswers({
      watch: this.#watch,
      rules: this.#rules,
      responses: this.#responses,
      recorder: this.#recorder,
      learning: this.#learning,
      inUse: this.#inUse,
      status: () => this.#sensorReport(),
      hostRules: () => this.#hostRules(),
      survives: () => ({ wanted: options.survive, failure: this.#prevention.pinFailure }),
      held: () => this.#channel.held,
      confirm: (what, by) => this.#confirm(what, by),
      imageNamed: (name) => this.#imageNamed(name),
      engine: formatEngineAddress(engineAddress),
      now,
      signal: this.#stopping.signal,
    });
    this.#door = new RuntimeDoor({
      socketPath: options.socketPath,
      answer: (request, sink) => this.#answers.answer(request, sink),
    });
  }

  /** Rejects where the native sensor does not start, or all of it is stopped before it has. */
  async start(): Promise<void> {
    this.#started = this.#start();
    await this.#started;
  }

  async #start(): Promise<void> {
    void this.#findOwn();
    const steps = [
      () => this.#rules.refresh(),
      () => this.#contacts?.open(),
      () => this.#watch.start(),
      () => this.#responses.start(),
      () => this.#captures?.start(),
      () => this.#door.listen(),
    ];
    const { signal } = this.#stopping;
    for (const step of steps) {
      signal.throwIfAborted();
      await step();
    }
    signal.throwIfAborted();
    this.#running = true;
    this.#options.onState(this.#state());
    this.#repeated = [
      new Repeated(REPORT_EVERY_MS, () => this.#report()),
      new Repeated(RULES_EVERY_MS, () => this.#rules.refresh()),
      new Repeated(OWN_EVERY_MS, () => this.#findOwn()),
      new Repeated(LEARNING_EVERY_MS, () => this.#learning?.tick()),
      new Repeated(TICK_EVERY_MS, () => this.#contacts?.tick()),
      // What waits for an engine that hangs must not keep the kernel from being told what is to be prevented.
      new Repeated(TICK_EVERY_MS, () => this.#tick()),
      new Repeated(TICK_EVERY_MS, () => this.#tickResponses()),
    ];
    await this.#report();
  }

  async stop(): Promise<void> {
    for (const each of this.#repeated) each[Symbol.dispose]();
    this.#stopping.abort();
    await this.#watch.stop();
    // Where it was about to start the native sensor, there is one only now.
    if (await hasFailed(this.#started)) await this.#watch.stop();
    await this.#door[Symbol.asyncDispose]();
    this.#learning?.close();
    await this.#captures?.[Symbol.asyncDispose]();
    await this.#contacts?.close();
    await this.#responses[Symbol.asyncDispose]();
    this.#channel[Symbol.dispose]();
    await this.#engine[Symbol.asyncDispose]();
    this.#audit[Symbol.dispose]();
  }

  async #tick(): Promise<void> {
    this.#inUse?.tick();
    try {
      await this.#watch.tick();
      await this.#channel.refresh();
      for (const peer of this.#channel.waited()) this.#meet(peer);
    } catch (thrown) {
      this.#options.log.warn({ error: messageOf(thrown) }, "what is due each second was not all done");
    }
  }

  /** An engine or a name that does not answer is told elsewhere; what was seen before stays. */
  async #findOwn(): Promise<void> {
    const deadline = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(OWN_TIMEOUT_MS)]);
    await this.#own.refresh(deadline).catch(() => undefined);
  }

  async #tickResponses(): Promise<void> {
    try {
      await this.#responses.tick();
    } catch (thrown) {
      this.#options.log.warn({ error: messageOf(thrown) }, "responses that are due were not all undone");
    }
  }

  #noticed(notice: SensorNotice): void {
    this.#contacts?.noticed(notice);
    const peer = this.#channel.noticed(notice);
    if (peer !== undefined) this.#meet(peer);
  }

  #meet(peer: ListedPeer): void {
    const told = this.#watch.tell(peer.detection, {
      respond: async () => {
        // `report` only tells; otherwise the policy of responses decides about the container.
        if (peer.hit === undefined || this.#options.channel !== "cut") return;
        await this.#responses.respond({ kind: "channel", hit: peer.hit });
      },
    });
    this.#answers.tell(told);
  }

  #pidIn(container: TrackedContainer): number | undefined {
    for (const { pid, link } of this.#watch.sensor.processes.living()) {
      if (link.container === container) return pid;
    }
    return undefined;
  }

  /** Containers that have just ended are known for some time, and their processes with them. */
  #isRunning(container: TrackedContainer): boolean {
    for (const { pid, link } of this.#watch.sensor.processes.living()) {
      if (link.container === container && existsSync(`/proc/${pid}`)) return true;
    }
    return false;
  }

  /** Nobody where they cannot be seen: that must not keep a set from being taken. */
  async #talks(): Promise<readonly Talk[]> {
    try {
      const { processes } = this.#watch.sensor;
      return readTalks(await this.#process.command("flows"), (pid) => processes.get(pid));
    } catch (thrown) {
      this.#options.log.warn({ error: messageOf(thrown) }, "whom containers talk to is not known");
      return [];
    }
  }

  #latePeersOf({ identity }: TrackedContainer): readonly Peer[] {
    const oldest = this.#options.now() - this.#responses.limits.windowSeconds * 1000;
    const flows = [...(this.#watch.activity.of(identity.id)?.flows.values() ?? [])];
    return flows.filter(
      ({ direction, connections, lastAt }) =>
        direction === "out" && connections > 0 && Date.parse(lastAt) > oldest,
    );
  }

  #tellHeld(held: readonly HeldIndicator[]): void {
    for (const { kind, value, source, containers, running } of held) {
      const because = `a new set lists it, and it is among what ${containers} of ${running} running containers talk to: it is told and not refused until a person confirms it`;
      this.#options.log.warn({ value, source, because }, "a listed peer is not refused");
      const cause = causeOf({ kind, value, source });
      this.#appendResponse("response.breaker-tripped", "agent", { cause, because });
    }
  }

  /** Lets an indicator that is held be refused, or a cause act again whose circuit breaker has tripped. */
  async #confirm(what: string, by: string): Promise<void> {
    const held = this.#channel.held.filter(({ value }) => value === what);
    if (await this.#channel.confirm(what)) {
      for (const each of held) this.#appendResponse("response.breaker-reset", by, { cause: causeOf(each) });
      return;
    }
    if (!this.#responses.reset(what, by)) throw new Error(`nothing is held by ${JSON.stringify(what)}`);
  }

  #appendResponse(action: string, actor: string, data: JsonObject): void {
    try {
      this.#audit.append({ class: "response", action, actor, data });
    } catch (thrown) {
      this.#options.log.warn({ action, error: messageOf(thrown) }, "what was done could not be recorded");
    }
  }

  #engineDetails(): ContainerDetails {
    const details = new EngineDetails({ engine: this.#engine });
    return {
      describe: async (identity, signal) => {
        const found = await details.describe(identity, signal);
        if (found !== undefined) this.#engineContainers.set(identity.id, true);
        return found;
      },
      accounts: (container, signal) => details.accounts(container, signal),
    };
  }

  #state(): RuntimeState {
    const { trouble, packetTrouble } = this.#watch;
    const state = this.#running ? (this.#process.counters.running ? "running" : "starting") : "starting";
    return {
      state,
      detail: [
        ...this.#rules.errors,
        trouble,
        packetTrouble,
        this.#channel.failure,
        this.#contacts?.failure ?? "",
        this.#responses.policyError,
        this.#prevention.pinFailure,
        this.#heldInWords(),
      ]
        .filter((each) => each !== "")
        .join("; "),
    };
  }

  #heldInWords(): string {
    const [first, ...others] = this.#channel.held;
    if (first === undefined) return "";
    const more = others.length === 0 ? "" : ` and ${others.length} others`;
    return `listed and not refused until confirmed: ${first.value}${more}`;
  }

  async #report(): Promise<void> {
    const { now, onReport, log } = this.#options;
    try {
      const containers = await snapshotContainers({
        sensor: this.#watch.sensor,
        activity: this.#watch.activity,
        now,
        signal: this.#stopping.signal,
      });
      onReport({
        takenAt: new Date(now()).toISOString(),
        sensor: this.#sensorReport(),
        ...(!this.#rulesTold && { rules: [...this.#hostRules()] }),
        containers: containers.map((report) => this.#channel.marked(report)),
      });
      this.#rulesTold = true;
    } catch (thrown) {
      log.warn({ error: String(thrown) }, "what goes on could not be reported");
    }
  }

  #sensorReport(): RuntimeReport["sensor"] {
    const { counters } = this.#watch.sensor;
    return {
      ...this.#state(),
      primitives: primitivesIn(this.#watch.ready),
      events: this.#watch.counters.events,
      dropped: droppedRecords(this.#watch.counted) + counters.late + counters.held.overflowed,
      suppressed: counters.suppressed,
      unattributed: counters.containers.undescribed,
    };
  }

  #hostRules() {
    return hostRules(this.#rules.ruleSet, {
      fields: this.#watch.fields,
      seen: allEventTypes,
      running: this.#process.counters.running,
      enforcementOf: (rule) => this.#prevention.enforcementOf(rule),
    });
  }

  #beginSaving(): CaptureKeeper | undefined {
    const { capture, captureDirectory: directory, hostName, now, elapsedMs, log } = this.#options;
    if (capture.saving === undefined) return undefined;
    const { saving: choices } = capture;
    const recorder = this.#recorder;
    const audit = this.#audit;
    return new CaptureKeeper({ directory, choices, recorder, hostName, audit, now, elapsedMs, log });
  }

  #beginLearning(): Learning<SensorEvent> | undefined {
    const { profiles: directory, hostName, now, elapsedMs, log } = this.#options;
    if (directory === undefined) return undefined;
    return learnFromSensor({ directory, hostName, audit: this.#audit, now, elapsedMs, log });
  }

  /** Told with what was learned of an image, and of no use without. */
  #beginLooking(): FilesInUse | undefined {
    if (this.#options.profiles === undefined) return undefined;
    const processes = new ContainerProcesses(() => this.#watch.sensor);
    return new FilesInUse({
      processes: () => processes.list(),
      look: lookAtProcess,
      scriptsOf: (image) => this.#scripts.of(image),
      now: this.#options.now,
    });
  }

  /** It may have ended before it is looked at in its turn. */
  #noteProgram(event: SensorEvent): void {
    const { type, process, tracked } = event;
    if ((type !== "execve" && type !== "execveat") || event.result !== 0) return;
    const image = tracked?.details?.imageId;
    if (tracked === undefined || image === undefined) return;
    const container = tracked.identity.id;
    this.#scripts.take({ pid: process.pid, container, image, execution: process.image });
  }

  async #imageNamed(name: string): Promise<Digest | undefined> {
    try {
      return (await this.#engine.inspectImage(name, { signal: this.#stopping.signal })).id;
    } catch {
      // The engine has no such image, or there is none that could be asked.
      return undefined;
    }
  }
}

/** The groups of which all containers are meant. Another engine's may be in those that an engine has by default. */
function sharedGroups({ prevent, engineCgroup }: RuntimeSettings): readonly string[] {
  const own = engineCgroup === undefined ? [] : [engineCgroup];
  return prevent === "engine" ? own : [...CONTAINER_CGROUPS, ...own];
}

async function hasFailed(work: Promise<void>): Promise<boolean> {
  return await work.then(
    () => false,
    () => true,
  );
}

function lostInWords(how: string): string {
  return `the native sensor ended (${how}) and is started again: what happens until then is not seen`;
}
