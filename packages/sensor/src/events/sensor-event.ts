import type { EventType, RuntimeEndpoint, RuntimeEvent, RuntimeProtocol } from "@pratique/core";
import type { TrackedContainer } from "../tables/container-table.ts";
import type { DnsMessage } from "../tables/dns-message.ts";
import type { SensorContainer } from "../tables/sensor-container.ts";
import type { TrackedProcess } from "../tables/tracked-process.ts";
import type { WireRecord } from "../wire/record-reader.ts";
import { recordFlags, wireTags } from "../wire/wire-format.ts";
import type { EventDescriptor } from "./descriptor-types.ts";
import { meantPath } from "./event-path.ts";
import type { EventRow } from "./event-rows.ts";
import type { EventContext, ReadableEvent } from "./readable-event.ts";

export interface EventParts {
  readonly number: number;
  readonly row: EventRow;
  readonly record: WireRecord;
  readonly process: TrackedProcess;
  readonly before: TrackedProcess | undefined;
  readonly tracked: TrackedContainer | undefined;
  readonly context: EventContext;
  readonly dnsMessage: DnsMessage | undefined;
}

/**
 * One event, read out of its record when it is asked. Nothing is decoded before, and most of it never is: a rule looks
 * at two or three things of most events.
 */
export class SensorEvent implements RuntimeEvent, ReadableEvent {
  readonly number: number;
  readonly type: EventType;
  readonly row: EventRow;
  readonly process: TrackedProcess;
  /** The process before the event; undefined where the event is the first that is known of it. */
  readonly before: TrackedProcess | undefined;
  readonly context: EventContext;
  readonly tracked: TrackedContainer | undefined;
  /** What was asked or answered, where the event is about a name. */
  readonly dnsMessage: DnsMessage | undefined;
  #record: WireRecord;
  #descriptor: EventDescriptor | undefined | null = null;
  #path: string | undefined | null = null;
  #rawPath: string | undefined | null = null;
  #container: SensorContainer | undefined;

  constructor({ number, row, record, process, before, tracked, context, dnsMessage }: EventParts) {
    this.number = number;
    this.type = row.type;
    this.row = row;
    this.#record = record;
    this.process = process;
    this.before = before;
    this.tracked = tracked;
    this.context = context;
    this.dnsMessage = dnsMessage;
    this.#container = tracked?.details;
  }

  get record(): WireRecord {
    return this.#record;
  }

  /** Gives the event memory of its own, for those who keep it: without it a whole chunk of the stream stays. */
  detach(): this {
    this.#record = this.#record.detached();
    return this;
  }

  get time(): number {
    return this.context.clock.wallMs(this.#record.timeNs);
  }

  /** As it was known when the event was made, or, for an event that waited, became known. */
  get container(): SensorContainer | undefined {
    this.#container ??= this.tracked?.details;
    return this.#container;
  }

  /** Undefined where the kind of event has none. */
  get result(): number | undefined {
    return this.row.hasResult ? this.#record.result : undefined;
  }

  get path(): string | undefined {
    if (this.#path === null) this.#path = meantPath(this, this.rawPath, wireTags.directory);
    return this.#path;
  }

  /** The file that it is about, as the process wrote it. */
  get rawPath(): string | undefined {
    if (this.#rawPath === null) this.#rawPath = this.#record.text(wireTags.path);
    return this.#rawPath;
  }

  get resolvedPath(): string | undefined {
    return this.#record.text(wireTags.resolved);
  }

  /** The descriptor that the event is about, if any. */
  get descriptor(): EventDescriptor | undefined {
    if (this.#descriptor === null) this.#descriptor = this.row.descriptor?.(this);
    return this.#descriptor;
  }

  get protocol(): RuntimeProtocol | undefined {
    return this.descriptor?.protocol;
  }

  get local(): RuntimeEndpoint | undefined {
    return this.descriptor?.local;
  }

  get remote(): RuntimeEndpoint | undefined {
    return this.descriptor?.remote;
  }

  /** Flags of open(2); undefined where the call opens nothing. */
  get openFlags(): number | undefined {
    return this.row.opens ? this.#record.int(wireTags.number0) : undefined;
  }

  get arguments(): Readonly<Record<string, string>> {
    const entries: [string, string][] = [];
    for (const { name } of this.row.arguments) {
      const text = this.argument(name);
      if (text !== undefined) entries.push([name, text]);
    }
    return Object.fromEntries(entries);
  }

  /** An argument as it is written; undefined where the kind of event has none of that name. */
  argument(name: string): string | undefined {
    const row = this.row.byName.get(name);
    if (row === undefined) return undefined;
    const text = row.text(this);
    if (text !== undefined) return text;
    const raw = row.raw(this);
    return raw === undefined ? undefined : String(raw);
  }

  /** The id of the container, empty for the host: what names are kept by. */
  get scope(): string {
    return this.tracked?.identity.id ?? "";
  }

  /** The kernel refused the call for us, or ends the process for it. */
  get wasPrevented(): boolean {
    return (this.#record.flags & recordFlags.prevented) !== 0;
  }

  get wasKilled(): boolean {
    return (this.#record.flags & recordFlags.killed) !== 0;
  }
}
