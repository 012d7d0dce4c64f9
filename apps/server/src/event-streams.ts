import type { ServerResponse } from "node:http";
import type { ChangeEvent } from "@pratique/api";
import type { NumberedChange, Store } from "@pratique/store";
import type { Logger } from "pino";

/** Well below the three seconds within which whoever is shut out is to hear nothing more. */
const CHECK_MS = 2_000;
/** Every so many checks a reader who hears nothing else hears that the stream is still there. */
const CHECKS_PER_HEARTBEAT = 7;
const MAX_STREAMS = 200;
/** One person's windows and programs; more would be at the cost of others. */
const MAX_STREAMS_OF_ONE = 20;
const MAX_EVENTS_AT_ONCE = 500;
/** A reader that lets this much lie is cut off; it comes back and resumes. */
const MAX_UNREAD_BYTES = 1_048_576;

/** What a reader may hear. */
export interface Hearing {
  /** Whether they may know what it is that has changed, and not only that something has. */
  readonly namesSubjects: boolean;
  /** Whether they may read what changes of a kind are of. */
  readonly hears: (kind: ChangeEvent["kind"]) => boolean;
}

interface Stream {
  readonly response: ServerResponse;
  /** The reader's account. */
  readonly account: string;
  /** What the reader may hear now; undefined where they may hear nothing any more. */
  readonly hearing: () => Promise<Hearing | undefined>;
  last: number;
}

/** The open event streams. One reader of the change feed serves all of them. */
export class EventStreams {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #streams = new Set<Stream>();
  readonly #stop: () => void;
  readonly #check: NodeJS.Timeout;
  #pumping: Promise<void> = Promise.resolve();
  #checks = 0;
  #isChecking = false;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#stop = store.changes.onChange(() => this.#pump());
    this.#check = setInterval(() => void this.#endShutOut(), CHECK_MS);
    this.#check.unref();
  }

  /** Whether an account can have no more streams now. */
  isFullFor(account: string): boolean {
    if (this.#streams.size >= MAX_STREAMS) return true;
    let own = 0;
    for (const stream of this.#streams) if (stream.account === account) own += 1;
    return own >= MAX_STREAMS_OF_ONE;
  }

  /**
   * Begins a stream after an event. `hearing` is asked again before anything is sent, and every two seconds: a session
   * ends, and roles are taken away, while a stream goes on.
   */
  open(
    response: ServerResponse,
    { after, account, hearing }: Pick<Stream, "account" | "hearing"> & { readonly after: number },
  ): void {
    const stream: Stream = { response, account, hearing, last: after };
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 1000\n\n");
    this.#pump();
  }

  close(): void {
    this.#stop();
    clearInterval(this.#check);
    for (const { response } of this.#streams) response.end();
  }

  /** One after the other: two that ran at once could send an event twice. */
  #pump(): void {
    this.#pumping = this.#pumping
      .then(() => this.#sendNew())
      .catch((thrown: unknown) => this.#log.error({ err: thrown }, "changes cannot be streamed"));
  }

  async #sendNew(): Promise<void> {
    for (const stream of this.#streams) {
      const { complete, changes } = await this.#store.changes.since(stream.last, MAX_EVENTS_AT_ONCE);
      if (complete && changes.length === 0) continue;
      const hearing = await hearingOf(stream);
      if (hearing === undefined) continue;
      if (complete && changes.length < MAX_EVENTS_AT_ONCE) {
        for (const { sequence, kind, subject } of changes) {
          if (isForServers(kind) || !hearing.hears(kind)) stream.last = sequence;
          else send(stream, { sequence, kind, subject: hearing.namesSubjects ? subject : "" });
        }
      } else {
        send(stream, { sequence: await this.#store.changes.last(), kind: "reset", subject: "" });
      }
    }
  }

  async #endShutOut(): Promise<void> {
    // A store that is slow is not asked again before it has answered.
    if (this.#isChecking) return;
    this.#isChecking = true;
    this.#checks += 1;
    const beats = this.#checks % CHECKS_PER_HEARTBEAT === 0;
    for (const stream of this.#streams) {
      const hearing = await hearingOf(stream);
      if (beats && hearing !== undefined) stream.response.write(": still here\n\n");
    }
    this.#isChecking = false;
  }
}

/** What hosts are to do is between them and the server, and where records lie is for the server alone. */
function isForServers(
  kind: NumberedChange["kind"],
): kind is Exclude<NumberedChange["kind"], ChangeEvent["kind"]> {
  return kind === "work" || kind === "runtime-records" || kind === "launch-records";
}

/** What a reader may hear now. Whoever may hear nothing, or of whom it cannot be told, is cut off. */
async function hearingOf({ hearing, response }: Stream): Promise<Hearing | undefined> {
  const found = await hearing().catch(() => undefined);
  if (found === undefined) response.end();
  return response.writableEnded ? undefined : found;
}

function send(stream: Stream, event: ChangeEvent): void {
  stream.last = event.sequence;
  stream.response.write(`id: ${event.sequence}\nevent: change\ndata: ${JSON.stringify(event)}\n\n`);
  if (stream.response.writableLength > MAX_UNREAD_BYTES) stream.response.destroy();
}
