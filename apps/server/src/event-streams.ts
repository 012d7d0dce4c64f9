import type { ServerResponse } from "node:http";
import type { ChangeEvent } from "@pratique/api";
import type { Store } from "@pratique/store";
import type { Logger } from "pino";

const HEARTBEAT_MS = 15_000;
const MAX_STREAMS = 200;
const MAX_EVENTS_AT_ONCE = 500;
/** A reader that lets this much lie is cut off; it comes back and resumes. */
const MAX_UNREAD_BYTES = 1_048_576;

interface Stream {
  readonly response: ServerResponse;
  readonly isAllowed: () => Promise<boolean>;
  readonly namesSubjects: boolean;
  /** Whether the reader may read what changes of a kind are of. */
  readonly hears: (kind: ChangeEvent["kind"]) => boolean;
  last: number;
}

/** The open event streams. One reader of the change feed serves all of them. */
export class EventStreams {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #streams = new Set<Stream>();
  readonly #stop: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #pumping: Promise<void> = Promise.resolve();

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#stop = store.changes.onChange(() => this.#pump());
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get full(): boolean {
    return this.#streams.size >= MAX_STREAMS;
  }

  /**
   * Begins a stream after an event. `isAllowed` is asked again at every heartbeat; a reader who sees a part of the
   * fleet hears that something has changed, and not the name of what.
   */
  open(
    response: ServerResponse,
    { after, ...reader }: Pick<Stream, "isAllowed" | "namesSubjects" | "hears"> & { readonly after: number },
  ): void {
    const stream: Stream = { response, ...reader, last: after };
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 1000\n\n");
    this.#pump();
  }

  close(): void {
    this.#stop();
    clearInterval(this.#heartbeat);
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
      if (complete && changes.length < MAX_EVENTS_AT_ONCE) {
        for (const { sequence, kind, subject } of changes) {
          // What hosts are to do is between them and the server.
          if (kind === "work" || !stream.hears(kind)) stream.last = sequence;
          else send(stream, { sequence, kind, subject: stream.namesSubjects ? subject : "" });
        }
      } else {
        send(stream, { sequence: await this.#store.changes.last(), kind: "reset", subject: "" });
      }
    }
  }

  async #beat(): Promise<void> {
    for (const stream of this.#streams) {
      const allowed = await stream.isAllowed().catch(() => false);
      if (allowed) stream.response.write(": still here\n\n");
      else stream.response.end();
    }
  }
}

function send(stream: Stream, event: ChangeEvent): void {
  stream.last = event.sequence;
  stream.response.write(`id: ${event.sequence}\nevent: change\ndata: ${JSON.stringify(event)}\n\n`);
  if (stream.response.writableLength > MAX_UNREAD_BYTES) stream.response.destroy();
}
