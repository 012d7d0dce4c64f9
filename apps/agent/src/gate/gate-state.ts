import { readFileSync, statSync } from "node:fs";
import type { Host } from "@pratique/core";
import { type EngineActionRules, engineActions } from "@pratique/gate";
import { loadPolicies, type PolicyDocument, type PolicySet } from "@pratique/policy";
import { z } from "zod";
import { replaceFile } from "../durable-file.ts";
import { AgentError } from "../errors.ts";

export type GateMode = "enforce" | "observe";

/** All that the gate decides from, apart from images: written by the agent, read by the gate. */
export interface GateState {
  readonly mode: GateMode;
  readonly host: Host;
  /** How long an unknown image may hold its launch, in milliseconds. */
  readonly scanBudgetMs: number;
  readonly documents: readonly PolicyDocument[];
  /** What the operator says of actions of the engine. */
  readonly actions: EngineActionRules;
}

const document = z.strictObject({ path: z.string(), text: z.string() });

const stateFile = z.strictObject({
  form: z.literal(1),
  mode: z.enum(["enforce", "observe"]),
  host: z.strictObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    kernel: z.string(),
    engineVersion: z.string(),
  }),
  scanBudgetMs: z.int().positive(),
  documents: z.array(document),
  actions: z.partialRecord(z.enum(engineActions), z.enum(["allow", "deny"])).default({}),
});

export function writeGateState(file: string, { actions, ...state }: GateState): void {
  // A gate of an earlier version knows no actions; it takes the state as long as nothing is said of them.
  const said = Object.keys(actions).length === 0 ? {} : { actions };
  replaceFile(file, JSON.stringify({ form: 1, ...state, ...said }));
}

/**
 * What is in force, read again whenever the file was replaced. A file that cannot be read or does not compile
 * leaves what was in force before; where there was nothing before, it throws.
 */
export class GateStateFile {
  readonly #file: string;
  readonly #onError: (error: unknown) => void;
  #stamp = "";
  #state: GateState | undefined;
  #policies: PolicySet | undefined;

  constructor(file: string, onError: (error: unknown) => void) {
    this.#file = file;
    this.#onError = onError;
  }

  get current(): GateState {
    this.#refresh();
    if (this.#state === undefined) throw this.#missing();
    return this.#state;
  }

  get policies(): PolicySet {
    this.#refresh();
    if (this.#policies === undefined) throw this.#missing();
    return this.#policies;
  }

  #refresh(): void {
    const stat = statSync(this.#file, { throwIfNoEntry: false });
    const stamp = stat === undefined ? "" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    if (stamp === this.#stamp || stat === undefined) return;
    this.#stamp = stamp;
    try {
      const { form: _, ...state } = stateFile.parse(JSON.parse(readFileSync(this.#file, "utf8")));
      this.#policies = loadPolicies(state.documents);
      this.#state = state;
    } catch (thrown) {
      this.#onError(thrown);
    }
  }

  #missing(): AgentError {
    return new AgentError("STATE_UNREADABLE", `the gate has no state at ${JSON.stringify(this.#file)}`);
  }
}
