import {
  type AuditSink,
  type ChannelAction,
  type JsonObject,
  messageOf,
  RecentMap,
  type RuntimeContainer,
} from "@pratique/core";
import { type Act, actRecord, hardness, referenceOf } from "./act.ts";
import { ActBook } from "./act-book.ts";
import { ActRunner } from "./act-runner.ts";
import { CircuitBreaker, type Trip } from "./circuit-breaker.ts";
import { ResponseError } from "./errors.ts";
import { type Evidence, type EvidenceRequest, evidenceJson } from "./evidence/evidence.ts";
import { addressKey } from "./flows/address-key.ts";
import { type Demotion, outcomeRecord, type ResponseKind, type ResponseOutcome } from "./outcome.ts";
import { type Decision, decide } from "./policy/decide.ts";
import type { EvidenceOrder, ResponsePolicy } from "./policy/response-policy.ts";
import type { ContainerReference, ResponseHost, StateStore } from "./ports.ts";
import { proofJson } from "./prove.ts";
import { missingPowers, responderOf } from "./responders/list.ts";
import type { Scene } from "./responders/responder.ts";
import { stepJson } from "./run-steps.ts";
import { containerOf, type Trigger } from "./trigger.ts";
import { Turns } from "./turns.ts";

/** A container can talk to any number of peers; what is remembered has an end. */
const MAX_ACTS_OF_ONE = 100;
const MAX_ACTS = 4000;
const MAX_RETRY_MS = 300_000;
const FIRST_RETRY_MS = 1000;
/** What was told about one container and cause is not told again until it has changed. */
const REMEMBERED_TELLINGS = 1000;

export interface ResponsesOptions {
  readonly host: ResponseHost;
  /** Asked at each trigger, so that a new policy counts at once. */
  readonly policy: () => ResponsePolicy;
  readonly audit: AuditSink;
  readonly store: StateStore;
  readonly gather: (request: EvidenceRequest) => Promise<Evidence>;
  /** Containers of our own, which nothing is done about. */
  readonly isOwn: (container: RuntimeContainer) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly monotonic: () => number;
  readonly newId: () => string;
  /** What a person should hear of at once. */
  readonly onTrouble: (message: string) => void;
}

type Ending = "released" | "expired" | "gone" | "overruled";

/**
 * Responds to detections, to channels and to people: decides by the policy, gathers evidence, acts, proves, records, and
 * undoes it in time. One thing at a time happens to a container. What it remembers survives a crash at any point:
 * {@link Responses.recover} finishes what was begun and undoes what has expired.
 */
export class Responses {
  readonly #options: ResponsesOptions;
  readonly #book: ActBook;
  readonly #breaker: CircuitBreaker;
  readonly #runner: ActRunner;
  readonly #turns = new Turns();
  /** Containers that the breaker let be acted on, and that no act stands for yet. */
  readonly #admitted = new Set<string>();
  readonly #told = new RecentMap<string, string>(REMEMBERED_TELLINGS);

  constructor(options: ResponsesOptions) {
    this.#options = options;
    const { host, policy, store, gather, now, onTrouble } = options;
    this.#book = new ActBook(store, onTrouble);
    this.#breaker = new CircuitBreaker({ limits: () => policy().limits, now, state: this.#book.breaker });
    this.#runner = new ActRunner({ host, policy, gather });
  }

  /** What is in force, the earliest first. */
  get acts(): readonly Act[] {
    return this.#book.all();
  }

  /** Causes that act on nothing until a person resets them. */
  get trips(): readonly Trip[] {
    return this.#breaker.state.trips;
  }

  /** Resolves when the act was proved, or was not, and its evidence is kept. Rejects for defects of ours alone. */
  async respond(trigger: Trigger): Promise<ResponseOutcome> {
    const elapsed = this.#stopwatch();
    const { policy, isOwn } = this.#options;
    const decision = decide(policy(), trigger, isOwn);
    this.#recordKernel(trigger);
    const container = containerOf(trigger);
    if (container === undefined || decision.action === "report") {
      return this.#report(container, decision, trigger, elapsed);
    }
    const { id, runtime, name, image } = container;
    return await this.#climb({ id, runtime, name, image }, decision, elapsed);
  }

  /** Undoes an act before its time. Throws `ACT_UNKNOWN`. A superseded one ends together with what stands over it. */
  async release(actId: string, by: string): Promise<boolean> {
    const act = this.#book.find(actId);
    if (act === undefined)
      throw new ResponseError("ACT_UNKNOWN", `no act ${JSON.stringify(actId)} is in force`);
    const released = await this.#turns.take(act.containerId, async () => {
      const now = this.#book.find(actId);
      if (now?.state !== "superseded") return now === undefined || (await this.#end(now, "released", by));
      this.#put({ ...now, expiresAt: this.#options.now() });
      return false;
    });
    return released ?? false;
  }

  /** Undoes what has expired. To be called every second or so. */
  async releaseExpired(): Promise<void> {
    const now = this.#options.now();
    const due = this.#book.all().filter((act) => act.state !== "superseded" && isDue(act, now));
    const ends = due.map((act) => this.#turns.take(act.containerId, () => this.#endIfDue(act.id)));
    await Promise.all(ends);
  }

  /** At start: finishes what was begun, renews what the kernel forgot, closes what is gone, undoes what is due. */
  async recover(): Promise<void> {
    const containers = new Set(this.#book.all().map(({ containerId }) => containerId));
    await Promise.all(
      [...containers].map((id) => this.#turns.take(id, () => this.#reconcile(id, "the agent started anew"))),
    );
    await this.releaseExpired();
  }

  /** A container started, maybe not for the first time: what is in force about it must hold for its new processes. */
  async containerStarted(containerId: string): Promise<void> {
    if (this.#book.of(containerId).length === 0) return;
    await this.#turns.take(containerId, () => this.#reconcile(containerId, "it was started"));
  }

  async containerGone(containerId: string): Promise<void> {
    await this.#turns.take(containerId, async () => {
      for (const act of this.#book.of(containerId)) await this.#close(act, "gone", "the container is gone");
    });
  }

  /** Lets a cause act again. False where its breaker had not tripped. */
  reset(cause: string, by: string): boolean {
    const reset = this.#breaker.reset(cause);
    if (reset) {
      this.#save();
      this.#audit("response.breaker-reset", by, { cause });
    }
    return reset;
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#turns.idle();
  }

  async #climb(
    container: ContainerReference,
    decision: Decision,
    elapsed: () => number,
  ): Promise<ResponseOutcome> {
    let after: (() => Promise<Evidence>) | undefined;
    const outcome = await this.#turns.take(container.id, async () => {
      const turn = await this.#inTurn(container, decision, elapsed);
      after = turn.after;
      return turn.outcome;
    });
    if (outcome === undefined) {
      this.#options.onTrouble(`too many responses wait for container ${container.id}`);
      return outcomeOf("busy", container, decision, elapsed);
    }
    // Not in the container's turn: what is gathered must not hold back the next cut.
    if (after === undefined) return outcome;
    const evidence = await after();
    this.#audit("response.evidence", "agent", { act: outcome.actId ?? "", ...evidenceJson(evidence) });
    return { ...outcome, evidence };
  }

  async #inTurn(container: ContainerReference, decision: Decision, elapsed: () => number): Promise<Turn> {
    try {
      const view = await this.#runner.look(container);
      if (view === undefined) return { outcome: outcomeOf("gone", container, decision, elapsed) };
      const scene = await this.#runner.scene(container, view, decision.peers);
      if (decision.dryRun) return { outcome: await this.#dryRun(scene, decision, elapsed) };
      const first = await this.#cutFirst(scene, decision, elapsed);
      const turn = await this.#descend(scene, decision, elapsed);
      return first === undefined ? turn : { ...turn, outcome: { ...turn.outcome, first } };
    } catch (thrown) {
      const demotion = { from: decision.action, to: "report" as const, because: messageOf(thrown) };
      return { outcome: this.#failed(container, decision, [demotion], elapsed) };
    } finally {
      this.#admitted.delete(container.id);
    }
  }

  /** The channel dies before anything slower begins. */
  async #cutFirst(
    scene: Scene,
    decision: Decision,
    elapsed: () => number,
  ): Promise<ResponseOutcome | undefined> {
    const { cutFirst, action, peers } = decision;
    if (!cutFirst || peers === "all" || hardness(action) <= hardness("cut")) return undefined;
    if (missingPowers(responderOf("cut"), scene).length > 0) return undefined;
    const cut: Decision = { ...decision, action: "cut", evidence: "none", otherwise: [] };
    return (await this.#descend(scene, cut, elapsed)).outcome;
  }

  /** Tries the action, and what is milder where it cannot be done. */
  async #descend(scene: Scene, decision: Decision, elapsed: () => number): Promise<Turn> {
    const { container } = scene;
    const standing = this.#standing(scene, decision);
    if (standing !== undefined) return { outcome: this.#already(container, decision, standing, elapsed) };
    const refused = await this.#refusedByBreaker(container, decision);
    if (refused !== undefined) {
      const demotion = { from: decision.action, to: "report" as const, because: refused };
      return { outcome: this.#demoted(container, decision, [demotion], elapsed) };
    }
    if (this.#book.of(container.id).length >= MAX_ACTS_OF_ONE || this.#book.all().length >= MAX_ACTS) {
      const demotion = {
        from: decision.action,
        to: "report" as const,
        because: "too many acts are in force",
      };
      return { outcome: this.#failed(container, decision, [demotion], elapsed) };
    }
    const candidates = [decision.action, ...(decision.otherwise ?? responderOf(decision.action).otherwise)];
    const demotions: Demotion[] = [];
    for (const [place, action] of candidates.entries()) {
      const to = candidates[place + 1] ?? "report";
      if (action === "report") break;
      const missing = missingPowers(responderOf(action), scene);
      if (missing.length > 0) {
        demotions.push({ from: action, to, because: `this host lacks ${missing.join(", ")}` });
        continue;
      }
      const turn = await this.#act(
        scene,
        { ...decision, action },
        { demotions, elapsed, asked: decision.action },
      );
      if (turn.outcome.kind === "acted") return turn;
      demotions.push({ from: action, to, because: failuresIn(turn.outcome) });
    }
    return { outcome: this.#failed(container, decision, demotions, elapsed) };
  }

  async #act(scene: Scene, decision: Decision, { demotions, elapsed, asked }: Attempt): Promise<Turn> {
    const { container, view } = scene;
    const act = this.#planned(scene, decision);
    const order = decision.evidence ?? usualEvidence[act.action];
    this.#audit("response.intended", "agent", { ...actRecord(act), asked, evidence: order });
    this.#put(act);
    const result = await this.#runner.carryOut(act, scene, { evidence: order, elapsed });
    const outcome: ResponseOutcome = {
      ...outcomeOf(result.failed ? "failed" : "acted", container, { ...decision, action: asked }, elapsed),
      ...result,
      action: act.action,
      actId: result.failed ? undefined : act.id,
      demotions: [...demotions],
    };
    if (result.failed) {
      this.#remove(act);
      this.#audit("response.failed", "agent", outcomeRecord(outcome));
      return { outcome };
    }
    this.#supersede(act);
    this.#put({ ...act, state: "in-force" });
    this.#audit("response.done", "agent", outcomeRecord(outcome));
    this.#tellAct(outcome);
    const after = order === "after" ? () => this.#runner.gather(act, view, elapsed) : undefined;
    return after === undefined ? { outcome } : { outcome, after };
  }

  #planned(scene: Scene, decision: Decision): Act {
    const { container, peers } = scene;
    const now = this.#options.now();
    const { version } = responderOf(decision.action);
    return {
      id: this.#options.newId(),
      containerId: container.id,
      runtime: container.runtime,
      containerName: container.name,
      image: container.image,
      action: decision.action,
      state: "planned",
      supersededBy: null,
      peers: peers === "all" ? null : [...peers],
      cause: (decision.cause ?? decision.decidedBy).slice(0, MAX_TEXT),
      decidedBy: decision.decidedBy.slice(0, MAX_TEXT),
      reason: decision.reason.slice(0, MAX_TEXT),
      decidedAt: now,
      expiresAt: decision.forMs === undefined ? null : now + decision.forMs,
      undo: { ...responderOf(decision.action).plan(scene), version },
      failedReleases: 0,
      retryAt: 0,
    };
  }

  /** Cuts stand beside one another; everything else stands under what is harder. */
  #supersede(act: Act): void {
    for (const other of this.#book.of(act.containerId)) {
      const beside = other.action === "cut" && act.action === "cut";
      if (other.id === act.id || other.state !== "in-force" || beside) continue;
      this.#book.put({ ...other, state: "superseded", supersededBy: act.id });
    }
  }

  /** An act that does already what is asked, and still holds. One that somebody undid is closed, and told. */
  #standing(scene: Scene, { action, peers }: Decision): Act | undefined {
    for (const act of this.#book.of(scene.container.id)) {
      if (act.state !== "in-force" || hardness(act.action) < hardness(action)) continue;
      if (!responderOf(act.action).stands(scene.view)) this.#overruled(act);
      else if (hardness(act.action) > hardness(action) || action !== "cut" || covers(act, peers)) return act;
    }
    return undefined;
  }

  #already(
    container: ContainerReference,
    decision: Decision,
    standing: Act,
    elapsed: () => number,
  ): ResponseOutcome {
    this.#extend(standing, decision.forMs);
    const { action, id } = standing;
    return { ...outcomeOf("already", container, decision, elapsed), action, actId: id };
  }

  /** Only where it is worth a record: a flood of hits must not become a flood of records. */
  #extend(act: Act, forMs: number | undefined): void {
    if (act.expiresAt === null) return;
    const left = act.expiresAt - this.#options.now();
    if (forMs !== undefined && left > forMs / 2) return;
    const extended = { ...act, expiresAt: forMs === undefined ? null : this.#options.now() + forMs };
    this.#put(extended);
    this.#audit("response.extended", "agent", actRecord(extended));
  }

  async #refusedByBreaker(container: ContainerReference, { cause }: Decision): Promise<string | undefined> {
    if (cause === undefined) return undefined;
    const running = await this.#runner.countRunning();
    const held = new Set([...this.#admitted, ...this.#book.all().map(({ containerId }) => containerId)]);
    const admission = this.#breaker.admit(cause, container.id, { held, running });
    if (admission.admitted) {
      this.#admitted.add(container.id);
      return undefined;
    }
    const { because, tripped } = admission;
    if (tripped !== undefined) {
      this.#save();
      this.#audit("response.breaker-tripped", "agent", { cause: tripped.cause, because: tripped.because });
      this.#options.onTrouble(
        `circuit breaker of ${tripped.cause} tripped, ${tripped.because}: it only reports until a person resets it`,
      );
    }
    return because;
  }

  /** Undoes an act. False where that failed, and is to be tried again. */
  async #end(act: Act, ending: Ending, by: string): Promise<boolean> {
    const elapsed = this.#stopwatch();
    const container = referenceOf(act);
    try {
      const view = await this.#runner.look(container);
      if (view === undefined) {
        await this.#close(act, "gone", "the container is gone");
        return true;
      }
      const scene = await this.#runner.scene(container, view, act.peers ?? "all");
      this.#audit("response.releasing", by, { ...actRecord(act), ending });
      const steps = await this.#runner.undo(act, scene, elapsed);
      const failed = steps.filter(({ outcome }) => outcome !== "done");
      if (failed.length > 0) {
        throw new Error(failed.map(({ name, detail }) => `${name}: ${detail}`).join("; "));
      }
      this.#remove(act);
      this.#audit("response.released", by, { act: act.id, ending, steps: steps.map(stepJson) });
      await this.#resume(act);
      return true;
    } catch (thrown) {
      this.#retryLater(act, ending, by, messageOf(thrown));
      return false;
    }
  }

  #retryLater(act: Act, ending: Ending, by: string, because: string): void {
    const failedReleases = act.failedReleases + 1;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failedReleases, 20), MAX_RETRY_MS);
    const now = this.#options.now();
    // Also what a person released is tried again, until it is undone.
    this.#put({
      ...act,
      failedReleases,
      retryAt: now + wait,
      expiresAt: Math.min(act.expiresAt ?? now, now),
    });
    this.#audit("response.release-failed", by, { act: act.id, ending, because, attempt: failedReleases });
    this.#options.onTrouble(`${act.action} of container ${act.containerName} is not undone: ${because}`);
  }

  /** What stood under an act that has ended comes back into force, or ends as well where its time is over. */
  async #resume(ended: Act): Promise<void> {
    const under = this.#book.of(ended.containerId).filter(({ supersededBy }) => supersededBy === ended.id);
    for (const act of under.toReversed()) {
      const back: Act = { ...act, state: "in-force", supersededBy: null };
      this.#put(back);
      if (isDue(back, this.#options.now())) await this.#end(back, "expired", "agent");
      else await this.#renew(back, `${ended.action} ended`);
    }
  }

  async #reconcile(containerId: string, because: string): Promise<void> {
    for (const act of this.#book.of(containerId).toReversed()) {
      if (act.state === "superseded" || isDue(act, this.#options.now())) continue;
      try {
        await this.#reconcileAct(act, because);
      } catch (thrown) {
        this.#options.onTrouble(
          `whether ${act.action} of ${act.containerName} holds is not known: ${messageOf(thrown)}`,
        );
      }
    }
  }

  async #reconcileAct(act: Act, because: string): Promise<void> {
    const view = await this.#runner.look(referenceOf(act));
    const responder = responderOf(act.action);
    if (view === undefined) await this.#close(act, "gone", "the container is gone");
    else if (act.state === "planned" || responder.renews) await this.#renew(act, because);
    else if (!responder.stands(view)) await this.#close(act, "overruled", `somebody undid it, ${because}`);
  }

  async #renew(act: Act, because: string): Promise<void> {
    const elapsed = this.#stopwatch();
    const container = referenceOf(act);
    const view = await this.#runner.look(container);
    if (view === undefined) {
      await this.#close(act, "gone", "the container is gone");
      return;
    }
    const scene = await this.#runner.scene(container, view, act.peers ?? "all");
    const { steps, proof } = await this.#runner.renew(act, scene, elapsed);
    this.#supersede(act);
    this.#put({ ...act, state: "in-force" });
    this.#audit("response.renewed", "agent", {
      ...actRecord(act),
      because,
      steps: steps.map(stepJson),
      proof: proofJson(proof),
    });
    if (proof.result === "not-proved") {
      this.#options.onTrouble(
        `${act.action} of container ${act.containerName} is not proved: ${proof.because}`,
      );
    }
  }

  /** Somebody paused less, or started more, than is in force: their word counts, and is told. */
  #overruled(act: Act): void {
    this.#remove(act);
    this.#audit("response.closed", "agent", {
      act: act.id,
      ending: "overruled",
      because: "somebody undid it",
    });
    this.#options.onTrouble(`${act.action} of container ${act.containerName} was undone by somebody else`);
    for (const under of this.#book.of(act.containerId)) {
      if (under.supersededBy === act.id) this.#put({ ...under, state: "in-force", supersededBy: null });
    }
  }

  async #close(act: Act, ending: "gone" | "overruled", because: string): Promise<void> {
    if (ending === "overruled") {
      this.#overruled(act);
      return;
    }
    await this.#runner.forget(act).catch((thrown: unknown) => {
      this.#options.onTrouble(
        `the kernel still holds what was denied to ${act.containerName}: ${messageOf(thrown)}`,
      );
    });
    this.#remove(act);
    this.#audit("response.closed", "agent", { act: act.id, ending, because });
  }

  async #endIfDue(actId: string): Promise<void> {
    const act = this.#book.find(actId);
    if (act !== undefined && act.state !== "superseded" && isDue(act, this.#options.now())) {
      await this.#end(act, "expired", "agent");
    }
  }

  async #dryRun(scene: Scene, decision: Decision, elapsed: () => number): Promise<ResponseOutcome> {
    const missing = missingPowers(responderOf(decision.action), scene);
    const because = `this host lacks ${missing.join(", ")}`;
    const outcome: ResponseOutcome = {
      ...outcomeOf("dry-run", scene.container, decision, elapsed),
      flows: await this.#runner.flows(scene),
      demotions: missing.length > 0 ? [{ from: decision.action, to: "report", because }] : [],
    };
    this.#auditOnce("response.dry-run", outcome, decision.cause);
    return outcome;
  }

  #report(
    container: RuntimeContainer | undefined,
    decision: Decision,
    trigger: Trigger,
    elapsed: () => number,
  ): ResponseOutcome {
    const byKernel = kernelActionOf(trigger) !== undefined;
    const outcome = outcomeOf(byKernel ? "recorded" : "reported", container, decision, elapsed);
    if (decision.spared === undefined) return outcome;
    const spared: ResponseOutcome = { ...outcome, reason: `${decision.reason} (spared: ${decision.spared})` };
    this.#auditOnce("response.reported", spared, decision.cause);
    return spared;
  }

  #demoted(
    container: ContainerReference,
    decision: Decision,
    demotions: readonly Demotion[],
    elapsed: () => number,
  ): ResponseOutcome {
    const outcome: ResponseOutcome = {
      ...outcomeOf("reported", container, decision, elapsed),
      action: "report",
      demotions,
    };
    this.#auditOnce("response.reported", outcome, decision.cause);
    return outcome;
  }

  #failed(
    container: ContainerReference,
    decision: Decision,
    demotions: readonly Demotion[],
    elapsed: () => number,
  ): ResponseOutcome {
    const outcome: ResponseOutcome = {
      ...outcomeOf("failed", container, decision, elapsed),
      action: "report",
      demotions,
    };
    const reasons = demotions.map(({ from, because }) => `${from}: ${because}`).join("; ");
    if (this.#auditOnce("response.failed", outcome, decision.cause)) {
      this.#options.onTrouble(`nothing was done about container ${container.name}: ${reasons}`);
    }
    return outcome;
  }

  #tellAct({ asked, action, container, demotions, steps, proof }: ResponseOutcome): void {
    const name = container?.name ?? "";
    const { onTrouble } = this.#options;
    if (action !== asked) {
      const because = demotions.map((each) => `${each.from}: ${each.because}`).join("; ");
      onTrouble(`${action} instead of ${asked} for container ${name}: ${because}`);
    }
    const broken = steps.filter(({ outcome }) => outcome !== "done");
    for (const step of broken)
      onTrouble(`${action} of ${name}, ${step.name} ${step.outcome}: ${step.detail}`);
    if (proof?.result === "not-proved") onTrouble(`${action} of ${name} is not proved: ${proof.because}`);
  }

  /** What the kernel has done, or should have. */
  #recordKernel(trigger: Trigger): void {
    const action = kernelActionOf(trigger);
    if (action === undefined || trigger.kind !== "detection") return;
    const { id, rule, outcome, container, time } = trigger.detection;
    const where =
      container === undefined ? null : { id: container.id, name: container.name, image: container.image };
    this.#audit("response.recorded", "agent", {
      detection: id,
      rule,
      action,
      outcome,
      time,
      container: where,
    });
  }

  /** Whether it was told: the same about the same is told once until something else is. */
  #auditOnce(action: string, outcome: ResponseOutcome, cause: string | undefined): boolean {
    const key = `${outcome.container?.id ?? ""} ${cause ?? ""}`;
    const said = `${action} ${outcome.asked} ${outcome.demotions.map(({ because }) => because).join(" ")}`;
    const known = this.#told.get(key) === said;
    this.#told.set(key, said);
    if (!known) this.#audit(action, "agent", outcomeRecord(outcome));
    return !known;
  }

  /** A log that cannot be written to does not keep anybody from acting; that it was not written is told. */
  #audit(action: string, actor: string, data: JsonObject): void {
    try {
      this.#options.audit.append({ class: "container", action, actor, data });
    } catch (thrown) {
      this.#options.onTrouble(`${action} is not in the audit log: ${messageOf(thrown)}`);
    }
  }

  #put(act: Act): void {
    this.#book.put(act);
    this.#save();
  }

  #remove(act: Act): void {
    this.#book.remove(act.id);
    this.#save();
  }

  #save(): void {
    this.#book.save(this.#breaker.state);
  }

  #stopwatch(): () => number {
    const { monotonic } = this.#options;
    const start = monotonic();
    return () => monotonic() - start;
  }
}

/** What a turn leaves to be done when the next one may begin. */
interface Turn {
  readonly outcome: ResponseOutcome;
  readonly after?: () => Promise<Evidence>;
}

interface Attempt {
  readonly asked: ChannelAction;
  readonly demotions: readonly Demotion[];
  readonly elapsed: () => number;
}

const MAX_TEXT = 1000;

/** A cut comes first; before memory is lost, it is looked at while nobody can change it. */
const usualEvidence: Readonly<Record<ChannelAction, EvidenceOrder>> = {
  report: "none",
  cut: "after",
  pause: "after",
  stop: "held",
  kill: "held",
  quarantine: "after",
};

function outcomeOf(
  kind: ResponseKind,
  container: ContainerReference | undefined,
  { action, decidedBy, reason }: Decision,
  elapsed: () => number,
): ResponseOutcome {
  return {
    kind,
    container:
      container === undefined
        ? undefined
        : { id: container.id, runtime: container.runtime, name: container.name, image: container.image },
    asked: action,
    action,
    actId: undefined,
    decidedBy,
    reason,
    demotions: [],
    flows: [],
    steps: [],
    proof: undefined,
    evidence: undefined,
    first: undefined,
    tookMs: elapsed(),
  };
}

function kernelActionOf(trigger: Trigger): "kill" | "deny" | undefined {
  if (trigger.kind !== "detection") return undefined;
  const { action } = trigger.detection;
  return action === "kill" || action === "deny" ? action : undefined;
}

function covers({ peers: denied }: Act, peers: readonly string[] | "all"): boolean {
  if (denied === null) return true;
  if (peers === "all") return false;
  const keys = new Set(denied.map(addressKey));
  return peers.every((peer) => keys.has(addressKey(peer)));
}

function isDue({ expiresAt, retryAt }: Act, now: number): boolean {
  return expiresAt !== null && expiresAt <= now && retryAt <= now;
}

function failuresIn({ steps }: ResponseOutcome): string {
  return steps.map(({ name, detail }) => `${name}: ${detail}`).join("; ") || "nothing could be done";
}
