import type { ActionOutcome, AuditSink, Detection, EventType, JsonObject, Priority } from "@pratique/core";
import { eventTypes, messageOf } from "@pratique/core";
import { compileRules, type Rule, type RuleEngine, type RuleMatch, type RuleSet } from "@pratique/rules";
import {
  type ContainerDetails,
  kindsOf,
  type MessageBody,
  type RecordSource,
  Sensor,
  type SensorEvent,
  SensorFields,
  type SensorNotice,
  type SensorScope,
  scopeOfNeeds,
  type TrackedContainer,
  type TrackedProcess,
  wireTags,
} from "@pratique/sensor";
import type { AgentLogger } from "../agent-logger.ts";
import { Activity } from "./activity.ts";
import { DetectionLimit } from "./detections/detection-limit.ts";
import { detectionOf, detectionOfRefusal } from "./detections/detection-of.ts";
import { LEFT_OUT, leftOutDetection } from "./detections/left-out.ts";
import type { DetectedMatch } from "./learning/deviation-match.ts";
import type { Learning } from "./learning/learning.ts";
import type { Refusal } from "./prevention/refusals.ts";
import type { CaptureWish } from "./recorder/capture-keeper.ts";
import type { FlightRecorder } from "./recorder/flight-recorder.ts";
import { RuntimeSetUp } from "./runtime-set-up.ts";

/** The native sensor, as far as it takes commands. */
export interface SensorCommands {
  command(command: string, fields?: MessageBody): Promise<MessageBody>;
}

/** What became of an event that the kernel was asked about; nothing where it was not, or let it pass. */
export interface Judgement {
  readonly outcome?: ActionOutcome;
  /** What becomes of it is known later. */
  readonly later?: Promise<ActionOutcome>;
}

/** What has the kernel refuse or end what rules forbid. */
export interface Prevention {
  /** The rules in force changed, or the native sensor began anew. Rejects where it cannot be told. */
  apply(rules: readonly Rule[], containers: Iterable<TrackedContainer>): Promise<void>;
  /** A container became known. Rejects where the native sensor cannot be told. */
  contain(container: TrackedContainer): Promise<void>;
  /** The native sensor tells that it refused or held something. It comes before the event. */
  noticed(notice: SensorNotice): void;
  /**
   * Asked about each execution, and each event that is told, with the rules that ask for its end; ends what has to, but
   * nothing for what a runtime does to make a container.
   */
  judge(event: SensorEvent, rules: readonly Rule[], by: { readonly isSetUp: boolean }): Judgement;
  /** To be called every second or so. Gives refusals that no event explains. */
  tick(rules: readonly Rule[], containers: Iterable<TrackedContainer>): Promise<readonly Refusal[]>;
  close(): void;
}

export interface RuntimeWatchOptions {
  readonly source: RecordSource;
  /** Absent for a replay. */
  readonly commands?: SensorCommands;
  readonly details: ContainerDetails;
  readonly hostName: string;
  readonly audit: AuditSink;
  /** What is done about detections; nothing where it is absent. */
  readonly respond?: (detection: Detection) => Promise<void>;
  /** Hears each event, before rules are asked. */
  readonly onEvent?: (event: SensorEvent) => void;
  readonly onNotice?: (notice: SensorNotice) => void;
  readonly prevention?: Prevention;
  /** Learns from events, and tells what is new; nothing is learned where it is absent. */
  readonly learning?: Pick<Learning<SensorEvent>, "eventTypes" | "observe" | "matched"> | undefined;
  /** Remembers what each container did last. */
  readonly recorder?: FlightRecorder;
  /** Has what the container did saved, and gives where; undefined where it is not. Nothing is where it is absent. */
  readonly capture?:
    | ((detection: Detection, wish: CaptureWish | undefined) => string | undefined)
    | undefined;
  /** Which packets the native sensor is to tell; none where it is absent. */
  readonly packets?: PacketLimits | undefined;
  readonly newId: () => string;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
}

/** How much of the packets of containers is told. */
export interface PacketLimits {
  /** Bytes of each, from its IP header on. */
  readonly snapLength: number;
  readonly perContainerPerSecond: number;
}

/** What is done about a detection, where it is not what is done about all. */
interface HowToTell extends Pick<RuntimeWatchOptions, "respond"> {
  /** What its rule says about captures; undefined where it is of no rule. */
  readonly wish?: CaptureWish | undefined;
}

interface LaterDetection extends HowToTell {
  readonly later: Promise<ActionOutcome>;
}

/** What the activity of containers is made of, whatever rules want. */
const ACTIVITY: readonly EventType[] = [
  "accept",
  "accept4",
  "bind",
  "connect",
  "dns",
  "execve",
  "execveat",
  "listen",
  "procexit",
  "sendmmsg",
  "sendmsg",
  "sendto",
];

/** A container that is busy all day is told of so often. */
const LEFT_OUT_EVERY_MS = 600_000;
/** The largest that one container may tell, so that it cannot blind the others. */
const RATE_LIMITS = { perContainerPerSecond: 20_000, burst: 40_000 } as const;
const URGENT: ReadonlySet<Priority> = new Set(["emergency", "alert", "critical"]);

export interface RuntimeCounters {
  readonly events: number;
  readonly detections: number;
  readonly suppressedDetections: number;
  /** Detections that could not be recorded. */
  readonly unrecorded: number;
}

/**
 * Watches running containers: asks rules about what the sensor tells, records what they match before anything is done
 * about it, and remembers what each container did last.
 */
export class RuntimeWatch {
  readonly activity = new Activity();
  readonly #options: RuntimeWatchOptions;
  readonly #sensor: Sensor;
  readonly #fields = new SensorFields();
  readonly #setUp = new RuntimeSetUp(this.#fields);
  readonly #limit: DetectionLimit;
  readonly #leftOutLimit: DetectionLimit;
  readonly #listeners = new Set<(event: SensorEvent) => void>();
  readonly #awaited = new Set<Promise<void>>();
  #ruleSet: RuleSet = { rules: [], skipped: [] };
  #engine: RuleEngine<SensorEvent>;
  /** The rules that end or refuse something: all of them are asked, whichever rule speaks first. */
  #enforcing: RuleEngine<SensorEvent>;
  #ready: MessageBody | undefined;
  #counted: MessageBody | undefined;
  #trouble = "";
  #packetTrouble = "";
  #configured: Promise<void> = Promise.resolve();
  #isStopping = false;
  /** What recordings ask for beyond what rules want. */
  readonly #recorded = new Set<SensorScope>();
  /** The native sensor does not know yet what is wanted of it. */
  #isBehind = false;
  #events = 0;
  #detections = 0;
  #unrecorded = 0;

  constructor(options: RuntimeWatchOptions) {
    const { source, details, hostName, onNotice, recorder } = options;
    this.#options = options;
    this.#limit = new DetectionLimit({ now: options.elapsedMs });
    this.#leftOutLimit = new DetectionLimit({
      now: options.elapsedMs,
      burst: 1,
      intervalMs: LEFT_OUT_EVERY_MS,
    });
    this.#engine = this.#compile();
    this.#enforcing = this.#compileEnforcing();
    this.#sensor = new Sensor({
      source,
      details,
      hostName,
      onEvents: (events) => this.#take(events),
      onNotice: (notice) => {
        if (notice.kind === "suppressed") this.#noteSuppressed(notice);
        else this.#options.prevention?.noticed(notice);
        onNotice?.(notice);
      },
      onPacket: (packet) => recorder?.keepPacket(packet),
      onPacketsLeftOut: (containerId, count) => recorder?.leaveOutPackets(containerId, count),
      onMessage: (event, body) => this.#hear(event, body),
      onContainer: (container) => this.#contain(container),
    });
  }

  /** Resolves when what happens from then on is seen. Rejects where the sensor does not start. */
  async start(): Promise<void> {
    this.#sensor.want(this.#wanted());
    await this.#sensor.start();
    await this.#configured;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#sensor.stop();
    this.#options.prevention?.close();
    await Promise.all(this.#awaited);
  }

  /** To be called every second or so. */
  async tick(): Promise<void> {
    const { prevention, log } = this.#options;
    if (this.#ready === undefined) return;
    if (this.#isBehind) await this.#configure();
    if (prevention === undefined) return;
    try {
      const refusals = await prevention.tick(this.#ruleSet.rules, this.#sensor.containers.all());
      for (const refusal of refusals) this.#raiseRefusal(refusal);
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "the native sensor could not be told what changed");
    }
  }

  get sensor(): Sensor {
    return this.#sensor;
  }

  get rules(): readonly Rule[] {
    return this.#ruleSet.rules;
  }

  get engine(): RuleEngine<SensorEvent> {
    return this.#engine;
  }

  /** The events that the sensor is asked for; it tells no others. */
  get told(): ReadonlySet<EventType> {
    return new Set(this.#wanted());
  }

  get fields(): SensorFields {
    return this.#fields;
  }

  /** What the native sensor said when it was ready: what loads on this host, and what does not. */
  get ready(): MessageBody | undefined {
    return this.#ready;
  }

  /** What it counted last. */
  get counted(): MessageBody | undefined {
    return this.#counted;
  }

  /** What it complained of last; empty where it did not. */
  get trouble(): string {
    return this.#trouble;
  }

  /** Why packets that are wanted are not kept; empty where they are, or nobody wants them. */
  get packetTrouble(): string {
    return this.#packetTrouble;
  }

  get counters(): RuntimeCounters {
    return {
      events: this.#events,
      detections: this.#detections,
      suppressedDetections: this.#limit.suppressed,
      unrecorded: this.#unrecorded,
    };
  }

  /** Puts rules in force at once, in the kernel too. */
  async setRules(ruleSet: RuleSet): Promise<void> {
    this.#ruleSet = ruleSet;
    this.#engine = this.#compile();
    this.#enforcing = this.#compileEnforcing();
    this.#sensor.want(this.#wanted());
    await this.#configure();
  }

  /** Hears each event from now on, until what it returns is called. */
  listen(listener: (event: SensorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Writes a recording from now on, of what is told anyway and of what is asked for beyond that, until what it returns
   * is called. Rejects where the native sensor cannot be told.
   */
  async record(asked: SensorScope, write: (bytes: Buffer) => void): Promise<() => Promise<void>> {
    this.#recorded.add(asked);
    await this.#configure();
    const end = this.#isBehind ? undefined : this.#sensor.record(this.#scope(), write);
    const stop = async () => {
      end?.();
      this.#recorded.delete(asked);
      await this.#configure();
    };
    if (end !== undefined) return stop;
    await stop();
    throw new Error("the native sensor could not be told what to look at");
  }

  #compile(): RuleEngine<SensorEvent> {
    return compileRules<SensorEvent>(this.#ruleSet, this.#fields, { typeOf: ({ type }) => type });
  }

  #compileEnforcing(): RuleEngine<SensorEvent> {
    return compileRules<SensorEvent>(this.#ruleSet, this.#fields, {
      typeOf: ({ type }) => type,
      matching: "all",
      wants: ({ enabled, action }) => enabled && (action === "kill" || action === "deny"),
    });
  }

  #wanted(): readonly EventType[] {
    const learned = this.#options.learning?.eventTypes ?? [];
    return inOrder([...this.#engine.needs.eventTypes, ...ACTIVITY, ...learned]);
  }

  /** What the native sensor is asked for: what rules and the activity of containers want, and recordings beyond that. */
  #scope(): SensorScope {
    const asked = [scopeOfNeeds(this.#engine.needs), ...this.#recorded];
    return {
      eventTypes: inOrder([...this.#wanted(), ...asked.flatMap((scope) => scope.eventTypes)]),
      hostEventTypes: inOrder(asked.flatMap((scope) => scope.hostEventTypes)),
      environment: asked.some(({ environment }) => environment),
    };
  }

  #take(events: readonly SensorEvent[]): void {
    const { onEvent, recorder, log } = this.#options;
    this.#events += events.length;
    for (const event of events) {
      try {
        // First: whatever goes wrong in what is kept of it, a process that is held, or is to be killed, does not wait for it.
        const enforcing = this.#enforcing.match(event);
        const told = this.#engine.match(event);
        const judgement = this.#judge(event, enforcing, told.length > 0);
        this.activity.observe(event);
        for (const match of told) this.#raise(match, judgement);
        for (const match of enforcing) {
          if (!told.some(({ rule }) => rule === match.rule)) this.#raise(match, judgement);
        }
        for (const match of this.#options.learning?.observe(event) ?? []) this.#raise(match, judgement);
        onEvent?.(event);
        for (const listener of this.#listeners) listener(event);
        // Last: it gives the event memory of its own.
        recorder?.keep(event);
      } catch (thrown) {
        // One event that cannot be read must not end the watch.
        log.warn({ type: event.type, error: messageOf(thrown) }, "an event could not be judged");
      }
    }
  }

  #judge(event: SensorEvent, enforcing: readonly RuleMatch<SensorEvent>[], isTold: boolean): Judgement {
    const { prevention } = this.#options;
    const isExecution = event.type === "execve" || event.type === "execveat";
    if (prevention === undefined || (enforcing.length === 0 && !isTold && !isExecution)) return {};
    return prevention.judge(
      event,
      enforcing.map(({ rule }) => rule),
      { isSetUp: enforcing.length > 0 && this.#setUp.includes(event) },
    );
  }

  #raise(match: DetectedMatch, { outcome, later }: Judgement): void {
    const { event, rule } = match;
    this.#options.learning?.matched(match);
    const admission = this.#limit.admit(rule.name, event.scope);
    if (!admission.tell) return;
    this.#detections += 1;
    const detection = detectionOf(match, {
      id: this.#options.newId(),
      suppressed: admission.suppressed,
      outcome,
      userName: (process) => this.#userName(process, event.tracked),
    });
    const how = {
      wish: rule,
      // The runtime makes the container: to act on it would keep each of its kind from starting.
      ...(rule.action !== undefined && this.#setUp.includes(event) && { respond: async () => undefined }),
    };
    if (later === undefined) this.tell(detection, how);
    else this.#tellLater(detection, { later, ...how });
  }

  #raiseRefusal(refusal: Refusal): void {
    for (const rule of this.#ruleSet.rules.filter(({ name }) => refusal.rules.includes(name))) {
      const admission = this.#limit.admit(rule.name, refusal.container?.identity.id ?? "");
      if (!admission.tell) continue;
      this.#detections += 1;
      this.tell(
        detectionOfRefusal(refusal, rule, {
          id: this.#options.newId(),
          suppressed: admission.suppressed,
          userName: (process) => this.#userName(process, refusal.container),
        }),
        { wish: rule },
      );
    }
  }

  #userName({ facts }: TrackedProcess, container: TrackedContainer | undefined): string {
    const { users } = this.#sensor.context;
    const accounts = users.of(container?.identity.id ?? "", container?.details?.imageId);
    return accounts.users.get(facts.euid)?.name ?? String(facts.euid);
  }

  #tellLater(detection: Detection, how: LaterDetection): void {
    const told = this.#tellWhenKnown(detection, how);
    this.#awaited.add(told);
    void told.finally(() => this.#awaited.delete(told));
  }

  async #tellWhenKnown(detection: Detection, { later, ...how }: LaterDetection): Promise<void> {
    this.tell({ ...detection, outcome: await later }, how);
  }

  /** Records a detection, and then does something about it. Gives it as it was told. */
  tell(detection: Detection, { respond = this.#options.respond, wish }: HowToTell = {}): Detection {
    const { capture: save, log } = this.#options;
    const capture = save?.(detection, wish);
    const told = capture === undefined ? detection : { ...detection, capture };
    this.#record(told);
    respond?.(told).catch((error: unknown) => {
      log.warn({ rule: told.rule, error: messageOf(error) }, "nothing could be done about a detection");
    });
    return told;
  }

  #record(detection: Detection): void {
    const { audit, log } = this.#options;
    try {
      // What nobody waits for need not wait for the disk either.
      const flush = URGENT.has(detection.priority);
      audit.append(
        { class: "detection", action: "detection.raised", actor: "sensor", data: detectionJson(detection) },
        { flush },
      );
    } catch (thrown) {
      this.#unrecorded += 1;
      log.warn({ rule: detection.rule, error: messageOf(thrown) }, "a detection could not be recorded");
    }
  }

  #hear(event: string, body: MessageBody): void {
    switch (event) {
      case "ready":
        this.#ready = body;
        this.#configured = this.#configure().then(() => this.#keepPackets());
        break;
      case "counters":
        this.#counted = body;
        break;
      case "trouble":
        this.#trouble = String(body.message ?? "");
        this.#options.log.warn({ message: this.#trouble }, "the native sensor is in trouble");
        break;
      default:
        break;
    }
  }

  /** Never rejects: what cannot be told now is told with the next tick, or when the sensor is back. */
  async #configure(): Promise<void> {
    const { commands, prevention, log } = this.#options;
    if (commands === undefined || this.#ready === undefined) return;
    const scope = this.#scope();
    try {
      await commands.command("configure", {
        kinds: kindsOf(scope.eventTypes),
        hostKinds: kindsOf(scope.hostEventTypes),
        environment: scope.environment,
        rateLimits: RATE_LIMITS,
      });
      await prevention?.apply(this.#ruleSet.rules, this.#sensor.containers.all());
      this.#isBehind = false;
    } catch (thrown) {
      this.#isBehind = true;
      if (this.#isStopping) return;
      log.warn({ error: messageOf(thrown) }, "the native sensor could not be told what to look at");
    }
  }

  /** Never rejects: what cannot be kept is told, and events are kept all the same. */
  async #keepPackets(): Promise<void> {
    const { commands, packets, log } = this.#options;
    this.#packetTrouble = "";
    if (commands === undefined || packets === undefined) return;
    try {
      await commands.command("packets", { on: true, ...packets });
    } catch (thrown) {
      this.#packetTrouble = `packets are not kept: ${messageOf(thrown)}`;
      log.warn({ error: messageOf(thrown) }, "packets of containers are not kept");
    }
  }

  #contain(container: TrackedContainer): void {
    const { prevention, log } = this.#options;
    prevention?.contain(container).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, "a container could not be put under prevention");
    });
  }

  #noteSuppressed({ record, container }: SensorNotice): void {
    if (container === undefined) return;
    const { now, newId } = this.#options;
    const { id } = container.identity;
    const count = record.number(wireTags.number0) ?? 0;
    this.activity.suppressed(id, now(), count);
    const admission = this.#leftOutLimit.admit(LEFT_OUT, id);
    if (!admission.tell) return;
    this.#detections += 1;
    const leftOut = { container, count, kind: record.int(wireTags.number1) ?? 0, time: now() };
    this.tell(leftOutDetection(leftOut, { id: newId(), suppressed: admission.suppressed }));
  }
}

function inOrder(types: Iterable<EventType>): readonly EventType[] {
  const wanted = new Set(types);
  return eventTypes.filter((type) => wanted.has(type));
}

/** Undefined members are left out, as JSON has none. */
function detectionJson(detection: Detection): JsonObject {
  // Sound: what comes out of JSON.stringify is JSON.
  return JSON.parse(JSON.stringify(detection)) as JsonObject;
}
