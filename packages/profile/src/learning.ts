import { type Digest, RecentMap, type RuntimeEvent } from "@pratique/core";
import { itemKey } from "./decisions.ts";
import { comparableFacts, type Deviation, explain } from "./deviation.ts";
import { type EnforcementTables, enforcementOf } from "./enforcement.ts";
import { ProfileError } from "./errors.ts";
import { type Doer, doerOf, type Spoiler } from "./guard.ts";
import type { Item } from "./item.ts";
import { type LearningDocument, readLearning, writeLearning } from "./learning-document.ts";
import { checkSettings, type LearningSettings } from "./learning-settings.ts";
import {
  type LearningState,
  MOST_TRANSITIONS,
  type Mode,
  type OpenDeviation,
  type Transition,
  type Withheld,
} from "./learning-state.ts";
import { type EventFacts, itemsOf } from "./observe.ts";
import type { Openness, Profile, Sight } from "./profile.ts";
import type { Span } from "./span.ts";

/** How far the learning of one image is. */
export interface LearningStatus {
  readonly image: Digest;
  readonly mode: Mode;
  /** When the mode began; undefined before the first event. */
  readonly since: number | undefined;
  /** When the next mode begins by itself; undefined where it does not. */
  readonly until: number | undefined;
  /** Why the next mode does not begin though its time has come, or never does by itself. */
  readonly waitsFor: string | undefined;
  readonly settings: LearningSettings;
  /** Seen, and not learned yet. */
  readonly candidates: number;
  /** Seen and left out, since too much waited to be learned; it is learned when it is seen again. */
  readonly missed: number;
  readonly withheld: readonly Withheld[];
  readonly open: readonly OpenDeviation[];
  readonly openings: readonly Openness[];
}

/** Where and by what a learner sees. */
export interface LearnerOptions {
  readonly host: string;
  readonly sight: Sight;
}

const MOST_CONTAINERS = 256;

/**
 * Learns what containers of one image do, then tells what is new. It reads no clock: events bring their time, and
 * {@link advance} is to be called now and then.
 */
export class ImageLearner {
  readonly #state: LearningState;
  readonly #options: LearnerOptions;
  readonly #containers = new RecentMap<string, true>(MOST_CONTAINERS);

  constructor(options: LearnerOptions, state: LearningState) {
    this.#options = options;
    this.#state = state;
  }

  /**
   * Goes on from what {@link toDocument} gave.
   *
   * @throws ProfileError `PROFILE_MALFORMED`, `PROFILE_VERSION_UNKNOWN`, `ITEM_MALFORMED`
   */
  static restore(options: LearnerOptions, document: unknown): ImageLearner {
    return new ImageLearner(options, readLearning(document));
  }

  toDocument(): LearningDocument {
    return writeLearning(this.#state);
  }

  get mode(): Mode {
    return this.#state.mode;
  }

  get profile(): Profile {
    return this.#state.profile;
  }

  /** Takes in an event of a container of the image, and gives what is to be told of it. */
  observe(event: RuntimeEvent, facts: EventFacts = {}): readonly Deviation[] {
    const doer = doerOf(event);
    if (doer === undefined || event.container?.imageId !== this.#state.image) return [];
    this.#begin(event);
    const isLearning = this.#state.mode === "learn";
    const told = isLearning ? facts : comparableFacts(this.#state.profile, facts);
    const items = itemsOf(event, told, (listen) => this.#isKnown(listen));
    return isLearning ? this.#learn(items, event, doer) : this.#watch(items, event);
  }

  /** Takes back what a detection of priority warning or higher spoils, and learns no more from whoever did it. */
  detected(detection: Spoiler): void {
    const { guard, probation } = this.#state;
    const taint = guard.taintOf(detection);
    if (taint === undefined) return;
    guard.add(taint);
    for (const { item, span } of probation.takeSpoiled(taint)) this.#withhold(item, span, taint.rule);
  }

  /** Does what the time has come for. Gives the changes of mode. */
  advance(now: number): readonly Transition[] {
    const state = this.#state;
    const { settings, profile } = state;
    // The clock was ahead when the mode began: its time begins anew, or would take as long as the clock was ahead.
    if (state.since !== undefined && state.since > now) state.since = now;
    this.#settle(now - settings.settleMs);
    if (state.lastStart !== undefined) profile.age(Math.min(now - settings.forgetMs, state.lastStart));
    const { until, waitsFor } = this.#next();
    if (until === undefined || now < until || waitsFor !== undefined) return [];
    return [this.#enter(state.mode === "learn" ? "watch" : "enforce", "timer", now)];
  }

  /**
   * Changes the mode because a person says so. Learning that begins anew forgets which processes were spoiled, and
   * nothing that was learned.
   *
   * @throws ProfileError `MODE_NOT_ALLOWED` where there is nothing to enforce
   */
  setMode(mode: Mode, by: string, now: number): Transition {
    const { guard, profile } = this.#state;
    if (mode !== "learn") this.#settle(Number.POSITIVE_INFINITY);
    if (mode === "enforce" && profile.list("executable").length === 0) {
      throw new ProfileError("MODE_NOT_ALLOWED", "expected a profile with programs, found one that is empty");
    }
    if (mode === "learn") guard.clear();
    return this.#enter(mode, by, now);
  }

  /** @throws ProfileError `MODE_NOT_ALLOWED` */
  setSettings(settings: Partial<LearningSettings>): void {
    this.#state.settings = checkSettings({ ...this.#state.settings, ...settings });
  }

  /** @throws ProfileError `DECISIONS_TOO_MANY` */
  accept(item: Item, by: string, at: number): void {
    this.#decide({ item, verdict: "accepted", by, at });
  }

  /** @throws ProfileError `DECISIONS_TOO_MANY` */
  reject(item: Item, by: string, at: number): void {
    this.#decide({ item, verdict: "rejected", by, at });
    this.#state.probation.remove(item);
  }

  /**
   * Adds what another host learned of the image.
   *
   * @throws ProfileError `PROFILE_OF_OTHER_IMAGE`
   */
  adopt(profile: Profile): void {
    this.#state.profile.join(profile);
    for (const [key, { item }] of this.#state.open) {
      if (this.#state.profile.knows(item)) this.#state.open.delete(key);
    }
  }

  status(): LearningStatus {
    const { image, mode, since, missed, withheld, open, probation, profile } = this.#state;
    return {
      image,
      mode,
      since,
      ...this.#next(),
      settings: this.#state.settings,
      candidates: probation.size,
      missed,
      withheld: [...withheld.values()],
      open: [...open.values()],
      openings: profile.openings(),
    };
  }

  /** What is to be prevented; undefined while nothing is. */
  enforcement(): EnforcementTables | undefined {
    return this.#state.mode === "enforce" ? enforcementOf(this.#state.profile) : undefined;
  }

  #begin({ type, container, process, time }: RuntimeEvent): void {
    const state = this.#state;
    if (state.since === undefined) {
      state.since = time;
      state.transitions.push({ mode: state.mode, at: time, by: "timer" });
    }
    if (type === "container" || (type === "execve" && process.vpid === 1))
      state.lastStart = Math.max(state.lastStart ?? 0, time);
    if (container === undefined || this.#containers.has(container.id)) return;
    this.#containers.set(container.id, true);
    if (state.mode === "learn") state.profile.learnFrom({ container: container.id, ...this.#options });
  }

  #learn(items: readonly Item[], event: RuntimeEvent, doer: Doer): readonly Deviation[] {
    const { profile, probation, guard } = this.#state;
    const spoiledBy = guard.spoils(doer);
    const span = { first: event.time, last: event.time };
    const told: Deviation[] = [];
    for (const item of items) {
      if (profile.wasRejected(item)) told.push(...this.#tell(explain(profile, item, event)));
      else if (spoiledBy !== undefined) this.#withholdNew(item, span, spoiledBy);
      else if (profile.holds(item)) profile.touch(item, event.time);
      else if (!probation.add(item, doer)) this.#state.missed += 1;
    }
    return told;
  }

  #watch(items: readonly Item[], event: RuntimeEvent): readonly Deviation[] {
    const { profile } = this.#state;
    const told: Deviation[] = [];
    for (const item of items) {
      if (profile.knows(item)) profile.touch(item, event.time);
      else if (!this.#isKnown(item)) told.push(...this.#tell(explain(profile, item, event)));
    }
    return told;
  }

  /** Tells a deviation once, and again only after a while. */
  #tell(deviation: Deviation): readonly Deviation[] {
    const { item, priority, text, time } = deviation;
    const { open, settings } = this.#state;
    const key = itemKey(item);
    const known = open.get(key);
    const isDue = known === undefined || time - known.toldAt >= settings.repeatMs;
    const span = { first: known?.span.first ?? time, last: Math.max(known?.span.last ?? time, time) };
    const toldAt = isDue ? time : known.toldAt;
    open.set(key, { item, priority, text, span, count: (known?.count ?? 0) + 1, toldAt });
    return isDue ? [deviation] : [];
  }

  #isKnown(item: Item): boolean {
    const { profile, probation } = this.#state;
    return profile.knows(item) || (probation.has(item) && !profile.wasRejected(item));
  }

  #settle(until: number): void {
    const { probation, profile } = this.#state;
    for (const { item, span } of probation.takeUntil(until)) profile.learn(item, span);
  }

  /** What an attacker does that is known anyway is nothing to ask a person about. */
  #withholdNew(item: Item, span: Span, rule: string): void {
    if (!this.#isKnown(item)) this.#withhold(item, span, rule);
  }

  #withhold(item: Item, span: Span, rule: string): void {
    const { withheld } = this.#state;
    const key = itemKey(item);
    const first = withheld.get(key)?.span.first ?? span.first;
    withheld.set(key, { item, span: { first, last: span.last }, rule });
  }

  #decide(decision: Parameters<Profile["decide"]>[0]): void {
    const { profile, open, withheld } = this.#state;
    profile.decide(decision);
    const key = itemKey(decision.item);
    open.delete(key);
    withheld.delete(key);
  }

  #next(): Pick<LearningStatus, "until" | "waitsFor"> {
    const { mode, since, settings, profile, open, guard, probation } = this.#state;
    if (since === undefined) return { until: undefined, waitsFor: "the first event" };
    switch (mode) {
      case "learn": {
        const isEmpty = profile.list("executable").length === 0 && probation.size === 0;
        const waitsFor = guard.isFull
          ? "a person: too many detections"
          : isEmpty
            ? "a program to run"
            : undefined;
        return { until: since + settings.learnMs, waitsFor };
      }
      case "watch": {
        if (settings.afterWatch === "stay") return { until: undefined, waitsFor: "a person" };
        const waitsFor = open.size > 0 ? "a person: deviations are open" : undefined;
        return { until: since + settings.watchMs, waitsFor };
      }
      case "enforce":
        return { until: undefined, waitsFor: undefined };
    }
  }

  #enter(mode: Mode, by: string, at: number): Transition {
    const state = this.#state;
    const transition = { mode, at, by };
    state.mode = mode;
    state.since = at;
    state.transitions.push(transition);
    if (state.transitions.length > MOST_TRANSITIONS) state.transitions.shift();
    return transition;
  }
}
