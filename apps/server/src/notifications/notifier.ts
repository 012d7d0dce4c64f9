import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type Routing, showRouting } from "@pratique/api";
import { messageOf } from "@pratique/core";
import {
  type ChannelEffects,
  type ChannelTest,
  type DispatchEvent,
  Dispatcher,
  type NotificationInput,
  NotifyError,
  parseNotification,
  type RoutingTable,
} from "@pratique/notify";
import type { Sealer } from "@pratique/sealing";
import type { Lease, NewNotice, Store, StoredChannel, WaitingNotice } from "@pratique/store";
import type { Logger } from "pino";
import { ChannelShelf } from "./channel-shelf.ts";
import { EventWatch } from "./event-watch.ts";
import { leasedStore } from "./leased-store.ts";
import type { LogState } from "./log-notices.ts";
import { noticeOf, type Origin } from "./notice.ts";
import { routingTableOf } from "./routing-table.ts";
import { type Undelivered, undeliveredIn } from "./undelivered.ts";

export interface NotifierOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly effects: ChannelEffects;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly origin: Origin;
  /** How the server's log is now. */
  readonly logState: () => Promise<LogState>;
  readonly log: Logger;
}

/** The name of the document that routes are kept in. */
export const ROUTING = "routing";

const LEASE = "notifications";
const LEASE_MS = 20_000;
const EXTEND_EVERY_MS = 5_000;
const ROUND_MS = 2_000;
/** Much that changes at once is looked at once. */
const SHORTEST_ROUND_MS = 200;
const NOTICES_AT_ONCE = 200;
/** Without a reason, an exception with its stack would be made each time: that takes more than all else of a change. */
const CHANGED = "something has changed";
/** After so many failures in a row, those who can still be reached hear of it. */
const FAILURES_TOLD = 3;
const DAY_MS = 86_400_000;
const TOLD_MS = 60 * DAY_MS;
/** What was told longer ago is forgotten so often. */
const FORGET_EVERY_MS = 3_600_000;

interface Delivery {
  readonly dispatcher: Dispatcher;
  /** Resolves when the last delivery has ended. */
  readonly ended: Promise<void>;
  readonly stop: AbortController;
}

/**
 * Tells people what happens. Every server takes notices; the one that holds the lease makes them of what the store
 * says, groups them and delivers them.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #lease: Lease = { name: LEASE, holder: randomUUID() };
  readonly #shelf: ChannelShelf;
  readonly #watch: EventWatch;
  readonly #failures = new Map<string, number>();
  readonly #ending = new AbortController();
  #wake = new AbortController();
  #routing: RoutingTable;
  #delivery: Delivery | undefined;
  #running: Promise<void> = Promise.resolve();
  #forgottenAt = Number.NEGATIVE_INFINITY;
  #leasedAt = Number.NEGATIVE_INFINITY;

  constructor(options: NotifierOptions) {
    const { store, sealer, effects, elapsedMs, origin, logState, log } = options;
    this.#options = options;
    this.#shelf = new ChannelShelf(sealer, effects, (id, why) =>
      log.warn({ channel: id, why }, "a channel cannot be used"),
    );
    this.#watch = new EventWatch({ store, now: effects.now, elapsedMs, origin, logState, log });
    this.#routing = routingTableOf([], new Set());
  }

  start(): void {
    const { store } = this.#options;
    const unlisten = store.changes.onChange(() => this.#wake.abort(CHANGED));
    this.#running = this.#run().finally(unlisten);
  }

  /** Ends deliveries, and lets another server go on at once. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  /** Takes notices over. When it resolves, they survive a killed process. */
  async tell(notices: readonly NewNotice[]): Promise<void> {
    const { store, effects } = this.#options;
    await store.settings.notices.add(notices, effects.now());
    this.#wake.abort(CHANGED);
  }

  /** Sends a real message through a channel as it is stored, switched on or not. Throws NotifyError, SealingError. */
  async test(channel: StoredChannel, signal?: AbortSignal): Promise<ChannelTest> {
    const opened = await this.#shelf.open(channel);
    return await opened.test(signal);
  }

  /** Checks the settings of a channel. Throws NotifyError. */
  async check(channel: StoredChannel): Promise<void> {
    await this.#shelf.open(channel);
  }

  /** What is not delivered, by channel. A channel that everything got through is not among them. */
  async undelivered(): Promise<ReadonlyMap<string, Undelivered>> {
    return undeliveredIn(await this.#options.store.settings.notices.pending());
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      await this.#round().catch((thrown: unknown) =>
        this.#options.log.error({ err: thrown }, "notifications cannot be prepared"),
      );
      // Both reject when all is to end, the second one also when there is something to do.
      await wait(SHORTEST_ROUND_MS, undefined, { signal }).catch(() => undefined);
      const either = AbortSignal.any([signal, this.#wake.signal]);
      await wait(ROUND_MS, undefined, { signal: either }).catch(() => undefined);
    }
    await this.#stopDelivering();
    await this.#options.store.settings.leases.release(this.#lease).catch(() => undefined);
  }

  async #round(): Promise<void> {
    const { store, effects, elapsedMs } = this.#options;
    if (!(await this.#holds())) return await this.#stopDelivering();
    await this.#refresh();
    this.#delivery ??= await this.#startDelivering();
    await this.#watch.step();
    await this.#takeOver(this.#delivery.dispatcher);
    if (elapsedMs() - this.#forgottenAt < FORGET_EVERY_MS) return;
    this.#forgottenAt = elapsedMs();
    await store.settings.notices.forgetTold(effects.now() - TOLD_MS);
  }

  /** Whether this server delivers. A lease is extended long before it runs out, and no more often than that. */
  async #holds(): Promise<boolean> {
    const { store, effects, elapsedMs } = this.#options;
    const at = elapsedMs();
    if (this.#delivery !== undefined && at - this.#leasedAt < EXTEND_EVERY_MS) return true;
    const nowMs = effects.now();
    const until = { nowMs, untilMs: nowMs + LEASE_MS };
    const holds = await store.settings.leases.take(this.#lease, until);
    if (holds) this.#leasedAt = at;
    return holds;
  }

  /** Takes over what is set up now. */
  async #refresh(): Promise<void> {
    const { channels, documents } = this.#options.store.settings;
    await this.#shelf.refresh(await channels.list());
    this.#routing = routingTableOf(routesIn((await documents.find(ROUTING))?.value), this.#shelf.names());
  }

  async #startDelivering(): Promise<Delivery> {
    const { store, effects, log } = this.#options;
    const dispatcher = await Dispatcher.open({
      store: leasedStore(store.settings, this.#lease),
      routing: () => this.#routing,
      channel: (name) => this.#shelf.get(name),
      now: effects.now,
      random: effects.random,
      newId: effects.newId,
      sleep: (ms, signal) => wait(ms, undefined, { signal }),
      observe: (event) => {
        this.#observe(event).catch((thrown: unknown) =>
          log.error({ err: thrown }, "what came of a delivery cannot be noted"),
        );
      },
    });
    const stop = new AbortController();
    const ended = dispatcher
      .run(stop.signal)
      .catch((thrown: unknown) => log.error({ err: thrown }, "notifications cannot be delivered"));
    return { dispatcher, ended, stop };
  }

  async #stopDelivering(): Promise<void> {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    delivery?.stop.abort();
    await delivery?.ended;
  }

  /** From the notices that all servers take to the one that delivers. Killed in between, it says them again: once. */
  async #takeOver(dispatcher: Dispatcher): Promise<void> {
    const { notices } = this.#options.store.settings;
    for (;;) {
      const waiting = await notices.waiting(NOTICES_AT_ONCE);
      if (waiting.length === 0) return;
      await dispatcher.accept(waiting.flatMap((notice) => this.#read(notice)));
      await notices.drop(waiting.map(({ number }) => number));
    }
  }

  #read({ number, value }: WaitingNotice): NotificationInput[] {
    try {
      // Only parseNotification knows whether it is one, and throws where it is not.
      return [parseNotification(value as unknown as NotificationInput)];
    } catch (thrown) {
      if (!(thrown instanceof NotifyError)) throw thrown;
      this.#options.log.error({ number, reason: messageOf(thrown) }, "a notice is not in its form");
      return [];
    }
  }

  async #observe(event: DispatchEvent): Promise<void> {
    const { store, effects, log } = this.#options;
    const { channels } = store.settings;
    switch (event.kind) {
      case "delivered":
        this.#failures.delete(event.channel);
        return await channels.note(event.channel, { at: new Date(effects.now()).toISOString() });
      case "failed": {
        const failures = (this.#failures.get(event.channel) ?? 0) + 1;
        this.#failures.set(event.channel, failures);
        log.warn({ channel: event.channel, code: event.code, isDead: event.isDead }, "a delivery has failed");
        await channels.note(event.channel, { error: event.message });
        if (failures === FAILURES_TOLD || event.isDead) await this.tell([this.#failing(event)]);
        return;
      }
      case "store-failed":
        return log.error({ reason: event.message }, "what is to be delivered cannot be stored");
      case "damaged":
        return log.error({ id: event.id }, "what was to be delivered cannot be read");
      case "accepted":
      case "suppressed":
      case "unrouted":
      case "dropped":
        return log.debug(event, "notifications are routed");
    }
  }

  /** Told once a day for each channel. */
  #failing({ channel, message, isDead }: Extract<DispatchEvent, { kind: "failed" }>): NewNotice {
    const { effects, origin } = this.#options;
    const time = new Date(effects.now()).toISOString();
    const once = `delivery.failing/${channel}/${time.slice(0, 10)}`;
    return noticeOf(
      {
        id: once,
        kind: "delivery.failing",
        severity: "high",
        labels: {},
        title: `Notifications do not get through ${JSON.stringify(channel)}`,
        text: `${message}\n${isDead ? "It is not sent again" : "They are tried again"}. What to do: open the channel in the settings and try it out.`,
        subject: { kind: "channel", id: channel },
        link: `${origin()}/settings/channels`,
        time,
        dedupKey: once,
      },
      once,
    );
  }
}

/** The routes of a stored document; undefined where none were ever set. */
export function routesIn(value: unknown): Routing["routes"] | undefined {
  const parsed = showRouting.reply.shape.routes.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
