import type { SensorEvent } from "@pratique/sensor";
import { redactCommandLine } from "./redact-command-line.ts";

export interface FlightRecorderOptions {
  /** Of one container. */
  readonly maxEvents?: number;
  /** Of all together. */
  readonly maxTotal?: number;
  /** How long an event is kept. */
  readonly forMs?: number;
}

const MAX_EVENTS = 500;
const MAX_TOTAL = 20_000;
const FOR_MS = 60_000;

/**
 * The last events of each container, in memory. A container that is very busy pushes out its own older events first;
 * where all together are too many, those of the container that was quiet for longest go.
 */
export class EventRecorder {
  readonly #options: Required<FlightRecorderOptions>;
  readonly #rings = new Map<string, SensorEvent[]>();
  #total = 0;

  constructor({ maxEvents = MAX_EVENTS, maxTotal = MAX_TOTAL, forMs = FOR_MS }: FlightRecorderOptions = {}) {
    this.#options = { maxEvents, maxTotal, forMs };
  }

  keep(event: SensorEvent): void {
    const { scope } = event;
    if (scope === "") return;
    const ring = this.#rings.get(scope) ?? [];
    // The latest is last: whoever was quiet for longest is first.
    this.#rings.delete(scope);
    this.#rings.set(scope, ring);
    ring.push(event.detach());
    this.#total += 1;
    const { maxEvents, maxTotal } = this.#options;
    if (ring.length > maxEvents * 2) this.#total -= ring.splice(0, ring.length - maxEvents).length;
    while (this.#total > maxTotal) this.#dropQuietest();
  }

  /** The last events of a container, oldest first, as one JSON object a line. */
  *lines(containerId: string, now: number): Generator<string, void, undefined> {
    const { maxEvents, forMs } = this.#options;
    for (const event of (this.#rings.get(containerId) ?? []).slice(-maxEvents)) {
      if (event.time >= now - forMs) yield `${JSON.stringify(eventJson(event))}\n`;
    }
  }

  forget(containerId: string): void {
    this.#total -= this.#rings.get(containerId)?.length ?? 0;
    this.#rings.delete(containerId);
  }

  #dropQuietest(): void {
    const [quietest] = this.#rings.keys();
    if (quietest === undefined) return;
    this.forget(quietest);
  }
}

/** An event for people and for files. Arguments that look like secrets are left out. */
export function eventJson(event: SensorEvent): object {
  const { process, container, path, resolvedPath, protocol, local, remote } = event;
  return {
    number: event.number,
    time: new Date(event.time).toISOString(),
    type: event.type,
    container:
      container === undefined ? null : { id: container.id, name: container.name, image: container.image },
    process: {
      pid: process.pid,
      ppid: process.parent?.pid ?? 0,
      name: process.name,
      exePath: process.exePath,
      commandLine: redactCommandLine(process.exe || process.name, process.args),
      uid: process.uid,
    },
    ...(event.result !== undefined && { result: event.result }),
    ...(path !== undefined && { path }),
    ...(resolvedPath !== undefined && resolvedPath !== path && { resolvedPath }),
    ...(protocol !== undefined && { protocol }),
    ...(local !== undefined && { local }),
    ...(remote !== undefined && { remote }),
    ...(!isExecution(event) && { arguments: event.arguments }),
  };
}

/** Its arguments are the command line, and its environment. */
function isExecution({ type }: SensorEvent): boolean {
  return type === "execve" || type === "execveat" || type.startsWith("clone") || type.endsWith("fork");
}
