import { askRuntime } from "@pratique/agent";
import { type Detection, priorities } from "@pratique/core";
import type { DetectionSource } from "@pratique/selftest";
import { z } from "zod";

export interface AgentDetectionsOptions {
  readonly socketPath: string;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** What is told of a container comes this long after it, at the latest. */
const SETTLE_MS = 3000;
const STEP_MS = 50;

/** The agent's detection, as far as a test of the host looks at it. */
const told = z.object({
  rule: z.string(),
  outcome: z.enum(["prevented", "killed", "done", "failed", "dry-run", "none"]),
  priority: z.enum(priorities),
  container: z.object({ id: z.string() }).optional(),
  processes: z.array(z.object({ pid: z.number() })),
});

/** What the running agent detects while attacks are tried. */
export class AgentDetections implements DetectionSource, AsyncDisposable {
  readonly #options: AgentDetectionsOptions;
  readonly #ending = new AbortController();
  readonly #heard: Detection[] = [];
  #reading: Promise<void> = Promise.resolve();

  constructor(options: AgentDetectionsOptions) {
    this.#options = options;
  }

  /** Resolves once nothing is missed any more. Rejects with `RUNTIME_UNAVAILABLE` where no agent watches here. */
  async listen(): Promise<void> {
    const lines = askRuntime(this.#options.socketPath, { command: "detections" }, this.#ending.signal);
    await lines.next();
    this.#reading = this.#read(lines);
  }

  async collect(
    where: { readonly containerId: string } | { readonly pid: number },
    { wanted, signal }: { readonly wanted: readonly string[]; readonly signal: AbortSignal },
  ): Promise<readonly Detection[]> {
    for (let waited = 0; waited < SETTLE_MS && !signal.aborted; waited += STEP_MS) {
      const found = this.#of(where);
      if (wanted.some((rule) => found.some((each) => each.rule === rule))) return found;
      await this.#options.sleep(STEP_MS, signal).catch(() => undefined);
    }
    return this.#of(where);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#reading;
  }

  #of(where: { readonly containerId: string } | { readonly pid: number }): readonly Detection[] {
    return this.#heard.filter(({ container, processes }) =>
      "containerId" in where
        ? container?.id === where.containerId
        : container === undefined && processes.some(({ pid }) => pid === where.pid),
    );
  }

  async #read(lines: AsyncGenerator<Readonly<Record<string, unknown>>>): Promise<void> {
    try {
      for await (const line of lines) {
        // Sound: the agent of this version writes core's noun; what is looked at is checked.
        if (told.safeParse(line).success) this.#heard.push(line as unknown as Detection);
      }
    } catch {
      // The agent went away: what is not told any more counts as missed.
    }
  }
}
