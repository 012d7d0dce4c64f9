import { readFileSync } from "node:fs";
import path from "node:path";
import { type EventType, eventTypes } from "@pratique/core";
import { type BootClock, SystemBootClock } from "./boot-clock.ts";
import { fileLetter } from "./events/event-descriptor.ts";
import { type EventRow, kindOfType, rowOfKind } from "./events/event-rows.ts";
import type { EventContext } from "./events/readable-event.ts";
import { SensorEvent } from "./events/sensor-event.ts";
import { type HeldCounters, HeldEvents } from "./held-events.ts";
import { MergeWindow } from "./merge-window.ts";
import type { RecordSource, SourceListener } from "./record-source.ts";
import { containerFrame, recordFrame, recordingHead } from "./recording.ts";
import type { MessageBody, SensorMessage } from "./sensor-message.ts";
import type { SensorScope } from "./sensor-scope.ts";
import type { ContainerDetails } from "./tables/container-details.ts";
import { type ContainerCounters, ContainerTable, type TrackedContainer } from "./tables/container-table.ts";
import { taskOfCgroup } from "./tables/containerd-task.ts";
import type { DnsMessage } from "./tables/dns-message.ts";
import { PassiveDns } from "./tables/passive-dns.ts";
import { type ProcessFiles, ProcFiles } from "./tables/process-files.ts";
import { type ProcessCounters, ProcessTable } from "./tables/process-table.ts";
import type { TrackedProcess } from "./tables/tracked-process.ts";
import { UserNames } from "./tables/user-names.ts";
import { readRecords, type WireRecord } from "./wire/record-reader.ts";
import { readAddress, readFile } from "./wire/structures.ts";
import { packetDirections, wireKinds, wireTags } from "./wire/wire-format.ts";

export interface SensorOptions {
  readonly source: RecordSource;
  /** What is asked for each container that appears. */
  readonly details: ContainerDetails;
  readonly hostName: string;
  /**
   * Gets the events in their order, each once, some at a time. It runs before anything else is read, so that it has to
   * be quick, and must not throw. What it keeps of them it has to detach.
   */
  readonly onEvents: (events: readonly SensorEvent[]) => void;
  /** Something that no rule names: a listed peer, a prevention, what was left out. */
  readonly onNotice?: (notice: SensorNotice) => void;
  /** How a packet of a container began. It has to be quick, must not throw, and copies what it keeps. */
  readonly onPacket?: (packet: SensorPacket) => void;
  /** So many packets of a container were not told: there were more than its limit, or than could be read. */
  readonly onPacketsLeftOut?: (containerId: string, count: number) => void;
  /** What the native sensor tells unasked. */
  readonly onMessage?: (event: string, body: MessageBody) => void;
  /** The source begins, or begins anew: whoever gave it commands has to give them again. */
  readonly onBegin?: () => void;
  readonly onEnd?: () => void;
  /** A container became known; the policy of prevention is made of it. */
  readonly onContainer?: (container: TrackedContainer) => void;
  readonly clock?: BootClock;
  readonly users?: UserNames;
  readonly processFiles?: ProcessFiles;
  /** The text of /proc/PID/cgroup. */
  readonly cgroupsOf?: (pid: number) => string | undefined;
  readonly mergeWindowMs?: number;
  readonly maxHeldEvents?: number;
  readonly containerDeadlineMs?: number;
}

/** What a record of the sensor's own tells. */
export interface SensorNotice {
  readonly kind: "suppressed" | "channel" | "prevent";
  readonly record: WireRecord;
  readonly container: TrackedContainer | undefined;
  /** Undefined where it was no process that can be told. */
  readonly process: TrackedProcess | undefined;
}

/** How a packet of a container began. */
export interface SensorPacket {
  readonly containerId: string;
  /** CLOCK_BOOTTIME in nanoseconds. */
  readonly timeNs: number;
  readonly direction: keyof typeof packetDirections;
  /** Bytes of the whole packet, from its IP header on. */
  readonly length: number;
  /** The first of them, where they lie: the memory is used again. */
  readonly bytes: Buffer;
}

export interface SensorCounters {
  readonly records: number;
  readonly events: number;
  /** Of kinds that this version does not know. */
  readonly unknownKinds: number;
  /** Came after later ones had been given out. */
  readonly late: number;
  /** Left out by the native sensor, since their container told too many. */
  readonly suppressed: number;
  /** Not given out, since nobody asked for their type. */
  readonly unwanted: number;
  readonly begins: number;
  readonly packets: number;
  /** Packets of cgroups that nobody knows, or knows no more. */
  readonly unattributedPackets: number;
  readonly held: HeldCounters;
  readonly processes: ProcessCounters;
  readonly containers: ContainerCounters;
  readonly names: number;
}

/** Joins what the kernel tells to what is known: records become events with a process, a container and names. */
export class Sensor {
  readonly #options: SensorOptions;
  readonly #clock: BootClock;
  readonly #window: MergeWindow;
  readonly #held: HeldEvents;
  readonly #users: UserNames;
  readonly #dns = new PassiveDns();
  readonly #context: EventContext;
  readonly #processes: ProcessTable;
  readonly #containers: ContainerTable;
  #wanted: ReadonlySet<EventType> = new Set(eventTypes);
  readonly #recordings = new Set<(bytes: Buffer) => void>();
  #batch: SensorEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #newestNs = 0;
  #number = 0;
  #records = 0;
  #unknownKinds = 0;
  #suppressed = 0;
  #unwanted = 0;
  #begins = 0;
  #packets = 0;
  #unattributedPackets = 0;

  constructor(options: SensorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? new SystemBootClock();
    this.#window = new MergeWindow(
      options.mergeWindowMs === undefined ? {} : { windowNs: options.mergeWindowMs * 1e6 },
    );
    this.#held = new HeldEvents(options.maxHeldEvents);
    this.#users = options.users ?? (options.source.isLive ? new UserNames() : UserNames.ofNobody());
    const { hostName, details } = options;
    const files = options.processFiles ?? new ProcFiles(this.#clock);
    this.#processes = new ProcessTable({ clock: this.#clock, files });
    this.#context = {
      clock: this.#clock,
      users: this.#users,
      dns: this.#dns,
      processes: this.#processes,
      hostName,
    };
    this.#containers = new ContainerTable({
      details,
      clock: this.#clock,
      cgroupsOf: options.cgroupsOf ?? readCgroups,
      ...(options.source.isLive && { taskOf: taskOfCgroup }),
      onDescribed: (container) => this.#described(container),
      ...(options.containerDeadlineMs !== undefined && { deadlineMs: options.containerDeadlineMs }),
    });
  }

  /** Resolves when the source tells records. */
  async start(): Promise<void> {
    await this.#users.loadHost();
    await this.#options.source.start(this.#listener());
  }

  /** Stops the source, and gives out what it has told. */
  async stop(): Promise<void> {
    await this.#options.source.stop();
    this.#drain(Number.POSITIVE_INFINITY);
    this.#containers.close();
    clearTimeout(this.#timer);
    // Whoever stops gets what waits, with what is known by now.
    for (const container of this.#held.containers()) {
      container.naming = 0;
      this.#containers.giveUp(container);
      this.#release(container);
    }
  }

  /** Only events of these types are given out from now on. All records go on to keep the tables. */
  want(types: Iterable<EventType>): void {
    this.#wanted = new Set(types);
  }

  /**
   * Writes a recording from now on, until what it returns is called: what is known at this time first, then what comes,
   * as it comes. `scope` is what the source is asked for. Arguments, environments and packets are in it as they were,
   * secrets too.
   */
  record(scope: SensorScope, write: (bytes: Buffer) => void): () => void {
    const { hostName } = this.#options;
    const { processes, containers } = this;
    this.#drain(Number.POSITIVE_INFINITY);
    write(recordingHead({ scope, clock: this.#clock, hostName, processes, containers }));
    this.#recordings.add(write);
    return () => this.#recordings.delete(write);
  }

  get processes(): ProcessTable {
    return this.#processes;
  }

  get containers(): ContainerTable {
    return this.#containers;
  }

  get context(): EventContext {
    return this.#context;
  }

  get counters(): SensorCounters {
    return {
      records: this.#records,
      events: this.#number,
      unknownKinds: this.#unknownKinds,
      late: this.#window.late,
      suppressed: this.#suppressed,
      unwanted: this.#unwanted,
      begins: this.#begins,
      packets: this.#packets,
      unattributedPackets: this.#unattributedPackets,
      held: this.#held.counters,
      processes: this.#processes.counters,
      containers: this.#containers.counters,
      names: this.#dns.size,
    };
  }

  #listener(): SourceListener {
    return {
      onRecords: (payload) => {
        const records = readRecords(payload);
        for (const write of this.#recordings) write(recordFrame(payload));
        this.#receive(records);
      },
      onMessage: (message) => this.#tell(message),
      onBegin: () => this.#begin(),
      onEnd: () => {
        this.#drain(Number.POSITIVE_INFINITY);
        this.#options.onEnd?.();
      },
    };
  }

  #begin(): void {
    this.#begins += 1;
    // Of what happened while nobody looked nothing is known: the processes are told again.
    if (this.#begins > 1) {
      this.#drain(Number.POSITIVE_INFINITY);
      this.#processes.clear();
    }
    this.#options.onBegin?.();
  }

  #tell(message: SensorMessage): void {
    if (message.kind !== "event") return;
    // What was there before has been told as a whole.
    if (message.event === "seeded") {
      this.#drain(Number.POSITIVE_INFINITY);
      this.#processes.joinOrphans();
    }
    this.#options.onMessage?.(message.event, message.body);
  }

  #receive(received: readonly WireRecord[]): void {
    const records = this.#withoutPackets(received);
    this.#records += records.length;
    for (const { timeNs } of records) if (timeNs > this.#newestNs) this.#newestNs = timeNs;
    this.#window.push(records);
    // By the records' own time: a reader that gets little of the processor reads late, and all lanes alike.
    this.#drain(this.#newestNs);
  }

  /** Packets are read later than all else, and nothing is ordered by them: they do not wait. */
  #withoutPackets(records: readonly WireRecord[]): readonly WireRecord[] {
    if (!records.some(isPacket)) return records;
    for (const record of records) if (isPacket(record)) this.#packet(record);
    return records.filter((record) => !isPacket(record));
  }

  #packet(record: WireRecord): void {
    this.#packets += 1;
    const container = this.#containers.ofCgroup(record.cgroupId);
    const bytes = record.bytes(wireTags.data);
    if (container === undefined || bytes === undefined) {
      this.#unattributedPackets += 1;
      return;
    }
    const isReceived = record.number(wireTags.number1) === packetDirections.received;
    this.#options.onPacket?.({
      containerId: container.identity.id,
      timeNs: record.timeNs,
      direction: isReceived ? "received" : "sent",
      length: record.number(wireTags.number0) ?? bytes.length,
      bytes,
    });
  }

  #drain(nowNs: number): void {
    for (const record of this.#window.take(nowNs)) this.#take(record);
    this.#giveOut();
    clearTimeout(this.#timer);
    if (this.#window.size === 0 || !this.#options.source.isLive) return;
    this.#timer = setTimeout(() => this.#drain(Number.POSITIVE_INFINITY), this.#window.windowNs / 1e6);
  }

  #giveOut(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#options.onEvents(batch);
  }

  #take(record: WireRecord): void {
    switch (record.kind) {
      case wireKinds.cgroup_mkdir:
      case wireKinds.cgroup_rmdir:
        this.#containers.track(record);
        break;
      case wireKinds.task:
        this.#seed(record);
        break;
      case wireKinds.task_file:
        this.#seedFile(record);
        break;
      case wireKinds.suppressed:
        this.#suppress(record);
        break;
      case wireKinds.channel:
        this.#notice("channel", record);
        break;
      case wireKinds.prevent:
        this.#notice("prevent", record);
        break;
      default:
        this.#event(record);
        break;
    }
  }

  #seed(record: WireRecord): void {
    const process = this.#processes.track(record);
    const container = this.#containerOf(record, process);
    if (container !== undefined) this.#nameUsers(container, process);
  }

  #seedFile(record: WireRecord): void {
    const process = this.#processes.get(record.pid);
    const number = record.int(wireTags.number0) ?? -1;
    if (process !== undefined) setStandard(process, number, letterOf(record));
  }

  #suppress(record: WireRecord): void {
    const count = record.number(wireTags.number0) ?? 0;
    if (record.number(wireTags.number1) === wireKinds.packet) {
      const container = this.#containers.ofCgroup(record.cgroupId);
      if (container !== undefined) this.#options.onPacketsLeftOut?.(container.identity.id, count);
      return;
    }
    this.#suppressed += count;
    this.#notice("suppressed", record);
  }

  #notice(kind: SensorNotice["kind"], record: WireRecord): void {
    const process = record.pid === 0 ? undefined : this.#processes.get(record.pid);
    const container =
      process === undefined
        ? (this.#containers.find(record, 0) ?? undefined)
        : this.#containerOf(record, process);
    this.#options.onNotice?.({ kind, record: record.detached(), container, process });
  }

  #event(record: WireRecord): void {
    const row = rowOfKind[record.kind];
    if (row === undefined) {
      this.#unknownKinds += 1;
      return;
    }
    const process = this.#processes.track(record);
    const { before } = this.#processes;
    const tracked = this.#containerOf(record, process);
    const dnsMessage = this.#keepTables(row, record, process, tracked);
    if (row.type === "procexit" && process.vpid === FIRST_OF_NAMESPACE)
      this.#containers.endNamespace(process.facts.pidNamespace);
    if (!this.#wanted.has(row.type)) {
      this.#unwanted += 1;
      return;
    }
    this.#number += 1;
    const context = this.#context;
    const event = new SensorEvent({
      number: this.#number,
      row,
      record,
      process,
      before,
      tracked,
      context,
      dnsMessage,
    });
    if (tracked !== undefined && isUnknown(tracked)) {
      if (this.#held.hold(tracked, event)) return;
      tracked.naming = 0;
      this.#containers.giveUp(tracked);
      this.#release(tracked);
    }
    this.#batch.push(event);
  }

  #containerOf(record: WireRecord, process: TrackedProcess): TrackedContainer | undefined {
    const { link } = process;
    const found = this.#containers.find(record, process.facts.pidNamespace);
    // A process that is gone before it can be looked up was where it was before, or where its parent is.
    const container = found === undefined ? (link.container ?? link.parent?.container) : (found ?? undefined);
    link.container = container !== undefined && isPreparing(process) ? undefined : container;
    return link.container;
  }

  #keepTables(
    row: EventRow,
    record: WireRecord,
    process: TrackedProcess,
    tracked: TrackedContainer | undefined,
  ): DnsMessage | undefined {
    switch (row.type) {
      case "execve":
      case "execveat":
        // The first program of a container runs in its own root.
        if (tracked !== undefined && record.result >= 0) this.#nameUsers(tracked, process);
        return undefined;
      case "dup":
      case "dup2":
      case "dup3":
      case "fcntl":
      case "open":
      case "openat":
        if (record.result >= 0 && record.result <= 2) setStandard(process, record.result, letterOf(record));
        return undefined;
      case "dns":
        return this.#learnNames(record, tracked);
      default:
        return undefined;
    }
  }

  #learnNames(record: WireRecord, tracked: TrackedContainer | undefined): DnsMessage | undefined {
    const bytes = record.bytes(wireTags.data);
    if (bytes === undefined) return undefined;
    const end = readAddress(record, wireTags.remote) ?? readAddress(record, wireTags.local);
    const overTcp = end?.protocol === IPPROTO_TCP;
    return this.#dns.learn(tracked?.identity.id ?? "", bytes, { overTcp, timeNs: record.timeNs });
  }

  #described(container: TrackedContainer): void {
    for (const write of this.#recordings) write(containerFrame(container));
    this.#options.onContainer?.(container);
    this.#nameUsersOfImage(container);
    this.#release(container);
  }

  #nameUsers(container: TrackedContainer, process: TrackedProcess): void {
    if (this.#hasRootOutside(container, process)) return;
    const read = this.#users.want(container.identity.id, container.details?.imageId, process.pid);
    if (read === undefined) return;
    void this.#releaseAfter(read, container);
  }

  /**
   * A runtime that prepares the container is in its cgroup already, and still has the root of whoever started it: the
   * host's, or that of an engine in a mount namespace of its own, as services and snaps have one.
   */
  #hasRootOutside(container: TrackedContainer, { facts, parent }: TrackedProcess): boolean {
    const { mountNamespace } = facts;
    if (mountNamespace === 0) return false;
    if (mountNamespace === this.#processes.get(1)?.facts.mountNamespace) return true;
    return mountNamespace === parent?.facts.mountNamespace && parent.link.container !== container;
  }

  /** Of an image that was not seen before; the container may be over before anybody can look into it. */
  #nameUsersOfImage(container: TrackedContainer): void {
    const { details } = container;
    const imageId = details?.imageId;
    const source = this.#options.details;
    if (details === undefined || imageId === undefined || source.accounts === undefined) return;
    if (this.#users.knowsImage(imageId)) return;
    const read = source.accounts(details, AbortSignal.timeout(ACCOUNTS_DEADLINE_MS)).then(
      (files) => (files === undefined ? undefined : this.#users.learnImage(imageId, files)),
      // An engine that cannot be asked costs names, not events.
      () => undefined,
    );
    const deadline = new Promise<void>((resolve) => {
      setTimeout(resolve, ACCOUNTS_DEADLINE_MS).unref();
    });
    void this.#releaseAfter(Promise.race([read, deadline]), container);
  }

  async #releaseAfter(read: Promise<void>, container: TrackedContainer): Promise<void> {
    container.naming += 1;
    await read;
    container.naming = Math.max(container.naming - 1, 0);
    this.#release(container);
  }

  #release(container: TrackedContainer): void {
    if (isUnknown(container)) return;
    // What is in the batch already happened before.
    this.#batch.push(...this.#held.release(container));
    this.#giveOut();
  }
}

function isPacket({ kind }: WireRecord): boolean {
  return kind === wireKinds.packet;
}

/** Whether something of it is still to come that rules may ask for. */
function isUnknown({ details, naming }: TrackedContainer): boolean {
  return details === undefined || naming > 0;
}

const IPPROTO_TCP = 6;
/** The number that the first process of a namespace of processes has in it. */
const FIRST_OF_NAMESPACE = 1;
const ACCOUNTS_DEADLINE_MS = 1000;

/** What the native sensor has to be told for events of these types. Those that keep the tables are always among them. */
export function kindsOf(types: Iterable<EventType>): readonly number[] {
  const kinds = new Set<number>(tableKinds);
  for (const type of types) {
    const kind = kindOfType(type);
    if (kind !== undefined) kinds.add(kind);
  }
  return [...kinds].toSorted((left, right) => left - right);
}

const tableKinds: readonly number[] = [
  wireKinds.execve,
  wireKinds.execveat,
  wireKinds.fork,
  wireKinds.vfork,
  wireKinds.clone,
  wireKinds.clone3,
  wireKinds.procexit,
  wireKinds.chdir,
  wireKinds.fchdir,
  wireKinds.setuid,
  wireKinds.setgid,
  wireKinds.setreuid,
  wireKinds.setregid,
  wireKinds.setresuid,
  wireKinds.setresgid,
  wireKinds.capset,
  wireKinds.setsid,
];

function letterOf(record: WireRecord): string {
  const end = readAddress(record, wireTags.remote) ?? readAddress(record, wireTags.local);
  if (end !== undefined) return end.family === 2 ? "4" : "6";
  return record.has(wireTags.unixPath) ? "u" : fileLetter(readFile(record)?.mode);
}

function setStandard(process: TrackedProcess, number: number, letter: string): void {
  const { standard } = process.link;
  if (number === 0 || number === 1 || number === 2) standard[number] = letter;
}

/** Runtimes whose forks make a container ready, by the names that they are executed by. */
const PREPARERS: ReadonlySet<string> = new Set([
  "crun",
  "lxc-attach",
  "lxc-autostart",
  "lxc-execute",
  "lxc-start",
]);

/**
 * Some runtimes, other than runc, execute nothing of their own in a container: a fork makes it ready. Until that
 * executes something it is the host's own program, whatever cgroup and root it has. Nobody in a container can be it:
 * its parent is of the host, and both are of one execution. What restores processes is none of these: they go on as
 * the container's own without an execution.
 */
function isPreparing({ image, parent }: TrackedProcess): boolean {
  if (parent === undefined || parent.link.container !== undefined || parent.image !== image) return false;
  return PREPARERS.has(path.posix.basename(image.exe));
}

function readCgroups(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    // It ended in the meantime.
    return undefined;
  }
}
