import type { AuditSink, Detection, EventType, JsonObject, Priority } from "@pratique/core";
import { eventTypes, messageOf } from "@pratique/core";
import { compileRules, type Rule, type RuleEngine, type RuleSet } from "@pratique/rules";
import {
  type ContainerDetails,
  kindsOf,
  type MessageBody,
  type RecordSource,
  Sensor,
  type SensorEvent,
  SensorFields,
  type SensorNotice,
  type TrackedContainer,
  wireTags,
} from "@pratique/sensor";
import type { AgentLogger } from "../agent.ts";
import { Activity } from "./activity.ts";
import { DetectionLimit } from "./detection-limit.ts";
import { detectionOf } from "./detection-of.ts";
import { EventRecorder } from "./flight-recorder.ts";

/** The native sensor, as far as it takes commands. */
export interface SensorCommands {
  command(command: string, fields?: MessageBody): Promise<MessageBody>;
}

/** What has the kernel refuse or end what rules forbid. */
export interface Prevention {
  /** The rules in force changed, or the native sensor began anew. Rejects where it cannot be told. */
  apply(rules: readonly Rule[], containers: Iterable<TrackedContainer>): Promise<void>;
  /** A container became known. */
  contain(container: TrackedContainer): Promise<void>;
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
  readonly newId: () => string;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
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
];

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
  readonly recorder = new EventRecorder();
  readonly #options: RuntimeWatchOptions;
  readonly #sensor: Sensor;
  readonly #fields = new SensorFields();
  readonly #limit: DetectionLimit;
  readonly #listeners = new Set<(event: SensorEvent) => void>();
  #ruleSet: RuleSet = { rules: [], skipped: [] };
  #engine: RuleEngine<SensorEvent>;
  #ready: MessageBody | undefined;
  #counted: MessageBody | undefined;
  #trouble = "";
  #configured: Promise<void> = Promise.resolve();
  #events = 0;
  #detections = 0;
  #unrecorded = 0;

  constructor(options: RuntimeWatchOptions) {
    const { source, details, hostName, onNotice } = options;
    this.#options = options;
    this.#limit = new DetectionLimit({ now: options.elapsedMs });
    this.#engine = this.#compile();
    this.#sensor = new Sensor({
      source,
      details,
      hostName,
      onEvents: (events) => this.#take(events),
      onNotice: (notice) => {
        if (notice.kind === "suppressed") this.#noteSuppressed(notice);
        onNotice?.(notice);
      },
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
    await this.#sensor.stop();
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
    this.#sensor.want(this.#wanted());
    await this.#configure();
  }

  /** Hears each event from now on, until what it returns is called. */
  listen(listener: (event: SensorEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #compile(): RuleEngine<SensorEvent> {
    return compileRules<SensorEvent>(this.#ruleSet, this.#fields, { typeOf: ({ type }) => type });
  }

  #wanted(): readonly EventType[] {
    const wanted = new Set([...this.#engine.needs.eventTypes, ...ACTIVITY]);
    return eventTypes.filter((type) => wanted.has(type));
  }

  #take(events: readonly SensorEvent[]): void {
    const { onEvent, log } = this.#options;
    this.#events += events.length;
    for (const event of events) {
      try {
        this.activity.observe(event);
        for (const match of this.#engine.match(event)) this.#raise(match);
        onEvent?.(event);
        for (const listener of this.#listeners) listener(event);
        // Last: it gives the event memory of its own.
        this.recorder.keep(event);
      } catch (thrown) {
        // One event that cannot be read must not end the watch.
        log.warn({ type: event.type, error: messageOf(thrown) }, "an event could not be judged");
      }
    }
  }

  #raise(match: ReturnType<RuleEngine<SensorEvent>["match"]>[number]): void {
    const { event, rule } = match;
    const admission = this.#limit.admit(rule.name, event.scope);
    if (!admission.tell) return;
    this.#detections += 1;
    const detection = detectionOf(match, {
      id: this.#options.newId(),
      suppressed: admission.suppressed,
      userName: ({ facts }, { container, context }) =>
        context.users.of(event.scope, container?.imageId).users.get(facts.euid)?.name ?? String(facts.euid),
    });
    this.#record(detection);
    const { respond, log } = this.#options;
    respond?.(detection).catch((error: unknown) => {
      log.warn({ rule: rule.name, error: messageOf(error) }, "nothing could be done about a detection");
    });
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
        this.#configured = this.#configure();
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

  /** Never rejects: a sensor that ends meanwhile is told again when it is back. */
  async #configure(): Promise<void> {
    const { commands, prevention, log } = this.#options;
    if (commands === undefined || this.#ready === undefined) return;
    const { needs } = this.#engine;
    const kinds = kindsOf(this.#wanted());
    const hostKinds = kindsOf(needs.hostEventTypes);
    try {
      await commands.command("configure", {
        kinds,
        hostKinds,
        environment: needs.fields.some(({ name }) => name === "proc.env" || name === "proc.aenv"),
        rateLimits: RATE_LIMITS,
      });
      await prevention?.apply(this.#ruleSet.rules, this.#sensor.containers.all());
    } catch (thrown) {
      log.warn({ error: messageOf(thrown) }, "the native sensor could not be told what to look at");
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
    const number = record.number(wireTags.number0) ?? 0;
    this.activity.suppressed(container.identity.id, this.#options.now(), number);
  }
}

/** Undefined members are left out, as JSON has none. */
function detectionJson(detection: Detection): JsonObject {
  // Sound: what comes out of JSON.stringify is JSON.
  return JSON.parse(JSON.stringify(detection)) as JsonObject;
}
