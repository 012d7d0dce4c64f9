import { isEventType } from "@pratique/core";
import type { BootClock } from "./boot-clock.ts";
import { SensorError } from "./errors.ts";
import type { SensorEvent } from "./events/sensor-event.ts";
import type { RecordSource, SourceListener } from "./record-source.ts";
import { Sensor } from "./sensor.ts";
import { type MessageBody, parseMessage } from "./sensor-message.ts";
import type { SensorScope } from "./sensor-scope.ts";
import type { ContainerDetails } from "./tables/container-details.ts";
import type { ContainerIdentity } from "./tables/container-path.ts";
import type { ProcessFiles } from "./tables/process-files.ts";
import type { SensorContainer, SensorMount } from "./tables/sensor-container.ts";
import { FrameReader, type WireFrame } from "./wire/frame-reader.ts";
import { wireVersion } from "./wire/wire-format.ts";

/** The year 2286; dates end later than the sum of it and the longest time since boot. */
const MAX_BOOTED_AT_MS = 1e13;

/** Nothing of what a recording tells of is there any more: /proc has other processes now. */
const noProcessFiles: ProcessFiles = { read: () => undefined, parentOf: () => undefined };

/** What a recording is of. */
export interface RecordingAbout extends SensorScope {
  readonly hostName: string;
}

/** What a replay tells: what the recording is of, before all else, and then the events, in their order. */
export interface ReplayListener {
  readonly onAbout: (about: RecordingAbout) => void;
  readonly onEvents: (events: readonly SensorEvent[]) => void;
}

/**
 * Tells the events of a recording as they were told then, with the processes and containers of then. Rejects with
 * `WIRE_MALFORMED` where it is none, or breaks off within a frame.
 */
export async function replayRecording(
  chunks: AsyncIterable<Buffer>,
  { onAbout, onEvents }: ReplayListener,
): Promise<void> {
  const frames = framesOf(chunks);
  const { bootedAtMs, ...about } = await readHead(frames);
  onAbout(about);
  const source = new Replay(frames, bootedAtMs);
  const sensor = new Sensor({
    source,
    details: source,
    clock: source,
    hostName: about.hostName,
    onEvents,
    processFiles: noProcessFiles,
    cgroupsOf: () => undefined,
  });
  try {
    await sensor.start();
  } finally {
    await sensor.stop();
  }
}

async function* framesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<WireFrame, void, undefined> {
  const reader = new FrameReader();
  for await (const chunk of chunks) yield* reader.push(chunk);
  if (reader.pendingBytes === 0) return;
  throw new SensorError(
    "WIRE_MALFORMED",
    `the recording breaks off: ${reader.pendingBytes} bytes of a frame`,
  );
}

/** Reads the first frame, which tells what the others are of. */
async function readHead(
  frames: AsyncIterator<WireFrame>,
): Promise<RecordingAbout & { readonly bootedAtMs: number }> {
  const first = await frames.next();
  const message = first.done !== true && first.value.type === "message" && parseMessage(first.value.payload);
  if (message === false || message.kind !== "event" || message.event !== "recording") {
    throw new SensorError("WIRE_MALFORMED", "a recording begins with a message of what it is");
  }
  const { wireVersion: version, bootedAtMs, hostName, ...scope } = message.body;
  if (version !== wireVersion) {
    const what = `expected a recording of version ${wireVersion}, found ${version}`;
    throw new SensorError("WIRE_MALFORMED", what);
  }
  if (typeof bootedAtMs !== "number" || bootedAtMs < 0 || bootedAtMs > MAX_BOOTED_AT_MS) {
    throw new SensorError("WIRE_MALFORMED", "a recording of a machine that was booted at no time");
  }
  return {
    bootedAtMs,
    hostName: typeof hostName === "string" ? hostName : "",
    eventTypes: typesOf(scope.eventTypes),
    hostEventTypes: typesOf(scope.hostEventTypes),
    environment: scope.environment === true,
  };
}

/** Those that this version knows. */
function typesOf(value: unknown): SensorScope["eventTypes"] {
  if (!Array.isArray(value)) throw new SensorError("WIRE_MALFORMED", "a recording of no types of events");
  return value.filter((type) => typeof type === "string").filter(isEventType);
}

/**
 * What follows in a recording as the source of a sensor, and what the tables ask for beside: the time of then, and the
 * containers as they were. What is in it came from a file, and is believed no more than a stream.
 */
class Replay implements RecordSource, BootClock, ContainerDetails {
  readonly isLive = false;
  readonly #frames: AsyncIterable<WireFrame>;
  readonly #bootedAtMs: number;
  readonly #containers = new Map<string, SensorContainer | undefined>();
  readonly #asked = new Map<string, ((found: SensorContainer | undefined) => void)[]>();
  #isOver = false;

  constructor(frames: AsyncIterable<WireFrame>, bootedAtMs: number) {
    this.#frames = frames;
    this.#bootedAtMs = bootedAtMs;
  }

  /** Reads all that there is. */
  async start(listener: SourceListener): Promise<void> {
    listener.onBegin();
    // Containers become known between two frames.
    for await (const { type, payload } of this.#frames) {
      if (type === "message") this.#hear(payload, listener);
      else listener.onRecords(payload);
    }
    await this.stop();
    listener.onEnd();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const [id, waiting] of this.#asked) for (const give of waiting) give(this.#containers.get(id));
    this.#asked.clear();
  }

  /** A container that became known during the recording is told further on in it. */
  async describe({ id }: ContainerIdentity): Promise<SensorContainer | undefined> {
    if (this.#containers.has(id) || this.#isOver) return this.#containers.get(id);
    const { promise, resolve } = Promise.withResolvers<SensorContainer | undefined>();
    const waiting = this.#asked.get(id) ?? [];
    waiting.push(resolve);
    this.#asked.set(id, waiting);
    return promise;
  }

  wallMs(bootNs: number): number {
    return this.#bootedAtMs + bootNs / 1e6;
  }

  nowNs(): number {
    return 0;
  }

  #hear(payload: Buffer, listener: SourceListener): void {
    const message = parseMessage(payload);
    if (message.kind !== "event") return;
    if (message.event === "container") this.#readContainer(message.body);
    else listener.onMessage(message);
  }

  #readContainer({ identity, details }: MessageBody): void {
    const id = isBody(identity) ? identity.id : undefined;
    if (typeof id !== "string") throw new SensorError("WIRE_MALFORMED", "a container without an id");
    const container = isBody(details) ? details : undefined;
    if (container !== undefined && !isContainer(container)) {
      throw new SensorError("WIRE_MALFORMED", `not a container: ${JSON.stringify(id)}`);
    }
    this.#containers.set(id, container);
    for (const give of this.#asked.get(id) ?? []) give(container);
    this.#asked.delete(id);
  }
}

const texts = ["id", "runtime", "name", "image", "user"];
const truths = ["privileged", "hostPid", "hostNetwork", "hostIpc", "described"];

function isContainer(value: unknown): value is SensorContainer {
  return (
    isBody(value) &&
    texts.every((name) => typeof value[name] === "string") &&
    truths.every((name) => typeof value[name] === "boolean") &&
    ["createdAt", "startedAt"].every((name) => typeof value[name] === "number") &&
    isBody(value.labels) &&
    Object.values(value.labels).every((label) => typeof label === "string") &&
    Array.isArray(value.mounts) &&
    value.mounts.every(isMount) &&
    Array.isArray(value.environment) &&
    value.environment.every((entry) => typeof entry === "string") &&
    Array.isArray(value.sysctls) &&
    value.sysctls.every((name) => typeof name === "string")
  );
}

function isMount(value: unknown): value is SensorMount {
  return (
    isBody(value) &&
    ["source", "target", "propagation"].every((name) => typeof value[name] === "string") &&
    typeof value.readOnly === "boolean"
  );
}

function isBody(value: unknown): value is MessageBody {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
