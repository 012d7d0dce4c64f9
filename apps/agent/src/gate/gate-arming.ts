import { messageOf } from "@pratique/core";
import type { AgentLogger } from "../agent-logger.ts";
import { type GateInstall, type GateInstaller, readGateInstall } from "./gate-install.ts";

export interface GateArmingOptions {
  /** Where an installation is remembered. */
  readonly installFile: string;
  readonly installer: Pick<GateInstaller, "disarm"> & {
    readonly arm: (install: GateInstall) => Promise<unknown>;
  };
  /** The engine was started with the gate in its own command line, by us: it asks for as long as it runs. */
  readonly ownEngine: boolean;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The engine asks from now on. */
  readonly onArmed: () => void;
  readonly log: AgentLogger;
}

const RETRY_MS = 20_000;

/** Has an engine that is installed behind the gate ask while the agent runs, and only then. */
export class GateArming {
  readonly #options: GateArmingOptions;
  /** Ends the attempts to arm that were asked for so far. */
  #giveUp = new AbortController();
  #isStopped = false;
  /** One at a time: two that change an engine's configuration would undo each other. */
  #turn: Promise<void> = Promise.resolve();
  #unreadable = "";
  /** The last installation that could be read: what was armed stays ours to disarm while the file cannot be. */
  #last: GateInstall | undefined;

  constructor(options: GateArmingOptions) {
    this.#options = options;
  }

  /** Whether the engine asks the gate, or is to. */
  get isArmed(): boolean {
    return this.#options.ownEngine || this.#installed() !== undefined;
  }

  /** Why it cannot be told whether the gate is installed; empty where it can. */
  get problem(): string {
    this.#installed();
    return this.#unreadable;
  }

  /** Makes the engine ask, as soon as it can be reached: it may come up later than we do. Returns at once. */
  arm(): void {
    if (this.#isStopped) return;
    const { signal } = this.#giveUp;
    this.#turn = this.#turn.then(() => this.#armWhenPossible(signal));
  }

  /** Ends what {@link arm} began, and makes the engine stop asking until {@link arm} is called again. Never rejects. */
  async disarm(why: string): Promise<void> {
    this.#giveUp.abort();
    this.#giveUp = new AbortController();
    // An attempt that is under way would put the gate back after we have taken it away.
    this.#turn = this.#turn.then(() => this.#disarm(why));
    await this.#turn;
  }

  /** Ends what {@link arm} began, and makes the engine stop asking a gate that goes away. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#giveUp.abort();
    if (this.#options.ownEngine) await this.#turn;
    else await this.disarm("the agent stops");
  }

  async #disarm(why: string): Promise<void> {
    const install = this.#installed();
    if (install === undefined) return;
    try {
      await this.#options.installer.disarm(install, why);
    } catch (thrown) {
      this.#options.log.warn({ error: messageOf(thrown) }, "the engine could not be told to stop asking");
    }
  }

  async #armWhenPossible(signal: AbortSignal): Promise<void> {
    const { installer, sleep, onArmed, log } = this.#options;
    while (!signal.aborted) {
      const install = this.#installed();
      // What cannot be read now may be soon: a process without file descriptors gets some back.
      if (install === undefined && this.#unreadable === "") return;
      try {
        if (install !== undefined) {
          await installer.arm(install);
          return onArmed();
        }
      } catch (thrown) {
        log.warn({ error: messageOf(thrown) }, "the gate is installed, but the engine does not ask it yet");
      }
      await sleep(RETRY_MS, signal).catch(() => undefined);
    }
  }

  /** What cannot be read is told once, and what was read last holds; nothing is armed that never could be read. */
  #installed(): GateInstall | undefined {
    const { installFile, log } = this.#options;
    try {
      this.#last = readGateInstall(installFile);
      this.#unreadable = "";
    } catch (thrown) {
      const error = messageOf(thrown);
      if (error !== this.#unreadable)
        log.warn({ file: installFile, error }, "the gate's installation cannot be read");
      this.#unreadable = error;
    }
    return this.#last;
  }
}
