import { type Detection, type Digest, messageOf } from "@pratique/core";
import type { SensorEvent } from "@pratique/sensor";
import type { RuntimeRequest } from "./door/runtime-door.ts";
import { eventFilter } from "./event-filter.ts";
import type { FilesInUse } from "./in-use/files-in-use.ts";
import { answerProfile } from "./learning/answer-profile.ts";
import type { Learning } from "./learning/learning.ts";
import type { ProfileRequest } from "./learning/profile-requests.ts";
import type { LineSink } from "./line-sink.ts";
import { answerCapture } from "./recorder/capture-request.ts";
import { eventJson } from "./recorder/event-json.ts";
import type { FlightRecorder } from "./recorder/flight-recorder.ts";
import { orderResultOf } from "./responses/order-words.ts";
import type { RuntimeResponses } from "./responses/runtime-responses.ts";
import type { RulesInForce } from "./rules/rules-in-force.ts";
import { topContainers } from "./runtime-top.ts";
import type { RuntimeWatch } from "./runtime-watch.ts";

/** What the answers are taken from, and who does what is asked for. */
export interface RuntimeAnswersOptions {
  readonly watch: RuntimeWatch;
  readonly rules: RulesInForce;
  readonly responses: RuntimeResponses;
  readonly recorder: FlightRecorder;
  /** Undefined where nothing is learned. */
  readonly learning: Learning<SensorEvent> | undefined;
  readonly inUse: FilesInUse | undefined;
  /** How the sensor fares. */
  readonly status: () => object;
  /** What this host does by each rule. */
  readonly hostRules: () => readonly object[];
  /** Whether the kernel goes on refusing without the agent, and why not where it should. */
  readonly survives: () => object;
  /** Indicators that wait for a person. */
  readonly held: () => readonly object[];
  /** Rejects where nothing is held by that. */
  readonly confirm: (what: string, by: string) => Promise<void>;
  /** The image that the engine has by a name; undefined where it has none. */
  readonly imageNamed: (name: string) => Promise<Digest | undefined>;
  /** Whose containers are learned: `unix:///var/run/docker.sock`. */
  readonly engine: string;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** A beginning of a container's id that is shorter is nobody's. */
const MIN_PREFIX = 4;

/** Answers what root of this host asks of the watch over running containers. */
export class RuntimeAnswers {
  readonly #options: RuntimeAnswersOptions;
  readonly #detectionListeners = new Set<(detection: Detection) => void>();

  constructor(options: RuntimeAnswersOptions) {
    this.#options = options;
  }

  /** To be called with each detection: whoever follows them is told. */
  tell(detection: Detection): void {
    for (const listener of this.#detectionListeners) listener(detection);
  }

  /** Answers, and ends the sink, now or later. Rejects where it cannot be answered. */
  async answer(request: RuntimeRequest, sink: LineSink): Promise<void> {
    switch (request.command) {
      case "events":
        return this.#followEvents(request, sink);
      case "detections":
        return this.#followDetections(request.container, sink);
      case "capture":
        return this.#capture(request, sink);
      case "record":
        return this.#record(request, sink);
      default:
        sink.write(await this.#answerAtOnce(request));
        sink.end();
    }
  }

  async #answerAtOnce(
    request: Exclude<RuntimeRequest, { command: "events" | "detections" | "capture" | "record" }>,
  ): Promise<object> {
    const { watch, rules, responses, now, signal } = this.#options;
    switch (request.command) {
      case "status":
        return { ...this.#options.status(), counters: watch.sensor.counters };
      case "rules":
        return {
          errors: rules.errors,
          rules: this.#options.hostRules(),
          survives: this.#options.survives(),
        };
      case "top":
        return topContainers({ sensor: watch.sensor, activity: watch.activity, now, signal });
      case "release":
        await responses.release(request.container, { actId: request.act, by: request.by });
        return { released: true };
      case "respond": {
        const { command: _, ...order } = request;
        return orderResultOf(await responses.order(order));
      }
      case "acts":
        return { acts: responses.acts, trips: responses.trips, held: this.#options.held() };
      case "confirm":
        await this.#options.confirm(request.what, request.by);
        return { confirmed: true };
      default:
        return this.#answerProfile(request);
    }
  }

  /** What cannot be done is an answer, too: the agent is there. */
  async #answerProfile(request: ProfileRequest): Promise<object> {
    const { learning, inUse, imageNamed, engine } = this.#options;
    try {
      if (learning === undefined) throw new Error("nothing is learned here: runtime.learning is off");
      return await answerProfile(request, {
        learning,
        inUse: (image) => inUse?.of(image),
        imageNamed,
        engine,
      });
    } catch (thrown) {
      return { refused: messageOf(thrown) };
    }
  }

  async #capture(request: Extract<RuntimeRequest, { command: "capture" }>, sink: LineSink): Promise<void> {
    const { watch, recorder } = this.#options;
    const { container } = request;
    // What a container that is gone did last is what is asked for most.
    const id = this.#containerId(container) ?? recorder.find(container);
    await answerCapture(request, { recorder, id, packetTrouble: watch.packetTrouble, sink });
  }

  async #record(asked: Extract<RuntimeRequest, { command: "record" }>, sink: LineSink): Promise<void> {
    const stop = await this.#options.watch.record(asked, (bytes) =>
      sink.write({ recording: bytes.toString("base64") }),
    );
    if (sink.open) sink.onClose(() => void stop());
    // Whoever asked had gone before it began.
    else await stop();
  }

  #followEvents(
    { filter, format, container }: Extract<RuntimeRequest, { command: "events" }>,
    sink: LineSink,
  ): void {
    const { watch, rules } = this.#options;
    const id = container === undefined ? undefined : this.#containerId(container);
    if (container !== undefined && id === undefined) {
      throw new Error(`there is no container ${JSON.stringify(container)}`);
    }
    const matcher =
      (filter ?? format) === undefined
        ? undefined
        : eventFilter(filter, { format, files: rules.files, fields: watch.fields, told: watch.told });
    const stop = watch.listen((event) => {
      if (id !== undefined && event.scope !== id) return;
      const [match] = matcher?.match(event) ?? [];
      if (matcher !== undefined && match === undefined) return;
      sink.write(format === undefined || match === undefined ? eventJson(event) : { text: match.output() });
    });
    sink.onClose(stop);
  }

  #followDetections(container: string | undefined, sink: LineSink): void {
    const listener = (detection: Detection) => {
      const found = detection.container;
      if (container !== undefined && found?.id !== container && found?.name !== container) return;
      sink.write(detection);
    };
    this.#detectionListeners.add(listener);
    sink.onClose(() => this.#detectionListeners.delete(listener));
    // Whoever asks knows from this that nothing is missed from now on.
    sink.write({ listening: true });
  }

  #containerId(nameOrId: string): string | undefined {
    for (const { identity, details } of this.#options.watch.sensor.containers.all()) {
      const isPrefix = nameOrId.length >= MIN_PREFIX && identity.id.startsWith(nameOrId);
      if (isPrefix || details?.name === nameOrId) return identity.id;
    }
    return undefined;
  }
}
