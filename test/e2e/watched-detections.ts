import type { Detection } from "@pratique/core";
import { Engine, parseEngineAddress } from "@pratique/engine";
import { compileRules, loadRules, type RuleEngine, type RuleFile } from "@pratique/rules";
import type { DetectionSource } from "@pratique/selftest";
import {
  EngineDetails,
  kindsOf,
  Sensor,
  type SensorEvent,
  SensorFields,
  SensorProcess,
  wireKinds,
} from "@pratique/sensor";

const END_DEADLINE_MS = 15_000;

export interface WatchedDetectionsOptions {
  /** The path of `pratique-sensor`. */
  readonly binary: string;
  readonly engineHost: string;
  readonly rules: readonly RuleFile[];
}

/** A real sensor with rules, and what they said of each container. */
export class WatchedDetections implements DetectionSource, AsyncDisposable {
  readonly #rules: RuleEngine<SensorEvent>;
  readonly #process: SensorProcess;
  readonly #engine: Engine;
  readonly #sensor: Sensor;
  readonly #said = new Map<string, Detection[]>();
  readonly #ended = new Map<string, PromiseWithResolvers<void>>();
  /** What every rule said that spoke, of all containers of this machine. */
  readonly outputs: string[] = [];

  constructor({ binary, engineHost, rules }: WatchedDetectionsOptions) {
    const loaded = loadRules(rules);
    if (loaded.kind === "invalid") throw new Error(JSON.stringify(loaded.issues));
    this.#rules = compileRules(loaded.ruleSet, new SensorFields(), {
      typeOf: ({ type }) => type,
      matching: "all",
      wants: () => true,
    });
    this.#process = new SensorProcess({ binary, log: { info: () => undefined, warn: () => undefined } });
    this.#engine = new Engine({ address: parseEngineAddress(engineHost) });
    this.#sensor = new Sensor({
      source: this.#process,
      details: new EngineDetails({ engine: this.#engine }),
      hostName: "test",
      onEvents: (events) => this.#look(events),
    });
  }

  async start(): Promise<void> {
    await this.#sensor.start();
    const { eventTypes, hostEventTypes } = this.#rules.needs;
    this.#sensor.want([...eventTypes, "procexit"]);
    await this.#process.command("configure", {
      kinds: kindsOf([...eventTypes, "procexit"]),
      hostKinds: kindsOf(hostEventTypes),
      environment: true,
      rateLimits: { perContainerPerSecond: 0, burst: 0 },
      data: { bytes: 256 },
    });
  }

  /** Names of fields that rules ask for and this sensor does not tell. */
  get missingFields(): readonly string[] {
    return this.#rules.needs.missingFields.map(({ name }) => name);
  }

  /** How many opens the native sensor says that it has lost, as a flood of them may have it do. */
  async lostOpens(): Promise<number> {
    const counters = await this.#process.command("counters");
    const kind = String(wireKinds.openat);
    return countAt(counters, ["unsent", kind]) + countAt(counters, ["events", "lost", kind]);
  }

  /** Of a container: what was said of it until its first process ended. */
  async collect(
    where: { readonly containerId: string } | { readonly pid: number },
  ): Promise<readonly Detection[]> {
    if (!("containerId" in where)) return this.#said.get("host") ?? [];
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(() => deadline.resolve(), END_DEADLINE_MS);
    await Promise.race([this.#end(where.containerId).promise, deadline.promise]);
    clearTimeout(timer);
    return this.#said.get(where.containerId) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sensor.stop();
    await this.#engine[Symbol.asyncDispose]();
  }

  #look(events: readonly SensorEvent[]): void {
    for (const event of events) {
      const id = event.container?.id;
      for (const match of this.#rules.match(event)) {
        this.outputs.push(match.output());
        const key = id ?? "host";
        const list = this.#said.get(key) ?? [];
        list.push(detectionOf(match.rule.name, event.type));
        this.#said.set(key, list);
      }
      if (event.type === "procexit" && id !== undefined && isFirst(event.process)) this.#end(id).resolve();
    }
  }

  #end(id: string): PromiseWithResolvers<void> {
    const end = this.#ended.get(id) ?? Promise.withResolvers<void>();
    this.#ended.set(id, end);
    return end;
  }
}

function countAt(counters: unknown, path: readonly string[]): number {
  let value = counters;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return 0;
    value = Object.entries(value).find(([key]) => key === name)?.[1];
  }
  return typeof value === "number" ? value : 0;
}

/** With the processes of the host it has no number of its own; its parent is of the host all the same. */
function isFirst({ vpid, parent }: SensorEvent["process"]): boolean {
  return vpid === 1 || parent?.exePath.includes("containerd-shim") === true;
}

function detectionOf(rule: string, eventType: Detection["eventType"]): Detection {
  return {
    id: rule,
    rule,
    description: "",
    priority: "warning",
    tags: [],
    time: "",
    eventType,
    output: "",
    fields: {},
    matched: [],
    container: undefined,
    processes: [],
    action: undefined,
    outcome: "none",
    suppressed: 0,
  };
}
