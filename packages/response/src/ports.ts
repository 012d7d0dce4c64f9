import type { RuntimeContainer } from "@pratique/core";
import type { FlowFacts, FlowSocket } from "./flows/socket-table.ts";

/** What names a container; enough to act on one that was met before the agent started anew. */
export type ContainerReference = Pick<RuntimeContainer, "id" | "runtime" | "name" | "image">;

/** Whom a container may not talk to: these addresses, or anybody but itself. */
export type Peers = readonly string[] | "all";

export interface RestartPolicy {
  /** `no`, `always`, `unless-stopped` or `on-failure`. */
  readonly name: string;
  readonly maximumRetries: number;
}

/** How a container takes part in a network. `settings` is what brings it back there as it was. */
export interface ContainerNetwork {
  readonly network: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A container as it is now. */
export interface ContainerView {
  readonly running: boolean;
  readonly paused: boolean;
  /** 0 where nothing runs. */
  readonly pid: number;
  readonly restartPolicy: RestartPolicy;
  readonly networks: readonly ContainerNetwork[];
  /** It has a network namespace of its own that it can be taken out of networks with. */
  readonly ownNetwork: boolean;
  /** Why the engine that runs it does not say, where it does not: the kernel tells then of the container what it knows. */
  readonly unanswered?: string;
}

export type ControlPower = "pause" | "stop" | "kill" | "disconnect";

/**
 * What runs containers, as far as a response needs it. Each call is harmless where things already are as it asks, and
 * rejects where it cannot make them so.
 */
export interface ContainerControl {
  powers(container: ContainerReference, view: ContainerView): readonly ControlPower[];
  /** Undefined where there is no such container any more. */
  look(container: ContainerReference, signal: AbortSignal): Promise<ContainerView | undefined>;
  countRunning(signal: AbortSignal): Promise<number>;
  pause(container: ContainerReference, signal: AbortSignal): Promise<void>;
  unpause(container: ContainerReference, signal: AbortSignal): Promise<void>;
  stop(container: ContainerReference, graceSeconds: number, signal: AbortSignal): Promise<void>;
  kill(container: ContainerReference, signal: AbortSignal): Promise<void>;
  start(container: ContainerReference, signal: AbortSignal): Promise<void>;
  setRestartPolicy(container: ContainerReference, policy: RestartPolicy, signal: AbortSignal): Promise<void>;
  disconnect(container: ContainerReference, network: ContainerNetwork, signal: AbortSignal): Promise<void>;
  connect(container: ContainerReference, network: ContainerNetwork, signal: AbortSignal): Promise<void>;
  /** What the container changed in its files, for evidence; JSON, one object each. */
  changes(container: ContainerReference, signal: AbortSignal): AsyncIterable<object>;
  /** What is known of the container without any value of its environment; and where its upper layer lies. */
  describe(container: ContainerReference, signal: AbortSignal): Promise<ContainerDescription>;
}

export interface ContainerDescription {
  readonly description: object;
  /** On this host; undefined where it is not known. */
  readonly upperDirectory: string | undefined;
}

/**
 * `deny`: packets between the container and given peers are dropped. `isolate`: all packets but those to itself are.
 * `destroy`: sockets are ended in its network namespace. `conntrack`: tracked connections are forgotten. `probe`: it
 * can be tried whether the container reaches a peer, without a packet leaving where it does not.
 */
export type FlowPower = "deny" | "isolate" | "destroy" | "conntrack" | "probe";

/** The kernel, as far as the network of one container goes. Same promises as {@link ContainerControl}. */
export interface FlowControl {
  /** Asked before each act: what loads on this host, and is up. */
  powers(container: ContainerReference, signal: AbortSignal): Promise<readonly FlowPower[]>;
  /** Adds to what is denied already. Says what was ended by it, where it does more than to refuse packets. */
  deny(container: ContainerReference, peers: Peers, signal: AbortSignal): Promise<Denial>;
  /** Takes back what `deny` did with the same peers; harmless where the container or the denial is gone. */
  allow(container: ContainerReference, peers: Peers, signal: AbortSignal): Promise<void>;
  /** Gives how many sockets were ended. Those of other containers and of the host stay. */
  destroy(target: FlowTarget, peers: Peers, signal: AbortSignal): Promise<number>;
  /** Gives how many connections were forgotten. */
  forget(target: FlowTarget, peers: Peers, signal: AbortSignal): Promise<number>;
  probe(target: FlowTarget, peer: string, signal: AbortSignal): Promise<ProbeAnswer>;
}

/** How many sockets and tracked connections a denial ended at once; 0 where that is for `destroy` and `forget`. */
export interface Denial {
  readonly sockets: number;
  readonly connections: number;
  /** The first of the sockets, as they were; undefined where a denial ends none. */
  readonly flows: readonly FlowFacts[] | undefined;
}

/** `refused`: the kernel said no at once. `silent`: no answer within the time. */
export type ProbeAnswer = "refused" | "reached" | "silent";

/** A running container, and a process in its namespaces. */
export interface FlowTarget {
  readonly container: ContainerReference;
  readonly pid: number;
}

/** The kernel's tables, read independently of whoever changed them. */
export interface KernelView {
  /** Sockets that the container's processes hold, and in a network namespace of its own all that are in it. */
  sockets(target: FlowTarget, signal: AbortSignal): Promise<readonly FlowSocket[]>;
  /** Tracked connections to these peers from the container's addresses; undefined where the kernel tracks none. */
  tracked(target: FlowTarget, peers: Peers, signal: AbortSignal): Promise<number | undefined>;
  /** Ids of the container's processes in the initial namespace. */
  processes(container: ContainerReference, signal: AbortSignal): Promise<readonly number[]>;
  /** Whether a process is frozen by its control group; undefined where that cannot be seen. */
  frozen(pid: number): Promise<boolean | undefined>;
}

/** What was seen lately, kept in memory by whoever sees it. */
export interface FlightRecorder {
  /** The last events of a container, as JSON lines; oldest first. */
  events(containerId: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Its last packets, as a pcap file; nothing at all where none are kept. */
  packets(containerId: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Where acts in force are remembered over restarts. */
export interface StateStore {
  /** Undefined where there is nothing yet. */
  load(): string | undefined;
  /** When this returns, the text is there after a power failure too. Throws what the file system throws. */
  save(text: string): void;
  /** Keeps a text that could not be read, for a person to look at. */
  setAside(text: string): void;
}

export interface ResponseHost {
  readonly control: ContainerControl;
  readonly flows: FlowControl;
  readonly kernel: KernelView;
}
