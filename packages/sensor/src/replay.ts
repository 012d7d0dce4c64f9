import type { BootClock } from "./boot-clock.ts";
import { SensorError } from "./errors.ts";
import type { RecordSource, SourceListener } from "./record-source.ts";
import { type MessageBody, parseMessage } from "./sensor-message.ts";
import type { ContainerDetails } from "./tables/container-details.ts";
import type { ContainerIdentity } from "./tables/container-path.ts";
import type { ProcessFiles } from "./tables/process-files.ts";
import type { SensorContainer, SensorMount } from "./tables/sensor-container.ts";
import { FrameReader } from "./wire/frame-reader.ts";
import { wireVersion } from "./wire/wire-format.ts";

/** The year 2286; dates end later than the sum of it and the longest time since boot. */
const MAX_BOOTED_AT_MS = 1e13;

/** Nothing of what a capture tells of is there any more: /proc has other processes now. */
export const noProcessFiles: ProcessFiles = { read: () => undefined, parentOf: () => undefined };

/**
 * A capture as the source of a sensor, and what the tables ask for beside: the time of then, and the containers as they
 * were. What is in it came from a file, and is believed no more than a stream.
 */
export class Replay implements RecordSource, BootClock, ContainerDetails {
  readonly isLive = false;
  readonly #chunks: AsyncIterable<Buffer>;
  readonly #containers = new Map<string, SensorContainer | undefined>();
  readonly #asked = new Map<string, ((found: SensorContainer | undefined) => void)[]>();
  #bootedAtMs = 0;
  #hasHead = false;
  #isOver = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks;
  }

  /** Reads the whole capture. Rejects with `WIRE_MALFORMED` where it is none, or breaks off within a frame. */
  async start(listener: SourceListener): Promise<void> {
    const reader = new FrameReader();
    listener.onBegin();
    for await (const chunk of this.#chunks) {
      for (const { type, payload } of reader.push(chunk)) {
        if (type === "message") this.#hear(payload, listener);
        else if (this.#hasHead) listener.onRecords(payload);
        else throw new SensorError("WIRE_MALFORMED", "a capture begins with a message of what it is");
      }
      // Containers become known in between.
      await Promise.resolve();
    }
    if (reader.pendingBytes > 0) {
      throw new SensorError(
        "WIRE_MALFORMED",
        `the capture breaks off: ${reader.pendingBytes} bytes of a frame`,
      );
    }
    await this.stop();
    listener.onEnd();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const [id, waiting] of this.#asked) for (const give of waiting) give(this.#containers.get(id));
    this.#asked.clear();
  }

  /** A container that became known during the capture is told further on in it. */
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
    if (message.event === "capture") this.#readHead(message.body);
    else if (message.event === "container") this.#readContainer(message.body);
    else listener.onMessage(message);
  }

  #readHead({ wireVersion: version, bootedAtMs }: MessageBody): void {
    if (version !== wireVersion) {
      throw new SensorError(
        "WIRE_MALFORMED",
        `expected a capture of version ${wireVersion}, found ${version}`,
      );
    }
    if (typeof bootedAtMs !== "number" || bootedAtMs < 0 || bootedAtMs > MAX_BOOTED_AT_MS) {
      throw new SensorError("WIRE_MALFORMED", "a capture of a machine that was booted at no time");
    }
    this.#bootedAtMs = bootedAtMs;
    this.#hasHead = true;
  }

  #readContainer({ identity, details }: MessageBody): void {
    const id = isBody(identity) ? identity.id : undefined;
    if (typeof id !== "string") throw new SensorError("WIRE_MALFORMED", "a container without an id");
    // Captures of older versions do not tell all.
    const container = isBody(details) ? { sysctls: [], ...details } : undefined;
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
