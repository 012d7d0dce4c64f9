import { type ChannelAction, messageOf, RecentMap } from "@pratique/core";
import {
  type Act,
  actRecord,
  hardness,
  isOver,
  isUnfinished,
  MAX_ACTS,
  referenceOf,
  withUnfinished,
} from "./act.ts";
import type { ActKeeper } from "./act-keeper.ts";
import { type ActRunner, holdsFor } from "./act-runner.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { addressKey } from "./flows/address-key.ts";
import type { Journal } from "./journal.ts";
import { type Demotion, outcomeOf, outcomeRecord, type ResponseOutcome } from "./outcome.ts";
import type { Decision } from "./policy/decide.ts";
import type { EvidenceOrder } from "./policy/response-policy.ts";
import type { ContainerReference } from "./ports.ts";
import { missingPowers, responderOf } from "./responders/list.ts";
import type { Scene } from "./responders/responder.ts";
import type { Stopwatch } from "./stopwatch.ts";

/**
 * A container can talk to any number of peers; what is remembered has an end. There is room left for what is about all of
 * a container: whoever uses up the cuts must not be safe from it.
 */
const MAX_CUTS_OF_ONE = 100;
const MAX_CUTS = 4000;
const MAX_TEXT = 1000;
/** What has just failed is not tried again for so long: a flood of hits must not become a flood of tries. */
const REST_MS = 5000;
const REMEMBERED_FAILURES = 1000;
const none: ReadonlySet<string> = new Set();

export interface LadderOptions {
  readonly journal: Journal;
  readonly runner: ActRunner;
  readonly keeper: ActKeeper;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly stopwatch: Stopwatch;
  readonly newId: () => string;
}

/** What happened in a container's turn, and what may be done when the next one has begun. */
export interface Climbed {
  readonly outcome: ResponseOutcome;
  readonly after?: () => Promise<Evidence>;
  /** More was asked for, and is for an engine that does not answer. */
  readonly waitsForEngine?: boolean;
}

interface Attempt {
  readonly asked: ChannelAction;
  readonly demotions: readonly Demotion[];
  readonly elapsed: () => number;
}

/** A cut comes first; before memory is lost, it is looked at while nobody can change it. */
const usualEvidence: Readonly<Record<ChannelAction, EvidenceOrder>> = {
  report: "none",
  cut: "after",
  pause: "after",
  stop: "held",
  kill: "held",
  quarantine: "after",
};

/**
 * Does to one container what was decided, or what is milder where that cannot be done. Whoever calls it holds the
 * container's turn.
 */
export class Ladder {
  readonly #journal: Journal;
  readonly #runner: ActRunner;
  readonly #keeper: ActKeeper;
  readonly #now: () => number;
  readonly #stopwatch: Stopwatch;
  readonly #newId: () => string;
  /** Containers that the breaker let be acted on, and that no act stands for yet. */
  readonly #admitted = new Set<string>();
  /** How long ago everything that could be tried for a container and cause failed, or a part of an act. */
  readonly #failures = new RecentMap<string, () => number>(REMEMBERED_FAILURES);

  constructor({ journal, runner, keeper, now, stopwatch, newId }: LadderOptions) {
    this.#journal = journal;
    this.#runner = runner;
    this.#keeper = keeper;
    this.#now = now;
    this.#stopwatch = stopwatch;
    this.#newId = newId;
  }

  /** Never rejects. */
  async climb(container: ContainerReference, decision: Decision, elapsed: () => number): Promise<Climbed> {
    try {
      const seen = await this.#look(container, decision);
      if (seen !== undefined && decision.dryRun)
        return { outcome: await this.#dryRun(seen, decision, elapsed) };
      const isChanged = seen !== undefined && (await this.#followOthers(seen, decision));
      // What was done just now must not be taken for what the container was before.
      const scene = isChanged ? await this.#look(container, decision) : seen;
      if (scene === undefined) return { outcome: outcomeOf("gone", container, decision, elapsed) };
      const first = await this.#cutFirst(scene, decision, elapsed);
      const climbed = await this.#descend(scene, decision, elapsed);
      const waitsForEngine = scene.view.unanswered !== undefined && isMilder(climbed.outcome, decision);
      return { ...climbed, waitsForEngine, outcome: { ...climbed.outcome, first } };
    } catch (thrown) {
      const demotion = { from: decision.action, to: "report" as const, because: messageOf(thrown) };
      return { outcome: this.#failed(container, decision, [demotion], elapsed) };
    } finally {
      this.#admitted.delete(container.id);
    }
  }

  /** Lets what has failed be tried again at once: what it failed for is over. */
  forgetFailure(container: ContainerReference, decision: Decision): void {
    this.#failures.delete(failureKey(container, decision));
  }

  /** The channel dies before anything slower begins. */
  async #cutFirst(
    scene: Scene,
    decision: Decision,
    elapsed: () => number,
  ): Promise<ResponseOutcome | undefined> {
    const { cutFirst, action, peers } = decision;
    if (!cutFirst || peers === "all" || peers.length === 0 || hardness(action) <= hardness("cut"))
      return undefined;
    if (missingPowers(responderOf("cut"), scene).length > 0) return undefined;
    const cut: Decision = { ...decision, action: "cut", evidence: "none", otherwise: [] };
    return (await this.#descend(scene, cut, elapsed)).outcome;
  }

  async #descend(scene: Scene, decision: Decision, elapsed: () => number): Promise<Climbed> {
    const { container } = scene;
    const standing = this.#standing(scene, decision);
    if (standing !== undefined) return { outcome: this.#already(container, decision, standing, elapsed) };
    if (this.#rests(failureKey(container, decision), decision.isOrder))
      return { outcome: outcomeOf("failed", container, decision, elapsed) };
    const refused = await this.#refusedByBreaker(scene, decision);
    if (refused !== undefined) {
      return { outcome: this.#demoted(container, decision, refused, elapsed) };
    }
    return await this.#tryEach(scene, decision, elapsed);
  }

  /** The action, and what is milder where it cannot be done. */
  async #tryEach(scene: Scene, decision: Decision, elapsed: () => number): Promise<Climbed> {
    const { action: asked, otherwise } = decision;
    const candidates = [asked, ...(otherwise ?? responderOf(asked).otherwise)];
    const demotions: Demotion[] = [];
    for (const [place, action] of candidates.entries()) {
      if (action === "report") break;
      const to = candidates[place + 1] ?? "report";
      if (action === "cut" && scene.peers !== "all" && scene.peers.length === 0) {
        demotions.push({ from: action, to, because: "nobody is known to be cut from" });
        continue;
      }
      const missing = missingPowers(responderOf(action), scene);
      if (missing.length > 0) {
        demotions.push({ from: action, to, because: lacking(missing, scene, decision) });
        continue;
      }
      if (this.#isFull(scene, action)) {
        demotions.push({ from: action, to, because: "too many acts are in force" });
        continue;
      }
      const milder = { ...decision, action };
      const standing = action === asked ? undefined : this.#standing(scene, milder);
      if (standing !== undefined) {
        return { outcome: this.#alreadyMilder(scene.container, decision, standing, { demotions, elapsed }) };
      }
      const climbed = await this.#act(scene, milder, { demotions, elapsed, asked });
      if (climbed.outcome.kind === "acted") return climbed;
      demotions.push({ from: action, to, because: failuresIn(climbed.outcome) });
    }
    return { outcome: this.#failed(scene.container, decision, demotions, elapsed) };
  }

  #isFull({ container, peers }: Scene, action: ChannelAction): boolean {
    const { book } = this.#journal;
    const all = book.all().length;
    // One that is about all of a container is in force once for each action.
    if (action !== "cut" || peers === "all") return all >= MAX_ACTS;
    return all >= MAX_CUTS || book.of(container.id).length >= MAX_CUTS_OF_ONE;
  }

  async #act(scene: Scene, decision: Decision, { demotions, elapsed, asked }: Attempt): Promise<Climbed> {
    const order = decision.evidence ?? usualEvidence[decision.action];
    const act = this.#planned(scene, decision, holdsFor(order, scene));
    this.#journal.record("response.intended", "agent", {
      ...actRecord(act),
      trigger: decision.trigger ?? null,
      asked,
      evidence: order,
    });
    this.#journal.put(act);
    const { failed, leavesTraces, unfinished, ...result } = await this.#runner.carryOut(act, scene, {
      evidence: order,
      elapsed,
    });
    const outcome: ResponseOutcome = {
      ...outcomeOf(failed ? "failed" : "acted", scene.container, { ...decision, action: asked }, elapsed),
      ...result,
      action: act.action,
      actId: failed ? undefined : act.id,
      demotions: [...demotions],
    };
    if (failed) {
      this.#journal.record("response.failed", "agent", outcomeRecord(outcome));
      if (leavesTraces) await this.#keeper.end(act, "failed", "agent");
      else this.#journal.remove(act);
      return { outcome };
    }
    this.#journal.supersede(act);
    this.#journal.put({ ...withUnfinished(act, unfinished), state: "in-force" });
    this.#journal.record("response.done", "agent", outcomeRecord(outcome));
    this.#tell(outcome);
    if (order !== "after") return { outcome };
    return { outcome, after: () => this.#runner.gather(act, scene.view, elapsed) };
  }

  #planned(scene: Scene, decision: Decision, held: boolean): Act {
    const { container, peers } = scene;
    const now = this.#now();
    const responder = responderOf(decision.action);
    return {
      id: this.#newId(),
      containerId: container.id,
      runtime: container.runtime,
      containerName: container.name.slice(0, MAX_TEXT),
      image: container.image.slice(0, MAX_TEXT),
      action: decision.action,
      state: "planned",
      supersededBy: null,
      peers: peers === "all" ? null : [...peers],
      cause: (decision.cause ?? decision.decidedBy).slice(0, MAX_TEXT),
      decidedBy: decision.decidedBy.slice(0, MAX_TEXT),
      reason: decision.reason.slice(0, MAX_TEXT),
      decidedAt: now,
      expiresAt: decision.forMs === undefined ? null : now + decision.forMs,
      undo: { ...responder.plan(scene), held, version: responder.version },
      failedReleases: 0,
      retryAt: 0,
    };
  }

  async #look(container: ContainerReference, { peers }: Decision): Promise<Scene | undefined> {
    const view = await this.#runner.look(container);
    return view && (await this.#runner.scene(container, view, peers));
  }

  /**
   * Ends acts that somebody else has undone, and tells of them; tries again those of which a part could not be done. Says
   * whether there were any.
   */
  async #followOthers({ container, view }: Scene, { isOrder }: Decision): Promise<boolean> {
    let any = false;
    for (const act of this.#journal.book.of(container.id)) {
      if (act.state !== "in-force" || isOver(act, this.#now()) || responderOf(act.action).stands(view))
        continue;
      // One before it may have closed it with all others.
      if (this.#journal.book.find(act.id) === undefined) continue;
      if (isUnfinished(act)) {
        if (this.#rests(act.id, isOrder)) continue;
        this.#failures.set(act.id, this.#stopwatch());
        await this.#keeper.finish(act);
      } else await this.#keeper.overruled(act);
      any = true;
    }
    return any;
  }

  /** An act that does already what is asked. */
  #standing({ container }: Scene, { action, peers }: Decision): Act | undefined {
    return this.#journal.book.of(container.id).find((act) => {
      if (act.state !== "in-force" || isOver(act, this.#now())) return false;
      const harder = hardness(act.action) - hardness(action);
      return harder > 0 || (harder === 0 && (action !== "cut" || covers(act, peers)));
    });
  }

  #already(
    container: ContainerReference,
    decision: Decision,
    standing: Act,
    elapsed: () => number,
  ): ResponseOutcome {
    this.#extend(standing, decision);
    const { action, id } = standing;
    return { ...outcomeOf("already", container, decision, elapsed), action, actId: id };
  }

  #alreadyMilder(
    container: ContainerReference,
    decision: Decision,
    standing: Act,
    { demotions, elapsed }: Omit<Attempt, "asked">,
  ): ResponseOutcome {
    const outcome = { ...this.#already(container, decision, standing, elapsed), demotions: [...demotions] };
    if (this.#journal.recordOnce("response.reported", outcome, decision.cause)) this.#tell(outcome);
    return outcome;
  }

  /** Only where it is worth a record: a flood of hits must not become a flood of records. A person gets all that was asked for. */
  #extend(act: Act, { forMs, isOrder }: Decision): void {
    if (act.expiresAt === null) return;
    const left = act.expiresAt - this.#now();
    if (forMs !== undefined && left > (isOrder ? forMs : forMs / 2)) return;
    const extended = { ...act, expiresAt: forMs === undefined ? null : this.#now() + forMs };
    this.#journal.put(extended);
    this.#journal.record("response.extended", "agent", actRecord(extended));
  }

  /** A person who tries again means it. */
  #rests(failure: string, isOrder: boolean): boolean {
    const sinceFailure = this.#failures.get(failure);
    return !isOrder && sinceFailure !== undefined && sinceFailure() < REST_MS;
  }

  async #refusedByBreaker({ container, view }: Scene, { cause }: Decision): Promise<string | undefined> {
    if (cause === undefined) return undefined;
    const running = view.unanswered === undefined ? await this.#runner.countRunning() : undefined;
    const { breaker } = this.#journal;
    const isCrowded = breaker.isCrowdedBy(this.#held().add(container.id), running);
    const gone = isCrowded ? await this.#runner.gone(this.#journal.book.all().map(referenceOf)) : none;
    const held = new Set([...this.#held()].filter((id) => !gone.has(id)));
    const admission = breaker.admit(cause, container.id, { held, running });
    if (admission.admitted) {
      this.#admitted.add(container.id);
      return undefined;
    }
    const { because, tripped } = admission;
    if (tripped !== undefined) {
      const { cause: of, because: reason } = tripped;
      this.#journal.save();
      this.#journal.record("response.breaker-tripped", "agent", { cause: of, because: reason });
      this.#journal.trouble(
        `circuit breaker of ${of} tripped, ${reason}: it only reports until a person resets it`,
      );
    }
    return because;
  }

  /** Containers that are acted on already, or are about to be. */
  #held(): Set<string> {
    return new Set([...this.#admitted, ...this.#journal.book.all().map(({ containerId }) => containerId)]);
  }

  async #dryRun(scene: Scene, decision: Decision, elapsed: () => number): Promise<ResponseOutcome> {
    const missing = missingPowers(responderOf(decision.action), scene);
    const because = lacking(missing, scene, decision);
    const outcome: ResponseOutcome = {
      ...outcomeOf("dry-run", scene.container, decision, elapsed),
      flows: await this.#runner.flows(scene),
      demotions: missing.length > 0 ? [{ from: decision.action, to: "report", because }] : [],
    };
    this.#journal.recordOnce("response.dry-run", outcome, decision.cause);
    return outcome;
  }

  #demoted(
    container: ContainerReference,
    decision: Decision,
    because: string,
    elapsed: () => number,
  ): ResponseOutcome {
    const outcome: ResponseOutcome = {
      ...outcomeOf("reported", container, decision, elapsed),
      action: "report",
      demotions: [{ from: decision.action, to: "report", because }],
    };
    this.#journal.recordOnce("response.reported", outcome, decision.cause);
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
    this.#failures.set(failureKey(container, decision), this.#stopwatch());
    const reasons = demotions.map(({ from, because }) => `${from}: ${because}`).join("; ");
    if (this.#journal.recordOnce("response.failed", outcome, decision.cause)) {
      this.#journal.trouble(`nothing was done about container ${container.name}: ${reasons}`);
    }
    return outcome;
  }

  #tell({ asked, action, container, demotions, steps, proof }: ResponseOutcome): void {
    const name = container?.name ?? "";
    if (action !== asked) {
      const because = demotions.map((each) => `${each.from}: ${each.because}`).join("; ");
      this.#journal.trouble(`${action} instead of ${asked} for container ${name}: ${because}`);
    }
    for (const step of steps.filter(({ outcome }) => outcome !== "done")) {
      this.#journal.trouble(`${action} of ${name}, ${step.name} ${step.outcome}: ${step.detail}`);
    }
    if (proof?.result === "not-proved") {
      this.#journal.trouble(`${action} of ${name} is not proved: ${proof.because}`);
    }
  }
}

/** What a circuit breaker refuses is no matter of time. */
function isMilder({ kind, action }: ResponseOutcome, decision: Decision): boolean {
  return kind !== "reported" && hardness(action) < hardness(decision.action);
}

function covers({ peers: denied }: Act, peers: readonly string[] | "all"): boolean {
  if (denied === null) return true;
  if (peers === "all") return false;
  const keys = new Set(denied.map(addressKey));
  return peers.every((peer) => keys.has(addressKey(peer)));
}

function lacking(missing: readonly string[], { view }: Scene, { dryRun, isOrder }: Decision): string {
  const powers = missing.join(", ");
  if (view.unanswered === undefined) return `this host lacks ${powers}`;
  const later = dryRun || isOrder ? "" : " and is asked again until it does";
  return `${powers} is for the engine, which does not answer${later}: ${view.unanswered}`;
}

function failuresIn({ steps }: ResponseOutcome): string {
  return steps.map(({ name, detail }) => `${name}: ${detail}`).join("; ") || "nothing could be done";
}

function failureKey({ id }: ContainerReference, { cause, action }: Decision): string {
  return `${id} ${action} ${cause ?? ""}`;
}
