import { readFileSync, renameSync, statSync } from "node:fs";
import type { AuditSink, RuntimeContainer } from "@pratique/core";
import { messageOf } from "@pratique/core";
import { type Engine, type EngineAddress, EngineControl } from "@pratique/engine";
import {
  type Act,
  type BreakerLimits,
  CgroupContainers,
  type ContainerReference,
  discardPartial,
  EngineContainers,
  EvidenceGatherer,
  ProcKernel,
  type FlightRecorder as RecordedEvidence,
  ResponseError,
  type ResponseOutcome,
  type ResponsePolicy,
  Responses,
  RoutedContainers,
  SensorFlows,
  type StateStore,
  type Trigger,
  type Trip,
} from "@pratique/response";
import type { TrackedContainer } from "@pratique/sensor";
import type { AgentLogger } from "../../agent-logger.ts";
import { replaceFileForGood } from "../../durable-file.ts";
import { containerNamed } from "../container-named.ts";
import type { FlightRecorder } from "../recorder/flight-recorder.ts";
import type { RuntimeSettings } from "../runtime-messages.ts";
import type { SensorCommands } from "../runtime-watch.ts";
import type { OrderRequest } from "./order-response.ts";
import { policyIn, readPolicyFile } from "./response-policy-file.ts";
import { VanishedContainers } from "./vanished-containers.ts";

export interface RuntimeResponsesOptions {
  readonly files: RuntimeSettings["responses"];
  readonly engine: Engine;
  readonly engineAddress: EngineAddress;
  readonly audit: AuditSink;
  readonly commands: SensorCommands;
  readonly recorder: FlightRecorder;
  /** Whether the kernel's programs for channels are loaded. */
  readonly canCut: () => boolean;
  readonly containers: () => Iterable<TrackedContainer>;
  /** Sends the policy of a container anew. */
  readonly contain: (container: TrackedContainer) => Promise<void>;
  readonly isOwn: (containerId: string) => boolean;
  readonly newId: () => string;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
}

const KEPT_ANSWER_MS = 2000;

/** Responds to what is detected, by the operator's policy, and undoes it in time. */
export class RuntimeResponses implements AsyncDisposable {
  readonly #options: RuntimeResponsesOptions;
  readonly #control: EngineControl;
  readonly #responses: Responses;
  #policy: ResponsePolicy = policyIn(undefined);
  #policyStamp = "";
  #policyError = "";
  readonly #vanished: VanishedContainers;
  #running: ReadonlySet<string> = new Set();

  constructor(options: RuntimeResponsesOptions) {
    const { files, engine, engineAddress, audit, newId, log } = options;
    this.#options = options;
    this.#control = new EngineControl({ address: engineAddress });
    this.#vanished = new VanishedContainers({
      kept: async () => {
        // An engine that hangs must not keep acts from ending in time.
        const signal = AbortSignal.timeout(KEPT_ANSWER_MS);
        const containers = await engine.listContainers({ all: true, signal });
        return new Set(containers.map(({ id }) => id));
      },
      elapsedMs: options.elapsedMs,
    });
    const kernel = new ProcKernel();
    const cgroupContainers = new CgroupContainers({ kernel });
    const engineContainers = new EngineContainers({
      engine,
      control: this.#control,
      kernel: cgroupContainers,
    });
    const host = {
      control: new RoutedContainers(
        new Map([
          ["docker", engineContainers],
          ["podman", engineContainers],
        ]),
        cgroupContainers,
      ),
      flows: this.#flows(),
      kernel,
    };
    const gatherer = new EvidenceGatherer({
      root: files.evidenceDirectory,
      host,
      recorder: recorderOf(options),
    });
    this.#responses = new Responses({
      host,
      policy: () => this.#policy,
      audit,
      store: new FileStore(files.stateFile, log),
      gather: (request) => gatherer.gather(request),
      isOwn: ({ id }: RuntimeContainer) => options.isOwn(id),
      now: options.now,
      elapsedMs: options.elapsedMs,
      newId,
      onTrouble: (message) => log.warn({ message }, "a response needs to be looked at"),
    });
  }

  /** What is wrong with the operator's policy; empty where nothing is. */
  get policyError(): string {
    return this.#policyError;
  }

  /** How many containers may be acted on before a person has to look. */
  get limits(): BreakerLimits {
    return this.#policy.limits;
  }

  /** What is in force, the earliest first. */
  get acts(): readonly Act[] {
    return this.#responses.acts;
  }

  /** Causes that act on nothing until a person resets them. */
  get trips(): readonly Trip[] {
    return this.#responses.trips;
  }

  /** Lets a cause act again. False where its breaker had not tripped. */
  reset(cause: string, by: string): boolean {
    return this.#responses.reset(cause, by);
  }

  async start(): Promise<void> {
    this.#readPolicy();
    await discardPartial(this.#options.files.evidenceDirectory);
    await this.#responses.recover();
  }

  async respond(trigger: Trigger): Promise<void> {
    await this.#responses.respond(trigger);
  }

  /**
   * Does what a person ordered, by the same ladder, record and proof as all else. Throws `CONTAINER_UNKNOWN` where no
   * such container runs here, or more than one might be meant.
   */
  async order({ container: named, ...asked }: OrderRequest): Promise<ResponseOutcome> {
    const container = containerNamed(named, this.#options.containers());
    const { action, by, reason, forMs, peers, answers } = asked;
    const order = { container, action, by, reason, forMs, peers, answers };
    return await this.#responses.respond({ kind: "order", order });
  }

  /**
   * Undoes one act that is in force about a container, by its id or name, or all of them, before their time. Throws
   * `ACT_UNKNOWN`.
   */
  async release(
    container: string,
    { actId, by }: { readonly actId: string | undefined; readonly by: string },
  ): Promise<void> {
    const all = this.#responses.acts;
    const byId = all.filter(({ containerId }) => containerId === container);
    const about = byId.length > 0 ? byId : all.filter(({ containerName }) => containerName === container);
    const acts = about.filter(({ id }) => actId === undefined || id === actId);
    if (acts.length === 0) {
      const what = actId === undefined ? "no act" : `no act ${JSON.stringify(actId)}`;
      throw new ResponseError("ACT_UNKNOWN", `${what} is in force about ${container}`);
    }
    // Those that a harder one stands over end together with that.
    const superseded = acts.filter(({ state }) => state === "superseded");
    const others = acts.filter(({ state }) => state !== "superseded");
    const waiting: string[] = [];
    for (const { id, action } of [...superseded, ...others]) {
      const isUndone = await this.#responses.release(id, by);
      if (!isUndone && others.some((act) => act.id === id)) waiting.push(action);
    }
    if (waiting.length > 0) {
      throw new ResponseError(
        "FLOWS_UNCONTROLLED",
        `${waiting.join(", ")} could not be undone yet, and is tried again`,
      );
    }
  }

  /** To be called every second or so. */
  async tick(): Promise<void> {
    this.#readPolicy();
    await this.#responses.releaseExpired();
    const running = new Set([...this.#options.containers()].map(({ identity }) => identity.id));
    const started = [...running].filter((id) => !this.#running.has(id));
    this.#running = running;
    const { acts } = this.#responses;
    const about = new Set(acts.map(({ containerId }) => containerId));
    for (const id of started) if (about.has(id)) await this.#responses.containerStarted(id);
    for (const id of await this.#vanished.among(acts, running)) await this.#responses.containerGone(id);
    await this.#responses.resumeDeferred();
  }

  /**
   * What a container's channels need for what is in force about it: `quarantine` leaves it nothing but loopback, and a
   * cut from single peers holds while its packets are looked at.
   */
  channelOf(containerId: string): "quarantine" | "report" | "off" {
    const now = this.#options.now();
    const acts = this.#responses.acts.filter(
      // One that is being undone is over: the policy that is sent for that must be the one without it.
      ({ containerId: about, state, expiresAt }) =>
        about === containerId && state !== "superseded" && (expiresAt === null || expiresAt > now),
    );
    const isolates = acts.some(
      ({ action, peers }) => action === "quarantine" || (action === "cut" && peers === null),
    );
    if (isolates) return "quarantine";
    return acts.some(({ action }) => action === "cut") ? "report" : "off";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#responses.idle();
    await this.#control[Symbol.asyncDispose]();
  }

  #flows(): SensorFlows {
    const { commands, canCut, contain } = this.#options;
    return new SensorFlows({
      sensor: commands,
      available: canCut,
      cgroupIdOf: (container) => cgroupIdOf(this.#tracked(container)),
      restorePolicy: async (container) => {
        const found = this.#tracked(container);
        if (found !== undefined) await contain(found);
      },
    });
  }

  #tracked({ id }: ContainerReference): TrackedContainer | undefined {
    for (const container of this.#options.containers()) if (container.identity.id === id) return container;
    return undefined;
  }

  /** The last good one stays in force. What cannot be read is read again the next time. */
  #readPolicy(): void {
    const before = this.#policyStamp;
    try {
      const { stamp, text } = readPolicyFile(this.#options.files.policyFile, this.#policyStamp);
      if (stamp === this.#policyStamp) return;
      this.#policyStamp = stamp;
      this.#policy = policyIn(text);
      this.#policyError = "";
    } catch (thrown) {
      const { files, log } = this.#options;
      const error = `${files.policyFile}: ${messageOf(thrown)}`;
      if (error !== this.#policyError) log.warn({ error }, "the policy of responses was not taken");
      this.#policyError = error;
      // It was not refused, but not read.
      if (this.#policyStamp === before) this.#policyStamp = "";
    }
  }
}

function cgroupIdOf(container: TrackedContainer | undefined): string | undefined {
  const [cgroupId] = container?.cgroupIds ?? [];
  return cgroupId === undefined ? undefined : String(cgroupId);
}

function recorderOf({ recorder }: RuntimeResponsesOptions): RecordedEvidence {
  return {
    async *events(containerId) {
      for (const line of recorder.events(containerId)) yield Buffer.from(line);
    },
    async *packets(containerId) {
      yield* recorder.packets(containerId);
    },
  };
}

class FileStore implements StateStore {
  readonly #file: string;
  readonly #log: AgentLogger;

  constructor(file: string, log: AgentLogger) {
    this.#file = file;
    this.#log = log;
  }

  load(): string | undefined {
    return statSync(this.#file, { throwIfNoEntry: false }) === undefined
      ? undefined
      : readFileSync(this.#file, "utf8");
  }

  save(text: string): void {
    replaceFileForGood(this.#file, text);
  }

  setAside(): void {
    renameSync(this.#file, `${this.#file}.unreadable`);
    this.#log.warn({ file: `${this.#file}.unreadable` }, "what responses had done could not be read");
  }
}
