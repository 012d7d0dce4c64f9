import { RecentMap } from "@pratique/core";
import type { BootClock } from "../boot-clock.ts";
import type { WireRecord } from "../wire/record-reader.ts";
import { wireKinds, wireTags } from "../wire/wire-format.ts";
import type { ContainerDetails } from "./container-details.ts";
import { type ContainerIdentity, containerOfCgroup, containerOfProcess } from "./container-path.ts";
import { type SensorContainer, shortId, undescribed } from "./sensor-container.ts";

/** A container as the sensor follows it. */
export interface TrackedContainer {
  readonly identity: ContainerIdentity;
  /** The first 12 characters of the id. */
  readonly shortId: string;
  /** Undefined as long as it is being asked for; it is always known in the end, if by its id alone. */
  details: SensorContainer | undefined;
  /** How many files with the names of its users are being read. */
  naming: number;
  /** The cgroups that belong to it, in the order in which they appeared. */
  readonly cgroupIds: Set<number>;
}

export interface ContainerTableOptions {
  readonly details: ContainerDetails;
  readonly clock: BootClock;
  /** Whose a cgroup is whose path does not show it; nobody's where it is absent, as in a replay. */
  readonly taskOf?: (cgroup: string) => ContainerIdentity | undefined;
  /** The text of /proc/PID/cgroup; undefined where the process is gone. */
  readonly cgroupsOf: (pid: number) => string | undefined;
  /** Told when the details of a container are there, or will not come. */
  readonly onDescribed: (container: TrackedContainer) => void;
  readonly maxCgroups?: number;
  /** How long a container may stay without details. */
  readonly deadlineMs?: number;
}

export interface ContainerCounters {
  readonly containers: number;
  readonly cgroups: number;
  /** Containers of which nobody could tell more than the id. */
  readonly undescribed: number;
  /** Cgroups that were not told when they were made. */
  readonly lookedUp: number;
}

const DEFAULT_MAX_CGROUPS = 16_384;
/** Those beyond are looked up when a process of theirs is met. */
const MAX_CGROUPS_OF_ONE = 256;
const DEFAULT_DEADLINE_MS = 5000;
/** The root of the hierarchy of version 2; the only one where the host has no such hierarchy. */
const ROOT_CGROUP = 1;

/** Which container each cgroup belongs to. A container is known by the first cgroup that has the form of one. */
export class ContainerTable {
  readonly #options: ContainerTableOptions;
  readonly #deadlineMs: number;
  /** `null`: a cgroup of the host. */
  readonly #cgroups: RecentMap<number, TrackedContainer | null>;
  /** Where all processes are in one cgroup: by the namespace of processes. */
  readonly #namespaces: RecentMap<number, TrackedContainer | null>;
  readonly #containers = new Map<string, TrackedContainer>();
  /** By which namespaces a container is known, where it is known by them. */
  readonly #namespacesOf = new WeakMap<TrackedContainer, Set<number>>();
  readonly #ending = new AbortController();
  #undescribed = 0;
  #lookedUp = 0;

  constructor(options: ContainerTableOptions) {
    this.#options = options;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    const maxCgroups = options.maxCgroups ?? DEFAULT_MAX_CGROUPS;
    this.#cgroups = new RecentMap(maxCgroups);
    this.#namespaces = new RecentMap(maxCgroups);
  }

  /** Takes note of a cgroup that appeared or went away. */
  track(record: WireRecord): void {
    if (record.kind === wireKinds.cgroup_rmdir) this.#remove(record.cgroupId);
    if (record.kind !== wireKinds.cgroup_mkdir) return;
    const identity = this.#identify(record.text(wireTags.path) ?? "");
    const container = this.#join(record.cgroupId, identity);
    // One container must not push the others out of the map by what it makes below itself.
    if (container !== null && container.cgroupIds.size > MAX_CGROUPS_OF_ONE) {
      container.cgroupIds.delete(record.cgroupId);
      return;
    }
    this.#cgroups.set(record.cgroupId, container);
  }

  /**
   * Takes note that the first process of a namespace of processes has ended, and with it all others there
   * (pid_namespaces(7)): where the host has no hierarchy of version 2, no cgroup tells that a container is over.
   */
  endNamespace(pidNamespace: number): void {
    for (const container of this.#containers.values()) {
      const namespaces = this.#namespacesOf.get(container);
      if (namespaces?.delete(pidNamespace) !== true) continue;
      if (namespaces.size > 0) return;
      for (const cgroupId of container.cgroupIds)
        if (cgroupId <= ROOT_CGROUP) this.#leave(container, cgroupId);
      return;
    }
  }

  /** The container of a record's process; `null` for the host's own, undefined where nobody can tell any more. */
  find(record: WireRecord, pidNamespace: number): TrackedContainer | null | undefined {
    const { cgroupId } = record;
    if (cgroupId <= ROOT_CGROUP) return this.#byNamespace(record, pidNamespace);
    const known = this.#cgroups.get(cgroupId);
    if (known !== undefined) return known;
    const found = this.#lookUp(record.pid);
    // Of a process that is gone nobody can tell; the next one of the same cgroup may.
    if (found === undefined) return undefined;
    const container = this.#join(cgroupId, found ?? undefined);
    this.#cgroups.set(cgroupId, container);
    return container;
  }

  /** The container that a cgroup is known to belong to; undefined for the host's own, and where nobody knows. */
  ofCgroup(cgroupId: number): TrackedContainer | undefined {
    return this.#cgroups.get(cgroupId) ?? undefined;
  }

  get(id: string): TrackedContainer | undefined {
    return this.#containers.get(id);
  }

  all(): Iterable<TrackedContainer> {
    return this.#containers.values();
  }

  /** The cgroups that are known, with the containers that they belong to. */
  *known(): Generator<readonly [cgroupId: number, container: TrackedContainer], void, undefined> {
    for (const [cgroupId, container] of this.#cgroups) if (container !== null) yield [cgroupId, container];
  }

  /** Lets a container do with what is known of it by its cgroup. */
  giveUp(container: TrackedContainer): void {
    if (container.details !== undefined) return;
    const { clock, onDescribed } = this.#options;
    this.#undescribed += 1;
    container.details = undescribed(container.identity, clock.wallMs(clock.nowNs()));
    onDescribed(container);
  }

  /** Lets no container wait any longer. */
  close(): void {
    this.#ending.abort();
  }

  get counters(): ContainerCounters {
    return {
      containers: this.#containers.size,
      cgroups: this.#cgroups.size,
      undescribed: this.#undescribed,
      lookedUp: this.#lookedUp,
    };
  }

  #byNamespace(record: WireRecord, pidNamespace: number): TrackedContainer | null | undefined {
    if (pidNamespace === 0) return undefined;
    const known = this.#namespaces.get(pidNamespace);
    if (known !== undefined) return known;
    const found = this.#lookUp(record.pid);
    if (found === undefined) return undefined;
    const container = this.#join(record.cgroupId, found ?? undefined);
    this.#namespaces.set(pidNamespace, container);
    if (container !== null) {
      const namespaces = this.#namespacesOf.get(container) ?? new Set();
      this.#namespacesOf.set(container, namespaces.add(pidNamespace));
    }
    return container;
  }

  /** `null` for a process of the host, undefined where the process is gone. */
  #lookUp(pid: number): ContainerIdentity | null | undefined {
    const text = this.#options.cgroupsOf(pid);
    if (text === undefined) return undefined;
    this.#lookedUp += 1;
    return containerOfProcess(text, (cgroup) => this.#identify(cgroup)) ?? null;
  }

  /** Of an id alone that nothing else tells more of, containerd's own files may. */
  #identify(cgroup: string): ContainerIdentity | undefined {
    const found = containerOfCgroup(cgroup);
    if (found !== undefined && found.runtime !== "other") return found;
    return this.#options.taskOf?.(cgroup) ?? found;
  }

  #join(cgroupId: number, identity: ContainerIdentity | undefined): TrackedContainer | null {
    if (identity === undefined) return null;
    const container = this.#containers.get(identity.id) ?? this.#begin(identity);
    container.cgroupIds.add(cgroupId);
    return container;
  }

  #begin(identity: ContainerIdentity): TrackedContainer {
    const container: TrackedContainer = {
      identity,
      shortId: shortId(identity.id),
      details: undefined,
      naming: 0,
      cgroupIds: new Set(),
    };
    this.#containers.set(identity.id, container);
    void this.#describe(container);
    return container;
  }

  async #describe(container: TrackedContainer): Promise<void> {
    const found = await this.#ask(container.identity);
    if (found === undefined) {
      this.giveUp(container);
      return;
    }
    container.details = found;
    this.#options.onDescribed(container);
  }

  /** Never rejects: a source that cannot be asked, or not in time, tells nothing. */
  async #ask(identity: ContainerIdentity): Promise<SensorContainer | undefined> {
    const deadline = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => deadline.resolve(undefined), this.#deadlineMs);
    const signal = AbortSignal.any([AbortSignal.timeout(this.#deadlineMs), this.#ending.signal]);
    const give = () => deadline.resolve(undefined);
    this.#ending.signal.addEventListener("abort", give);
    try {
      return await Promise.race([this.#options.details.describe(identity, signal), deadline.promise]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
      this.#ending.signal.removeEventListener("abort", give);
    }
  }

  /** Records of its last processes may come after it: the cgroup stays in the map until others need its place. */
  #remove(cgroupId: number): void {
    const known = this.#cgroups.get(cgroupId);
    if (known === null) return;
    // The host's own may have taken its place in the map, while nothing happened in the container.
    const container =
      known ?? [...this.#containers.values()].find(({ cgroupIds }) => cgroupIds.has(cgroupId));
    if (container !== undefined) this.#leave(container, cgroupId);
  }

  #leave(container: TrackedContainer, cgroupId: number): void {
    container.cgroupIds.delete(cgroupId);
    if (container.cgroupIds.size === 0) this.#containers.delete(container.identity.id);
  }
}
