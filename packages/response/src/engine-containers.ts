import { messageOf } from "@pratique/core";
import { type Engine, type EngineControl, EngineError } from "@pratique/engine";
import { z } from "zod";
import type {
  ContainerControl,
  ContainerDescription,
  ContainerNetwork,
  ContainerReference,
  ContainerView,
  ControlPower,
  RestartPolicy,
} from "./ports.ts";

/** Of the engine's inspect, what {@link Engine} does not give. Go writes null for what is empty. */
const inspected = z.object({
  State: z.object({ Running: z.boolean(), Paused: z.boolean(), Pid: z.number().int() }),
  HostConfig: z.object({
    NetworkMode: z.string().nullish(),
    AutoRemove: z.boolean().nullish(),
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number().nullish() }).nullish(),
  }),
  NetworkSettings: z
    .object({ Networks: z.record(z.string(), z.record(z.string(), z.unknown())).nullish() })
    .nullish(),
  GraphDriver: z.object({ Data: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  Config: z.record(z.string(), z.unknown()).nullish(),
});
type Inspected = z.output<typeof inspected>;

/** What an endpoint was made with; what the engine found for it, it finds again. */
const endpointSettings = ["IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"];

/** An engine that hangs must not keep a channel open for longer. */
const ANSWER_MS = 1000;

export interface EngineContainersOptions {
  readonly engine: Engine;
  readonly control: EngineControl;
  /** What is told of a container while the engine does not answer. */
  readonly kernel: Pick<ContainerControl, "look">;
}

/**
 * Containers of an engine that speaks Docker's API, Podman's too. While it does not answer they are seen through the kernel:
 * enough to cut a channel. What else can be done to a container waits for the engine, which would otherwise go on with
 * what it remembers of it.
 */
export class EngineContainers implements ContainerControl {
  readonly #engine: Engine;
  readonly #control: EngineControl;
  readonly #kernel: Pick<ContainerControl, "look">;

  constructor({ engine, control, kernel }: EngineContainersOptions) {
    this.#engine = engine;
    this.#control = control;
    this.#kernel = kernel;
  }

  powers(_: ContainerReference, view: ContainerView): readonly ControlPower[] {
    if (view.unanswered !== undefined) return [];
    return ["pause", "stop", "kill", ...(view.ownNetwork ? (["disconnect"] as const) : [])];
  }

  /** Rejects where neither says: a container without a process may be stopped, or gone. */
  async look(container: ContainerReference, signal: AbortSignal): Promise<ContainerView | undefined> {
    try {
      const soon = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
      const found = await this.#inspect(container.id, soon);
      return found === undefined ? undefined : viewOf(found);
    } catch (thrown) {
      const view = await this.#kernel.look(container, signal);
      if (view === undefined) throw thrown;
      return { ...view, unanswered: messageOf(thrown) };
    }
  }

  async countRunning(signal: AbortSignal): Promise<number> {
    return (await this.#engine.listContainers({ signal })).length;
  }

  async pause({ id }: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#control.pause(id, signal);
  }

  async unpause({ id }: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#control.unpause(id, signal);
  }

  async stop({ id }: ContainerReference, graceSeconds: number, signal: AbortSignal): Promise<void> {
    await unlessGone(this.#control.stop(id, { graceSeconds, signal }));
  }

  async kill({ id }: ContainerReference, signal: AbortSignal): Promise<void> {
    await unlessGone(this.#control.kill(id, signal));
  }

  async start({ id }: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#control.start(id, signal);
  }

  async setRestartPolicy(
    { id }: ContainerReference,
    policy: RestartPolicy,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#control.setRestartPolicy(id, policy, signal);
  }

  async disconnect(
    { id }: ContainerReference,
    { network }: ContainerNetwork,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#control.disconnect(id, network, signal);
  }

  async connect({ id }: ContainerReference, network: ContainerNetwork, signal: AbortSignal): Promise<void> {
    await this.#control.connect(id, network, signal);
  }

  async *changes({ id }: ContainerReference, signal: AbortSignal): AsyncGenerator<object, void, undefined> {
    yield* await this.#control.changes(id, signal);
  }

  async describe({ id }: ContainerReference, signal: AbortSignal): Promise<ContainerDescription> {
    const { json } = await this.#engine.inspectContainerRaw(id, { signal });
    const upper = inspected.parse(json).GraphDriver?.Data?.UpperDir;
    return {
      description: withoutValues(z.record(z.string(), z.unknown()).parse(json)),
      upperDirectory: typeof upper === "string" && upper !== "" ? upper : undefined,
    };
  }

  async #inspect(id: string, signal: AbortSignal): Promise<Inspected | undefined> {
    try {
      return inspected.parse((await this.#engine.inspectContainerRaw(id, { signal })).json);
    } catch (thrown) {
      if (thrown instanceof EngineError && thrown.code === "CONTAINER_NOT_FOUND") return undefined;
      throw thrown;
    }
  }
}

function viewOf({ State, HostConfig, NetworkSettings }: Inspected): ContainerView {
  const mode = HostConfig.NetworkMode ?? "";
  const { Name: name = "", MaximumRetryCount: retries } = HostConfig.RestartPolicy ?? {};
  return {
    running: State.Running,
    paused: State.Paused,
    pid: State.Pid,
    restartPolicy: { name, maximumRetries: retries ?? 0 },
    networks: Object.entries(NetworkSettings?.Networks ?? {})
      .filter(([network]) => network !== "none")
      .map(([network, endpoint]) => ({ network, settings: settingsOf(endpoint) })),
    ownNetwork: mode !== "host" && !mode.startsWith("container:"),
  };
}

function settingsOf(endpoint: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const kept = endpointSettings.map((name): [string, unknown] => [name, endpoint[name]]);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined && value !== null));
}

/** Variables are told by name alone. */
function withoutValues(container: Readonly<Record<string, unknown>>): object {
  const { Config: config } = inspected.parse(container);
  const env = z.array(z.string()).nullish().parse(config?.Env) ?? [];
  return { ...container, Config: { ...config, Env: env.map((entry) => entry.replace(/=.*$/su, "")) } };
}

/** A container that removes itself when it ends may be gone before the engine has answered. */
async function unlessGone(done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (thrown) {
    if (!(thrown instanceof EngineError && thrown.code === "CONTAINER_NOT_FOUND")) throw thrown;
  }
}
