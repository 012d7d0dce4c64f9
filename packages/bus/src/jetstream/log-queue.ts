import { setTimeout as sleep } from "node:timers/promises";
import type { JsMsg } from "@nats-io/jetstream";
import { Standstill, type StandstillOptions } from "./standstill.ts";

export interface LogQueueOptions extends StandstillOptions {
  /** After this time NATS gives a message out again, unless it is told that somebody works on it; in milliseconds. */
  readonly ackWaitMs: number;
}

/** The messages of one log that this server has taken out of the stream, in the order of the log, however they came. */
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
    // A message that waited too long is given out again; the later copy is the one that can be acknowledged.
    const isKnown = this.#messages[before]?.seq === message.seq;
    this.#messages.splice(isKnown ? before : before + 1, isKnown ? 1 : 0, message);
    if (this.#messages[0] === message) this.#wake();
  }

  /** Takes the first message out. */
  take(): Message | undefined {
    return this.#messages.shift();
  }

  /** Forgets all up to a place in the stream: they are not there any more. */
  dropUpTo(seq: number): void {
    const rest = this.#messages.findIndex((message) => message.seq > seq);
    this.#messages.splice(0, rest === -1 ? this.#messages.length : rest);
  }

  /**
   * Puts back a message that has to wait, for so many milliseconds. Resolves when they have passed, when another comes that
   * belongs before it, or when the signal comes. Until then NATS gives nothing that is here to another server.
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

  /** Tells NATS from time to time that what is here is being worked on. */
  #keep(keepMs: number): void {
    const nowMs = this.#options.elapsedMs();
    if (nowMs - this.#keptMs < keepMs) return;
    this.#keptMs = nowMs;
    for (const message of this.#messages) message.working();
  }
}
