import type { Act } from "@pratique/response";

export interface VanishedContainersOptions {
  /** Ids of all containers that the engine keeps, stopped ones too. Rejects where it cannot be asked. */
  readonly kept: () => Promise<ReadonlySet<string>>;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
}

/** The engine keeps a container for a while whose processes have ended, if only to remove it. */
const LOOK_AGAIN_MS = 5000;

/** Finds out which containers are gone for good that something is in force about. */
export class VanishedContainers {
  readonly #options: VanishedContainersOptions;
  #running: ReadonlySet<string> = new Set();
  #missed: ReadonlySet<string> = new Set();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: VanishedContainersOptions) {
    this.#options = options;
  }

  /**
   * Ids of the containers of these acts that are not among the `running` ones, and will not be again. Of runtimes that
   * are not spoken to, those whose processes have ended since the last call.
   */
  async among(acts: readonly Act[], running: ReadonlySet<string>): Promise<readonly string[]> {
    const before = this.#running;
    this.#running = running;
    const absent = acts.filter(({ containerId }) => !running.has(containerId));
    const ofEngine = idsOf(absent.filter(({ runtime }) => isOfEngine(runtime)));
    const ended = idsOf(absent.filter(({ runtime }) => !isOfEngine(runtime))).filter((id) => before.has(id));
    const kept = await this.#keptOf(ofEngine);
    return [...ended, ...ofEngine.filter((id) => kept?.has(id) === false)];
  }

  /** Undefined where it is not asked, or does not answer: nobody is gone then. */
  async #keptOf(absent: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    const { elapsedMs, kept } = this.#options;
    const missedBefore = this.#missed;
    this.#missed = new Set(absent);
    const isLate = elapsedMs() - this.#lookedAt >= LOOK_AGAIN_MS;
    if (absent.length === 0 || (!isLate && absent.every((id) => missedBefore.has(id)))) return undefined;
    this.#lookedAt = elapsedMs();
    return await kept().catch(() => undefined);
  }
}

function isOfEngine(runtime: Act["runtime"]): boolean {
  return runtime === "docker" || runtime === "podman";
}

function idsOf(acts: readonly Act[]): readonly string[] {
  return [...new Set(acts.map(({ containerId }) => containerId))];
}
