import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askRuntime, pinsOf, type RuntimeRequest } from "@pratique/agent";
import type { Detection } from "@pratique/core";
import { parseEngineAddress } from "@pratique/engine";
import { vi } from "vitest";
import { RuntimeSupervisor } from "../../apps/agent/src/runtime/runtime-supervisor.ts";

/** The native sensor, where it has been built. */
export const builtSensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");

export interface WatchingAgentOptions {
  /** Where it keeps its files and its socket. */
  readonly directory: string;
  /** The engine that it asks what containers are. */
  readonly engineHost: string;
  readonly sensor?: string;
  /** Which events it is to tell, by a condition of the rule language; none where it is absent. */
  readonly events?: string;
}

/** An event as the agent tells it. */
export interface ToldEvent {
  readonly type: string;
  readonly container: { readonly id: string; readonly name: string; readonly image: string } | null;
  readonly process: { readonly exePath: string; readonly commandLine: string };
}

/** The agent's thread that watches running containers, by the default rules, and all that it detects. */
export class WatchingAgent implements AsyncDisposable {
  readonly detections: Detection[] = [];
  readonly events: ToldEvent[] = [];
  readonly #supervisor: RuntimeSupervisor;
  readonly #socketPath: string;
  readonly #filter: string | undefined;
  readonly #stopping = new AbortController();
  #state = "";

  constructor({ directory, engineHost, sensor = builtSensor, events }: WatchingAgentOptions) {
    const at = (name: string) => path.join(directory, name);
    mkdirSync(directory, { recursive: true });
    this.#filter = events;
    this.#socketPath = at("runtime.sock");
    this.#supervisor = new RuntimeSupervisor({
      settings: {
        sensor,
        engineAddress: parseEngineAddress(engineHost),
        hostName: "test",
        auditDirectory: at("audit"),
        maxRecordBytes: 64 * 1024 * 1024,
        rules: { directory: at("rules"), builtIn: true, hardened: false },
        prevent: "engine",
        channel: "off",
        engineCgroup: undefined,
        intelDirectory: at("intel"),
        responses: {
          policyFile: at("policy.yaml"),
          stateFile: at("state.json"),
          evidenceDirectory: at("evidence"),
        },
        profiles: undefined,
        capture: { seconds: 60, packets: undefined, saving: undefined },
        captureDirectory: at("captures"),
        survive: false,
        pins: pinsOf(directory),
        neverCut: [],
        channelState: at("channel.json"),
        past: undefined,
        socketPath: this.#socketPath,
      },
      onReport: () => undefined,
      onState: ({ state, detail }) => {
        this.#state = `${state} ${detail}`;
      },
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      random: Math.random,
      log: { info: () => undefined, warn: () => undefined },
    });
  }

  /** Resolves when what happens from then on is seen. */
  async start(): Promise<void> {
    this.#supervisor.start();
    await vi.waitUntil(() => this.#state.startsWith("running"), { timeout: 60_000 });
    const { detections, events } = this;
    void this.#follow({ command: "detections" }, (line) => detections.push(line as Detection));
    if (this.#filter === undefined) return;
    void this.#follow({ command: "events", filter: this.#filter }, (line) => events.push(line as ToldEvent));
    // Nobody is told of what happens before he listens.
    const hears = () => {
      spawnSync("/bin/busybox", ["echo", "mark-of-the-start"]);
      return events.length > 0;
    };
    await vi.waitUntil(hears, { timeout: 60_000, interval: 200 });
  }

  /** What it says of itself. */
  async status(): Promise<Readonly<Record<string, unknown>>> {
    const signal = AbortSignal.timeout(10_000);
    for await (const status of askRuntime(this.#socketPath, { command: "status" }, signal)) return status;
    return {};
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#supervisor.stop();
  }

  /** What the agent writes is of the form that was asked for. */
  async #follow(request: RuntimeRequest, take: (line: unknown) => void): Promise<void> {
    try {
      for await (const line of askRuntime(this.#socketPath, request, this.#stopping.signal)) take(line);
    } catch {
      // It has been stopped.
    }
  }
}
