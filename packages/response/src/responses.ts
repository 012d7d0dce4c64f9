import { type AuditSink, KeyedTurns, type RuntimeContainer } from "@pratique/core";
import { type Act, isDue } from "./act.ts";
import { ActBook } from "./act-book.ts";
import { ActKeeper } from "./act-keeper.ts";
import { ActRunner } from "./act-runner.ts";
import { CircuitBreaker, type Trip } from "./circuit-breaker.ts";
import { ClockSteps } from "./clock-steps.ts";
import { type Deferred, DeferredResponses } from "./deferred.ts";
import { ResponseError } from "./errors.ts";
import { type Evidence, type EvidenceRequest, evidenceJson } from "./evidence/evidence.ts";
import { Journal } from "./journal.ts";
import { type Climbed, Ladder } from "./ladder.ts";
import { outcomeOf, type ResponseOutcome } from "./outcome.ts";
import { type Decision, decide } from "./policy/decide.ts";
import type { ResponsePolicy } from "./policy/response-policy.ts";
import type { ContainerReference, ResponseHost, StateStore } from "./ports.ts";
import { type Stopwatch, stopwatchOf } from "./stopwatch.ts";
import { containerOf, type Trigger } from "./trigger.ts";

/** How many may wait for one container; an attacker must not fill the memory with hits. */
const MAX_WAITING = 64;
/** How many orders of people may wait besides: a flood of hits must not keep them out. */
const MAX_ORDERS_WAITING = 64;

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
  readonly elapsedMs: () => number;
  readonly newId: () => string;
  /** What a person should hear of at once. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Responds to detections, to channels and to people: decides by the policy, gathers evidence, acts, proves, records, and
 * undoes it in time. One thing at a time happens to a container. What it remembers survives a crash at any point:
 * {@link Responses.recover} finishes what was begun and undoes what has expired.
 */
export class Responses {
  readonly #policy: () => ResponsePolicy;
  readonly #isOwn: (container: RuntimeContainer) => boolean;
  readonly #now: () => number;
  readonly #stopwatch: Stopwatch;
  readonly #clockSteps: ClockSteps;
  readonly #journal: Journal;
  readonly #keeper: ActKeeper;
  readonly #ladder: Ladder;
  readonly #runner: ActRunner;
  readonly #deferred: DeferredResponses;
  readonly #turns = new KeyedTurns();

  constructor(options: ResponsesOptions) {
    const { host, policy, audit, store, gather, now, newId, onTrouble } = options;
    this.#policy = policy;
    this.#isOwn = options.isOwn;
    this.#now = now;
    this.#stopwatch = stopwatchOf(options.elapsedMs);
    this.#clockSteps = new ClockSteps(options);
    const book = new ActBook(store, onTrouble);
    const breaker = new CircuitBreaker({ limits: () => policy().limits, now, state: book.breaker });
    const journal = new Journal({ book, breaker, audit, onTrouble });
    const runner = new ActRunner({ host, policy, gather });
    const keeper = new ActKeeper({ journal, runner, now, stopwatch: this.#stopwatch });
    this.#journal = journal;
    this.#keeper = keeper;
    this.#runner = runner;
    this.#deferred = new DeferredResponses(this.#stopwatch);
    this.#ladder = new Ladder({ journal, runner, keeper, now, stopwatch: this.#stopwatch, newId });
  }

  /** What is in force, the earliest first. */
  get acts(): readonly Act[] {
    return this.#journal.book.all();
  }

  /** Causes that act on nothing until a person resets them. */
  get trips(): readonly Trip[] {
    return this.#journal.breaker.state.trips;
  }

  /** Resolves when the act was proved, or was not, and its evidence is kept. Rejects for defects of ours alone. */
  async respond(trigger: Trigger): Promise<ResponseOutcome> {
    const elapsed = this.#stopwatch();
    const decision = decide(this.#policy(), trigger, this.#isOwn);
    this.#recordKernel(trigger);
    const container = containerOf(trigger);
    if (container === undefined || decision.action === "report") {
      return this.#report(container, decision, trigger, elapsed);
    }
    return await this.#climb(container, decision, trigger, elapsed);
  }

  /**
   * Does what engines that did not answer have kept from being done, where they answer by now. To be called every second or
   * so, and not while it is under way.
   */
  async resumeDeferred(): Promise<void> {
    const hanging = new Set<string>();
    for (const deferred of this.#deferred.all()) {
      // An engine that does not answer about one container is not asked about all of them.
      const { runtime } = deferred.container;
      if (!hanging.has(runtime) && !(await this.#resumeIfAnswered(deferred))) hanging.add(runtime);
    }
  }

  /** Undoes an act before its time. Throws `ACT_UNKNOWN`. A superseded one ends together with what stands over it. */
  async release(actId: string, by: string): Promise<boolean> {
    const act = this.#journal.book.find(actId);
    if (act === undefined) {
      throw new ResponseError("ACT_UNKNOWN", `no act ${JSON.stringify(actId)} is in force`);
    }
    // Who takes back what was done does not want more of it.
    this.#deferred.remove(act.containerId);
    return await this.#turns.take(act.containerId, async () => {
      const now = this.#journal.book.find(actId);
      if (now?.state !== "superseded") {
        return now === undefined || (await this.#keeper.end(now, "released", by));
      }
      this.#journal.put({ ...now, expiresAt: this.#now() });
      return false;
    });
  }

  /** Undoes what has expired. To be called every second or so: a clock that is set meanwhile neither ends an act nor keeps it. */
  async releaseExpired(): Promise<void> {
    this.#followClock();
    const due = this.acts.filter((act) => isDue(act, this.#now()));
    await Promise.all(
      due.map((act) => this.#turns.take(act.containerId, () => this.#keeper.endIfDue(act.id))),
    );
  }

  /** At start: finishes what was begun, renews what the kernel forgot, closes what is gone, undoes what is due. */
  async recover(): Promise<void> {
    this.#takeBackFromFuture();
    const containers = new Set(this.acts.map(({ containerId }) => containerId));
    const because = "the agent started anew";
    await Promise.all(
      [...containers].map((id) => this.#turns.take(id, () => this.#keeper.reconcile(id, because))),
    );
    await this.releaseExpired();
  }

  /** A container started, maybe not for the first time: what is in force about it must hold for its new processes. */
  async containerStarted(containerId: string): Promise<void> {
    if (this.#journal.book.of(containerId).length === 0) return;
    await this.#turns.take(containerId, () => this.#keeper.reconcile(containerId, "it was started"));
  }

  async containerGone(containerId: string): Promise<void> {
    this.#deferred.remove(containerId);
    await this.#turns.take(containerId, () => this.#keeper.closeAll(containerId));
  }

  /** Lets a cause act again. False where its breaker had not tripped. */
  reset(cause: string, by: string): boolean {
    const reset = this.#journal.breaker.reset(cause);
    if (reset) {
      this.#journal.save();
      this.#journal.record("response.breaker-reset", by, { cause });
    }
    return reset;
  }

  /** When nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#turns.idle();
  }

  /** False where its engine still does not answer. */
  async #resumeIfAnswered({ container, trigger, waited }: Deferred): Promise<boolean> {
    const view = await this.#runner.look(container).catch(() => "unknown" as const);
    if (view === "unknown" || view?.unanswered !== undefined) return false;
    this.#deferred.remove(container.id);
    if (view === undefined) return true;
    // The policy may be another by now.
    const decision = decide(this.#policy(), trigger, this.#isOwn);
    const forMs = decision.forMs === undefined ? undefined : decision.forMs - waited();
    const isOver = forMs !== undefined && forMs <= 0;
    if (isOver || decision.action === "report") return true;
    this.#ladder.forgetFailure(container, decision);
    await this.#climb(container, { ...decision, forMs }, trigger, this.#stopwatch());
    return true;
  }

  async #climb(
    { id, runtime, name, image }: ContainerReference,
    decision: Decision,
    trigger: Trigger,
    elapsed: () => number,
  ): Promise<ResponseOutcome> {
    const container = { id, runtime, name, image };
    const { outcome, waitsForEngine } = await this.#inTurn(container, decision, elapsed);
    // A person is told at once that it failed, and asks again.
    if (waitsForEngine === true && !decision.isOrder) this.#deferred.add({ container, trigger, decision });
    return outcome;
  }

  #followClock(): void {
    const stepMs = this.#clockSteps.take();
    const { acts } = this;
    if (stepMs === 0 || acts.length === 0) return;
    for (const act of acts) this.#journal.put(shifted(act, stepMs));
    const by = `${Math.round(Math.abs(stepMs) / 1000)} s`;
    this.#journal.trouble(
      `the clock of this host went ${stepMs > 0 ? "forward" : "back"} by ${by}: what is in force ends as much ${stepMs > 0 ? "later" : "earlier"} by it`,
    );
  }

  /** What was decided while the clock was ahead, before this start: it would be in force until the clock is there again. */
  #takeBackFromFuture(): void {
    for (const act of this.acts) {
      const aheadMs = act.decidedAt - this.#now();
      if (aheadMs > 0) this.#journal.put(shifted(act, -aheadMs));
    }
  }

  async #inTurn(container: ContainerReference, decision: Decision, elapsed: () => number): Promise<Climbed> {
    const limit = MAX_WAITING + (decision.isOrder ? MAX_ORDERS_WAITING : 0);
    if (this.#turns.taken(container.id) >= limit) {
      const busy = outcomeOf("busy", container, decision, elapsed);
      if (this.#journal.recordOnce("response.failed", busy, "too many wait")) {
        this.#journal.trouble(`too many responses wait for container ${container.name}`);
      }
      return { outcome: busy };
    }
    const climbed = await this.#turns.take(container.id, () =>
      this.#ladder.climb(container, decision, elapsed),
    );
    // Not in the container's turn: what is gathered must not hold back the next cut.
    const { outcome, after } = climbed;
    if (after === undefined) return climbed;
    const evidence = await after();
    this.#journal.record("response.evidence", "agent", {
      act: outcome.actId ?? "",
      ...evidenceJson(evidence),
    });
    return { ...climbed, outcome: { ...outcome, evidence } };
  }

  #report(
    container: RuntimeContainer | undefined,
    decision: Decision,
    trigger: Trigger,
    elapsed: () => number,
  ): ResponseOutcome {
    const kind = kernelActionOf(trigger) === undefined ? "reported" : "recorded";
    const outcome = outcomeOf(kind, container, decision, elapsed);
    if (decision.spared === undefined) return outcome;
    const spared: ResponseOutcome = {
      ...outcome,
      spared: decision.spared,
      reason: `${decision.reason} (spared: ${decision.spared})`,
    };
    this.#journal.recordOnce("response.reported", spared, decision.cause);
    return spared;
  }

  /** What the kernel has done, or should have. */
  #recordKernel(trigger: Trigger): void {
    const action = kernelActionOf(trigger);
    if (action === undefined || trigger.kind !== "detection") return;
    const { id, rule, outcome, container, time } = trigger.detection;
    const where =
      container === undefined ? null : { id: container.id, name: container.name, image: container.image };
    this.#journal.record("response.recorded", "agent", {
      trigger: id,
      rule,
      action,
      outcome,
      time,
      container: where,
    });
  }
}

function shifted(act: Act, stepMs: number): Act {
  const { decidedAt, expiresAt, retryAt } = act;
  return {
    ...act,
    decidedAt: Math.max(0, decidedAt + stepMs),
    expiresAt: expiresAt === null ? null : Math.max(0, expiresAt + stepMs),
    retryAt: Math.max(0, retryAt + stepMs),
  };
}

function kernelActionOf(trigger: Trigger): "kill" | "deny" | undefined {
  if (trigger.kind !== "detection") return undefined;
  const { action } = trigger.detection;
  return action === "kill" || action === "deny" ? action : undefined;
}
