import type { HostStatus } from "@pratique/api";
import { messageOf, type SoughtList } from "@pratique/core";
import type { PolicyDocument, PolicySet } from "@pratique/policy";
import type { AgentLogger } from "../agent-logger.ts";
import { type GateState, writeGateState } from "../gate/gate-state.ts";
import { type MergedPolicies, mergePolicies } from "./merge-policies.ts";
import { describePolicyError, policyStamp, readOwnPolicies } from "./policy-files.ts";
import type { WantedPolicies } from "./server-policies.ts";

export interface PoliciesInForceOptions {
  /** Where the host's own policies lie. */
  readonly directory: string;
  /** The file that the gate decides from. */
  readonly gateState: string;
  /** What the server wants. */
  readonly wanted: () => WantedPolicies;
  /** What the gate is told besides. */
  readonly besides: () => Omit<GateState, "documents">;
  /** What images are scanned for besides vulnerabilities, whatever the policies ask. */
  readonly sought: ReadonlySet<SoughtList>;
  /** The gate's file was replaced. */
  readonly onTold: () => void;
  /** The gate was told of others than before. */
  readonly onInForce: (set: PolicySet) => void;
  /** More is sought in images than before. */
  readonly onMoreSought: () => void;
  /** The status of the host is another. */
  readonly onStatus: () => void;
  readonly log: AgentLogger;
}

/**
 * What this host is judged by: its own policies and the server's, put together, and told to the gate. In force is what
 * the gate was told.
 */
export class PoliciesInForce {
  readonly #options: PoliciesInForceOptions;
  #stamp = "";
  #own: readonly PolicyDocument[] | undefined;
  #merged: MergedPolicies | undefined;
  #told: MergedPolicies | undefined;
  /** What is wrong with the host's own files, and with both together. */
  #errors: readonly string[] = [];
  /** Why the gate does not know what it should; empty where it does. */
  #gateProblem = "";

  constructor(options: PoliciesInForceOptions) {
    this.#options = options;
  }

  /** Looking for more takes longer, so it is done where the operator or the policies ask. */
  get sought(): ReadonlySet<SoughtList> {
    return this.#options.sought.union(this.#merged?.set.sought ?? new Set());
  }

  /** Why the gate goes on as before; empty where it was told everything. */
  get gateProblem(): string {
    return this.#gateProblem;
  }

  get status(): HostStatus["policies"] {
    const told = this.#told?.set;
    return {
      revision: told?.revision ?? "",
      names: told?.policies.map(({ name }) => name) ?? [],
      exceptions: told?.exceptions.length ?? 0,
      errors: [
        ...(this.#gateProblem === "" ? [] : [this.#gateProblem]),
        ...this.#errors,
        ...(this.#merged?.errors ?? []),
      ],
    };
  }

  /** To be called every second or so: reads the host's own files where they changed. */
  refresh(): void {
    const { directory, log } = this.#options;
    if (this.#gateProblem !== "") this.tellGate();
    try {
      const stamp = policyStamp(directory);
      if (stamp === this.#stamp && this.#merged !== undefined) return;
      this.#stamp = stamp;
      this.#own = readOwnPolicies(directory);
      this.#errors = [];
    } catch (thrown) {
      // The last good ones stay in force; the errors are shown until they are mended.
      this.#errors = describePolicyError(thrown);
      log.warn({ errors: this.#errors }, "the policies were not taken");
    }
    this.put();
  }

  /** The host's own and the server's. A host that starts with broken files is judged by what is left, never by nothing. */
  put(): void {
    const { wanted, onMoreSought, onStatus, log } = this.#options;
    const soughtBefore = this.sought;
    onStatus();
    try {
      this.#merged = mergePolicies(this.#own ?? [], wanted().documents);
    } catch (thrown) {
      this.#errors = describePolicyError(thrown);
      log.warn({ errors: this.#errors }, "the policies could not be put in force");
      return;
    }
    this.tellGate();
    if (!this.sought.isSubsetOf(soughtBefore)) onMoreSought();
  }

  /**
   * To be called where the gate is to be told something else besides. Never throws: what cannot be written, as on a full
   * disk, is tried again with each {@link refresh}, and {@link gateProblem} says so until then.
   */
  tellGate(): void {
    const { gateState, besides, onTold, onStatus } = this.#options;
    const merged = this.#merged;
    if (merged === undefined) return;
    try {
      writeGateState(gateState, { ...besides(), documents: merged.documents });
    } catch (thrown) {
      this.#notTold(messageOf(thrown));
      return;
    }
    if (this.#gateProblem !== "") onStatus();
    this.#gateProblem = "";
    onTold();
    this.#noteInForce(merged);
  }

  #notTold(error: string): void {
    const { onStatus, log } = this.#options;
    const problem = `the gate goes on as before, for it cannot be told what changed: ${error}`;
    if (problem === this.#gateProblem) return;
    this.#gateProblem = problem;
    onStatus();
    log.warn({ error }, "the gate cannot be told what changed");
  }

  #noteInForce(merged: MergedPolicies): void {
    const before = this.#told?.set.revision;
    this.#told = merged;
    if (merged.set.revision !== before) this.#options.onInForce(merged.set);
  }
}
