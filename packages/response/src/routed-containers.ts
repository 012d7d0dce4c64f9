import type { ContainerRuntime } from "@pratique/core";
import type {
  ContainerControl,
  ContainerDescription,
  ContainerNetwork,
  ContainerReference,
  ContainerView,
  ControlPower,
  RestartPolicy,
} from "./ports.ts";

/** Sends each container to what controls its runtime, and to the kernel where nothing else does. */
export class RoutedContainers implements ContainerControl {
  readonly #byRuntime: ReadonlyMap<ContainerRuntime, ContainerControl>;
  readonly #otherwise: ContainerControl;

  constructor(byRuntime: ReadonlyMap<ContainerRuntime, ContainerControl>, otherwise: ContainerControl) {
    this.#byRuntime = byRuntime;
    this.#otherwise = otherwise;
  }

  powers(container: ContainerReference, view: ContainerView): readonly ControlPower[] {
    return this.#of(container).powers(container, view);
  }

  async look(container: ContainerReference, signal: AbortSignal): Promise<ContainerView | undefined> {
    return await this.#of(container).look(container, signal);
  }

  /** Of the runtimes that are spoken to. */
  async countRunning(signal: AbortSignal): Promise<number> {
    const counts = [...new Set(this.#byRuntime.values())].map((control) => control.countRunning(signal));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async pause(container: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#of(container).pause(container, signal);
  }

  async unpause(container: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#of(container).unpause(container, signal);
  }

  async stop(container: ContainerReference, graceSeconds: number, signal: AbortSignal): Promise<void> {
    await this.#of(container).stop(container, graceSeconds, signal);
  }

  async kill(container: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#of(container).kill(container, signal);
  }

  async start(container: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#of(container).start(container, signal);
  }

  async setRestartPolicy(
    container: ContainerReference,
    policy: RestartPolicy,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#of(container).setRestartPolicy(container, policy, signal);
  }

  async disconnect(
    container: ContainerReference,
    network: ContainerNetwork,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#of(container).disconnect(container, network, signal);
  }

  async connect(
    container: ContainerReference,
    network: ContainerNetwork,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#of(container).connect(container, network, signal);
  }

  changes(container: ContainerReference, signal: AbortSignal): AsyncIterable<object> {
    return this.#of(container).changes(container, signal);
  }

  async describe(container: ContainerReference, signal: AbortSignal): Promise<ContainerDescription> {
    return await this.#of(container).describe(container, signal);
  }

  #of({ runtime }: ContainerReference): ContainerControl {
    return this.#byRuntime.get(runtime) ?? this.#otherwise;
  }
}
