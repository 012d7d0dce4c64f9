import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { Standstill, type StandstillOptions } from "./standstill.ts";

export interface LogQueueOptions extends StandstillOptions {
  /** A message that waits for longer comes again, unless it is said that it is being worked on, in milliseconds. */
  readonly ackWaitMs: number;
}

/** What this server has taken of one log out of the stream, in the order of the log, however it came. */
export class LogQueue<Message extends Pick<JsMsg, "seq" | "working"> = JsMsg> {
  readonly standstill: Standstill;
  readonly #options: LogQueueOptions;
  readonly #messages: Message[] = [];
  #keptMs: number;
  #wake: () => void = () => undefined;

  constructor(options: LogQueueOptions) {
    this.#options = options;
    this.#keptMs = options.elapsedMs();
    this.standstill = new Standstill(options);
  }

  add(message: Message): void {
    const before = this.#messages.findLastIndex(({ seq }) => seq <= message.seq);
    // What has waited for too long comes again.
    const isKnown = this.#messages[before]?.seq === message.seq;
    this.#messages.splice(isKnown ? before : before + 1, isKnown ? 1 : 0, message);
    if (this.#messages[0] === message) this.#wake();
  }

  /** Takes the first one out. */
  take(): Message | undefined {
    return this.#messages.shift();
  }

  /** Forgets all up to a place in the stream: they are not there any more. */
  dropUpTo(seq: number): void {
    const rest = this.#messages.findIndex((message) => message.seq > seq);
    this.#messages.splice(0, rest === -1 ? this.#messages.length : rest);
  }

  /**
   * Puts one back that has to wait for so long, in milliseconds. Resolves then, or as soon as there is one before it, or the signal
   * comes. Until then nobody else is given what is here.
   */
  async putBack(message: Message, waitMs: number, signal: AbortSignal): Promise<void> {
    this.add(message);
    if (this.#messages[0] !== message || signal.aborted) return;
    const keepMs = this.#options.ackWaitMs / 3;
    this.#keep(keepMs);
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const either = AbortSignal.any([signal, woken.signal]);
    await sleep(Math.min(waitMs, keepMs), undefined, { signal: either }).catch(() => undefined);
  }

  #keep(keepMs: number): void {
    const nowMs = this.#options.elapsedMs();
    if (nowMs - this.#keptMs < keepMs) return;
    this.#keptMs = nowMs;
    for (const message of this.#messages) message.working();
  }
}
