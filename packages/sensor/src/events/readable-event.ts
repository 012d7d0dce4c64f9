import type { EventType } from "@pratique/core";
import type { BootClock } from "../boot-clock.ts";
import type { TrackedContainer } from "../tables/container-table.ts";
import type { DnsMessage } from "../tables/dns-message.ts";
import type { PassiveDns } from "../tables/passive-dns.ts";
import type { ProcessTable } from "../tables/process-table.ts";
import type { SensorContainer } from "../tables/sensor-container.ts";
import type { TrackedProcess } from "../tables/tracked-process.ts";
import type { UserNames } from "../tables/user-names.ts";
import type { WireRecord } from "../wire/record-reader.ts";
import type { EventDescriptor } from "./descriptor-types.ts";

/** What all events of one sensor look things up in. */
export interface EventContext {
  readonly clock: BootClock;
  readonly users: UserNames;
  readonly dns: PassiveDns;
  readonly processes: ProcessTable;
  readonly hostName: string;
}

/** What all events of one kind are. */
export interface EventTraits {
  /** The call opens a file: its flags are in the first number, its mode in the second. */
  readonly opens: boolean;
  /** The process is what is connected to. */
  readonly isServer: boolean;
  readonly receives: boolean;
}

/** An event as those see it who read its arguments out of its record. `SensorEvent` is one, and knows who they are. */
export interface ReadableEvent {
  readonly type: EventType;
  readonly row: EventTraits;
  readonly record: WireRecord;
  readonly process: TrackedProcess;
  /** The process before the event; undefined where the event is the first that is known of it. */
  readonly before: TrackedProcess | undefined;
  readonly context: EventContext;
  readonly tracked: TrackedContainer | undefined;
  readonly container: SensorContainer | undefined;
  /** The id of the container, empty for the host: what names are kept by. */
  readonly scope: string;
  /** What was asked or answered, where the event is about a name. */
  readonly dnsMessage: DnsMessage | undefined;
  /** The file that it is about, absolute and cleaned. */
  readonly path: string | undefined;
  /** The same, as the process wrote it. */
  readonly rawPath: string | undefined;
  /** The same, as the kernel found it. */
  readonly resolvedPath: string | undefined;
  /** The descriptor that the event is about, if any. */
  readonly descriptor: EventDescriptor | undefined;
  /** Flags of open(2); undefined where the call opens nothing. */
  readonly openFlags: number | undefined;
}
