import { messageOf } from "@pratique/core";
import type { Channel } from "./channel.ts";
import {
  afterFailure,
  type Delivery,
  type DeliveryRetry,
  defaultRetry,
  newDelivery,
  refused,
} from "./delivery.ts";
import { NotifyError, type NotifyErrorCode } from "./errors.ts";
import { classifyFailure } from "./failure.ts";
import { Grouper } from "./grouper.ts";
import { type NotificationInput, parseNotification } from "./notification.ts";
import { changeOf, readPending } from "./pending.ts";
import type { PendingStore } from "./pending-store.ts";
import { type RoutingTable, selectRoutes } from "./routing.ts";

const DEFAULT_CONCURRENCY = 2;
const MAX_DEAD = 1000;
const DEFAULT_MAX_WAITING = 5000;
const MAX_IDLE_MS = 60_000;
const STORE_RETRY_MS = 1000;

/** What a dispatcher tells of its work, for counters and logs. */
export type DispatchEvent =
  | { readonly kind: "accepted"; readonly count: number }
  | { readonly kind: "suppressed"; readonly count: number }
  /** No route, no owner, no fallback. */
  | { readonly kind: "unrouted"; readonly count: number }
  | { readonly kind: "delivered"; readonly channel: string; readonly notifications: number }
  | {
      readonly kind: "failed";
      readonly channel: string;
      readonly code: NotifyErrorCode;
      readonly isDead: boolean;
      readonly message: string;
    }
  /** A dead delivery made room for a newer one. */
  | { readonly kind: "dropped"; readonly channel: string }
  | { readonly kind: "damaged"; readonly id: string }
  | { readonly kind: "store-failed"; readonly message: string };

/** What a dispatcher needs from outside. */
export interface DispatcherOptions {
  readonly store: PendingStore;
  /** The table that holds now. */
  readonly routing: () => RoutingTable;
  /** The channel of a name, as it is set up now. */
  readonly channel: (name: string) => Channel | undefined;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  /** Waits, and rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly observe?: (event: DispatchEvent) => void;
  readonly retry?: Partial<DeliveryRetry>;
  /** Deliveries through one channel at a time. */
  readonly concurrency?: number;
  /** Deliveries that may wait for one channel; those made beyond are dead at once, and shown as such. */
  readonly maxWaiting?: number;
}

/** How much is under way. */
export interface DispatchStatus {
  /** Notifications in groups that are not yet due. */
  readonly grouped: number;
  /** Deliveries that wait for their first or another try. */
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest waiting delivery was made, in milliseconds since 1970. */
  readonly oldestAtMs: number | undefined;
}

/**
 * Takes notifications, keeps them safe, groups them and delivers them, each at least once: what was accepted
 * is told, or shown as dead, whatever happens to the process in between.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #retry: DeliveryRetry;
  readonly #grouper: Grouper;
  readonly #deliveries: Map<string, Delivery>;
  readonly #inFlight = new Map<string, Promise<void>>();
  /** Changes are planned from what is there, so one waits for the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #wake = new AbortController();

  private constructor(options: DispatcherOptions, grouper: Grouper, deliveries: readonly Delivery[]) {
    this.#options = options;
    this.#retry = { ...defaultRetry, ...options.retry };
    this.#grouper = grouper;
    this.#deliveries = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  }

  /** Takes up what an earlier process left. What cannot be read is told to the observer and left in the store. */
  static async open(options: DispatcherOptions): Promise<Dispatcher> {
    const { groups, deliveries, damaged } = readPending(await options.store.load());
    for (const id of damaged) options.observe?.({ kind: "damaged", id });
    return new Dispatcher(options, new Grouper(groups), deliveries);
  }

  /**
   * Takes notifications over. When it resolves they survive a killed process. Throws `NOTIFICATION_INVALID`,
   * and then takes none; rejects with the store's own error.
   */
  async accept(inputs: readonly NotificationInput[]): Promise<void> {
    const notifications = inputs.map(parseNotification);
    const { now, routing } = this.#options;
    await this.#inTurn(async () => {
      const table = routing();
      const routed = notifications.map((notification) => ({
        notification,
        selections: selectRoutes(table, notification),
      }));
      const each = routed.flatMap(({ notification, selections }) =>
        selections.map((selection) => ({ notification, selection })),
      );
      const { change, suppressed } = this.#grouper.planAdd(each, now());
      await this.#commit({ groups: change });
      this.#grouper.adopt(change);
      this.#count("accepted", notifications.length);
      this.#count("suppressed", suppressed);
      this.#count("unrouted", routed.filter(({ selections }) => selections.length === 0).length);
    });
    this.#wake.abort();
  }

  /** Does what is due now and waits for it: for those who bring their own clockwork. */
  async tick(signal: AbortSignal): Promise<void> {
    await this.#flush();
    this.#startDue(signal);
    await Promise.all(this.#inFlight.values());
  }

  /** Works until the signal fires, and then waits for the deliveries that it ends. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const delayMs = await this.#step(signal);
      // Rejects when there is something to do, or when all is to end: the loop looks which.
      await this.#options.sleep(delayMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => undefined);
    }
    await Promise.all(this.#inFlight.values());
  }

  status(): DispatchStatus {
    const waiting = this.#inState("waiting");
    return {
      grouped: this.#grouper.waiting(),
      waiting: waiting.length,
      dead: this.#inState("dead").length,
      oldestAtMs:
        waiting.length === 0 ? undefined : Math.min(...waiting.map(({ createdAtMs }) => createdAtMs)),
    };
  }

  /** What could not be delivered, oldest first. */
  deadLetters(): readonly Delivery[] {
    return this.#inState("dead").sort((left, right) => left.createdAtMs - right.createdAtMs);
  }

  /** Does what is due, and says how long nothing will be. */
  async #step(signal: AbortSignal): Promise<number> {
    const begunMs = this.#options.now();
    try {
      await this.#flush();
    } catch (thrown) {
      this.#options.observe?.({ kind: "store-failed", message: messageOf(thrown) });
      return STORE_RETRY_MS;
    }
    this.#startDue(signal);
    const idle = this.#inState("waiting").filter(({ id }) => !this.#inFlight.has(id));
    const times = [...idle.map(({ nextAtMs }) => nextAtMs), this.#grouper.nextDueAt() ?? Infinity];
    // What was due at the beginning and waits for its channel is woken by the delivery before it. What has become due
    // since then was perhaps not seen, and is looked at again at once.
    const future = times.filter((at) => at > begunMs).map((at) => at - this.#options.now());
    return Math.min(MAX_IDLE_MS, ...future.map((ms) => Math.max(0, ms)));
  }

  /** Turns the groups that are due into deliveries. */
  async #flush(): Promise<void> {
    await this.#inTurn(async () => {
      const nowMs = this.#options.now();
      const { change, due } = this.#grouper.planFlush(nowMs, this.#options.newId);
      if (change.put.length === 0 && change.remove.length === 0) return;
      const hasRoom = this.#room();
      const deliveries = due
        .flatMap(({ message, channels }) =>
          [...new Set(channels)].map((channel) => newDelivery(message, channel, nowMs)),
        )
        .map((delivery) => (hasRoom(delivery.channel) ? delivery : refused(delivery, nowMs)));
      await this.#commit({ groups: change, deliveries });
      this.#grouper.adopt(change);
      for (const delivery of deliveries) this.#deliveries.set(delivery.id, delivery);
      for (const { channel, lastError } of deliveries) {
        if (lastError === undefined) continue;
        const { message } = lastError;
        this.#options.observe?.({ kind: "failed", channel, code: "QUEUE_FULL", isDead: true, message });
      }
    });
    await this.#dropOldestDead();
  }

  /** Takes a place for each delivery that is asked for. A channel that is down takes none from others. */
  #room(): (channel: string) => boolean {
    const waiting = new Map<string, number>();
    const take = (channel: string) => {
      const count = (waiting.get(channel) ?? 0) + 1;
      waiting.set(channel, count);
      return count <= (this.#options.maxWaiting ?? DEFAULT_MAX_WAITING);
    };
    for (const { channel } of this.#inState("waiting")) take(channel);
    return take;
  }

  /** Starts what is due, oldest first, as far as its channel has room. */
  #startDue(signal: AbortSignal): void {
    const nowMs = this.#options.now();
    const limit = this.#options.concurrency ?? DEFAULT_CONCURRENCY;
    const busy = new Map<string, number>();
    for (const id of this.#inFlight.keys()) {
      const channel = this.#deliveries.get(id)?.channel ?? "";
      busy.set(channel, (busy.get(channel) ?? 0) + 1);
    }
    const due = this.#inState("waiting")
      .filter(({ id, nextAtMs }) => !this.#inFlight.has(id) && this.#isTime(nextAtMs, nowMs))
      .sort((left, right) => left.nextAtMs - right.nextAtMs);
    for (const delivery of due) {
      const running = busy.get(delivery.channel) ?? 0;
      if (running >= limit || signal.aborted) continue;
      busy.set(delivery.channel, running + 1);
      const work = this.#deliver(delivery, signal).finally(() => {
        this.#inFlight.delete(delivery.id);
        this.#wake.abort();
      });
      this.#inFlight.set(delivery.id, work);
    }
  }

  /** A clock that was turned back holds nothing up. */
  #isTime(nextAtMs: number, nowMs: number): boolean {
    const longest = Math.max(this.#retry.maxDelayMs, this.#retry.maxRetryAfterMs) * 2;
    return nextAtMs <= nowMs || nextAtMs > nowMs + longest;
  }

  /** One try. Settles always: a delivery that fails is written down, and tried again or shown. */
  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { channel, message } = delivery;
    try {
      const open = this.#options.channel(channel);
      if (open === undefined) {
        throw new NotifyError("CHANNEL_UNKNOWN", `no channel has the name ${JSON.stringify(channel)}`);
      }
      await open.send(message, signal);
    } catch (thrown) {
      await this.#fail(delivery, classifyFailure(thrown, channel, signal));
      return;
    }
    this.#options.observe?.({ kind: "delivered", channel, notifications: message.count });
    await this.#settle(delivery, undefined);
  }

  async #fail(delivery: Delivery, error: NotifyError): Promise<void> {
    // Whoever stops us says nothing about the channel.
    if (error.code === "ABORTED") return;
    const { now, random } = this.#options;
    const next = afterFailure(delivery, error, { retry: this.#retry, nowMs: now(), random });
    const { channel } = delivery;
    const isDead = next.state === "dead";
    this.#options.observe?.({ kind: "failed", channel, code: error.code, isDead, message: error.message });
    await this.#settle(delivery, next);
    if (isDead) await this.#dropOldestDead();
  }

  /** Writes down what became of a delivery. Where that fails, memory knows it, and a restart tries once more. */
  async #settle({ id }: Delivery, next: Delivery | undefined): Promise<void> {
    if (next === undefined) this.#deliveries.delete(id);
    else this.#deliveries.set(id, next);
    try {
      await this.#inTurn(() => this.#commit(next === undefined ? { gone: [id] } : { deliveries: [next] }));
    } catch (thrown) {
      this.#options.observe?.({ kind: "store-failed", message: messageOf(thrown) });
    }
  }

  async #dropOldestDead(): Promise<void> {
    for (const delivery of this.deadLetters().slice(0, -MAX_DEAD)) {
      this.#options.observe?.({ kind: "dropped", channel: delivery.channel });
      await this.#settle(delivery, undefined);
    }
  }

  async #commit(change: Parameters<typeof changeOf>[0]): Promise<void> {
    const { put, remove } = changeOf(change);
    if (put.length > 0 || remove.length > 0) await this.#options.store.commit({ put, remove });
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    // The next turn comes whether this one went well or not; its caller hears of it.
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #inState(state: Delivery["state"]): Delivery[] {
    return [...this.#deliveries.values()].filter((delivery) => delivery.state === state);
  }

  #count(kind: "accepted" | "suppressed" | "unrouted", count: number): void {
    if (count > 0) this.#options.observe?.({ kind, count });
  }
}
