import { messageOf } from "@pratique/core";
import { type Act, referenceOf } from "./act.ts";
import { pauseContainer, unpauseContainer } from "./container-steps.ts";
import type { Evidence, EvidenceRequest } from "./evidence/evidence.ts";
import { openFlows } from "./flows/flow-steps.ts";
import type { EvidenceOrder, ResponsePolicy } from "./policy/response-policy.ts";
import type { ContainerReference, ContainerView, Peers, ResponseHost } from "./ports.ts";
import { type Proof, prove } from "./prove.ts";
import { responderOf } from "./responders/list.ts";
import type { Power, Responder, Scene, Step } from "./responders/responder.ts";
import { runSteps, type StepLimits, type StepRecord, withDeadline } from "./run-steps.ts";

/** Looking at what is open must not hold a cut back. */
const FLOW_LOOK_MS = 100;
const POWERS_MS = 2000;

/** What was done, and what it is worth. */
export interface ActResult {
  readonly flows: readonly string[];
  readonly steps: readonly StepRecord[];
  readonly proof: Proof;
  /** Gathered before the act; undefined where it comes after, or not at all. */
  readonly evidence: Evidence | undefined;
  /** What is essential was not done, and will not be. */
  readonly failed: boolean;
  /** Something was done all the same, and has to be undone. */
  readonly leavesTraces: boolean;
  /** A part of what is essential was not done, for all that is known. */
  readonly unfinished: boolean;
}

/** What was done once more. */
export interface Renewal {
  readonly steps: readonly StepRecord[];
  readonly proof: Proof;
  readonly unfinished: boolean;
}

export interface ActRunnerOptions {
  readonly host: ResponseHost;
  readonly policy: () => ResponsePolicy;
  readonly gather: (request: EvidenceRequest) => Promise<Evidence>;
}

/** Carries out one act, or undoes it, on the containers of this host. Remembers nothing. */
export class ActRunner {
  readonly #host: ResponseHost;
  readonly #policy: () => ResponsePolicy;
  readonly #gather: (request: EvidenceRequest) => Promise<Evidence>;

  constructor({ host, policy, gather }: ActRunnerOptions) {
    this.#host = host;
    this.#policy = policy;
    this.#gather = gather;
  }

  /** Undefined where there is no such container. Rejects where that cannot be known. */
  async look(container: ContainerReference): Promise<ContainerView | undefined> {
    return await withDeadline(this.#stepMs, (signal) => this.#host.control.look(container, signal));
  }

  /** The ids of those that are there no more; one that cannot be looked at is. */
  async gone(containers: readonly ContainerReference[]): Promise<ReadonlySet<string>> {
    const byId = new Map(containers.map((container) => [container.id, container]));
    const looks = [...byId.values()].map(async (container) => {
      const isThere = await this.look(container).then(
        (view) => view !== undefined,
        () => true,
      );
      return isThere ? [] : [container.id];
    });
    return new Set((await Promise.all(looks)).flat());
  }

  /** Undefined where nobody knows. */
  async countRunning(): Promise<number | undefined> {
    try {
      return await withDeadline(POWERS_MS, (signal) => this.#host.control.countRunning(signal));
    } catch {
      return undefined;
    }
  }

  async scene(container: ContainerReference, view: ContainerView, peers: Peers): Promise<Scene> {
    const powers = new Set<Power>(this.#host.control.powers(container, view));
    for (const power of await this.#flowPowers(container)) powers.add(power);
    return { host: this.#host, container, view, peers, powers, graceSeconds: this.#policy().graceSeconds };
  }

  async flows(scene: Scene): Promise<readonly string[]> {
    return await withDeadline(FLOW_LOOK_MS, (signal) => openFlows(scene, signal)).catch((thrown: unknown) => [
      `unseen: ${messageOf(thrown)}`,
    ]);
  }

  /** Gathers and acts in the order that was decided. Never rejects. */
  async carryOut(
    act: Act,
    scene: Scene,
    { evidence, elapsed }: { readonly evidence: EvidenceOrder; readonly elapsed: () => number },
  ): Promise<ActResult> {
    const responder = responderOf(act.action);
    const limits = { stepMs: this.#stepMs, elapsed };
    const steps = responder.steps(scene, act.undo);
    const seen = steps.some(({ tellsFlows }) => tellsFlows === true) ? undefined : await this.flows(scene);
    const { gathered, held } = await this.#gatherFirst(act, scene, evidence, limits);
    const records = await runSteps(steps, limits);
    const about = { flows: seen ?? flowsIn(records), steps: [...held, ...records], evidence: gathered };
    if (!isNone(steps, records)) {
      const proof = await this.#prove(responder, act, scene, elapsed);
      return { ...about, proof, failed: false, leavesTraces: true, unfinished: !isWhole(steps, records) };
    }
    const proof: Proof = { result: "not-proved", because: "it was not done", checks: [], atMs: elapsed() };
    return {
      ...about,
      proof,
      failed: true,
      leavesTraces: about.steps.some(({ outcome }) => outcome !== "failed"),
      unfinished: true,
    };
  }

  /** Does the same act once more: after a crash, or where the kernel forgot it. */
  async renew(act: Act, scene: Scene, elapsed: () => number): Promise<Renewal> {
    const responder = responderOf(act.action);
    const steps = responder.steps(scene, act.undo);
    const records = await runSteps(steps, { stepMs: this.#stepMs, elapsed });
    const proof = await this.#prove(responder, act, scene, elapsed);
    return { steps: records, proof, unfinished: !isWhole(steps, records) };
  }

  async undo(act: Act, scene: Scene, elapsed: () => number): Promise<readonly StepRecord[]> {
    const steps = responderOf(act.action).undo(scene, act.undo);
    // One that was frozen to be looked at, and then could not be stopped, must not stay so.
    const thaw = act.undo.held === true && scene.view.paused ? [unpauseContainer(scene)] : [];
    return await runSteps([...thaw, ...steps], { stepMs: this.#stepMs, elapsed });
  }

  /** Takes out of the kernel what it still holds about a container that is gone. */
  async forget(act: Act): Promise<void> {
    if (act.undo.denied !== true) return;
    const container = {
      id: act.containerId,
      runtime: act.runtime,
      name: act.containerName,
      image: act.image,
    };
    const peers = act.action === "quarantine" ? "all" : (act.peers ?? "all");
    await withDeadline(this.#stepMs, (signal) => this.#host.flows.allow(container, peers, signal));
  }

  async gather(act: Act, view: ContainerView, elapsed: () => number): Promise<Evidence> {
    return await this.#gather({
      actId: act.id,
      container: referenceOf(act),
      view,
      limits: this.#policy().evidence,
      elapsed,
      about: {
        act: act.id,
        action: act.action,
        cause: act.cause,
        decidedBy: act.decidedBy,
        reason: act.reason,
      },
    });
  }

  async #gatherFirst(
    act: Act,
    scene: Scene,
    evidence: EvidenceOrder,
    limits: StepLimits,
  ): Promise<{ readonly gathered: Evidence | undefined; readonly held: readonly StepRecord[] }> {
    if (evidence !== "before" && evidence !== "held") return { gathered: undefined, held: [] };
    const hold = act.undo.held === true ? [{ ...pauseContainer(scene), name: "hold" }] : [];
    const held = await runSteps(hold, limits);
    return { gathered: await this.gather(act, scene.view, limits.elapsed), held };
  }

  async #prove(responder: Responder, act: Act, scene: Scene, elapsed: () => number): Promise<Proof> {
    const checks = responder.checks(scene, act.undo);
    return await prove(checks, { proofMs: this.#policy().proofSeconds * 1000, elapsed });
  }

  /** Without the sensor there are none, and that is no reason not to act by other means. */
  async #flowPowers(container: ContainerReference): Promise<readonly Power[]> {
    try {
      return await withDeadline(POWERS_MS, (signal) => this.#host.flows.powers(container, signal));
    } catch {
      return [];
    }
  }

  get #stepMs(): number {
    return this.#policy().stepSeconds * 1000;
  }
}

/** What steps say that they ended. */
function flowsIn(records: readonly StepRecord[]): readonly string[] {
  const told = records.filter(({ flows }) => flows !== undefined);
  return told.length > 0 ? told.flatMap(({ flows }) => flows ?? []) : ["unseen: nobody told what was ended"];
}

/** Whether nothing that matters was done, nor may still be. */
function isNone(steps: readonly Step[], records: readonly StepRecord[]): boolean {
  return essentialOf(steps, records).every(({ outcome }) => outcome === "failed");
}

function isWhole(steps: readonly Step[], records: readonly StepRecord[]): boolean {
  return essentialOf(steps, records).every(({ outcome }) => outcome === "done");
}

function essentialOf(steps: readonly Step[], records: readonly StepRecord[]): readonly StepRecord[] {
  const essential = new Set(steps.filter((step) => step.essential === true).map(({ name }) => name));
  return records.filter(({ name }) => essential.has(name));
}

/** Whether the container is to be frozen while evidence is gathered. */
export function holdsFor(evidence: EvidenceOrder, { powers, view }: Scene): boolean {
  return evidence === "held" && powers.has("pause") && view.running && !view.paused;
}
