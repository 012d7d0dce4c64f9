import type { Digest } from "./digest.ts";
import type { EventType } from "./event-type.ts";

export type ContainerRuntime = "docker" | "podman" | "containerd" | "cri-o" | "lxc" | "other";

/** A container as the runtime knows it. It is known before its first process runs. */
export interface RuntimeContainer {
  /** All 64 characters where the runtime has such ids, else the runtime's name for it. */
  readonly id: string;
  readonly runtime: ContainerRuntime;
  readonly name: string;
  /** As whoever started it named the image. */
  readonly image: string;
  readonly imageId: Digest | undefined;
  readonly privileged: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly RuntimeMount[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface RuntimeMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A process at the time of an event. */
export interface RuntimeProcess {
  /** In the initial namespace of processes, as is every number here but `vpid`. */
  readonly pid: number;
  readonly vpid: number;
  readonly parent: RuntimeProcess | undefined;
  /** The kernel's name for it, at most 15 bytes, which the process can change. */
  readonly name: string;
  /** The first argument, which whoever executed it chose. */
  readonly exe: string;
  /** The file that runs, with every link resolved; empty where it is not known. */
  readonly exePath: string;
  /** Without the first. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export type RuntimeProtocol = "tcp" | "udp" | "icmp" | "raw" | "unix" | "other";

/** One end of a connection. For Unix sockets the address is the path, abstract ones with `@`, and the port 0. */
export interface RuntimeEndpoint {
  readonly address: string;
  readonly port: number;
}

/** What one process did, or tried to do. */
export interface RuntimeEvent {
  /** Ever higher on one host until the sensor starts anew. */
  readonly number: number;
  readonly type: EventType;
  /** Milliseconds since 1970, with fractions. */
  readonly time: number;
  /** Undefined for the host's own processes. */
  readonly container: RuntimeContainer | undefined;
  readonly process: RuntimeProcess;
  /** What the call returned, negative for an error number; undefined where there is no result. */
  readonly result: number | undefined;
  /** The file that it is about, if any: absolute, as named by the process, and as the kernel resolved it. */
  readonly path: string | undefined;
  readonly resolvedPath: string | undefined;
  readonly protocol: RuntimeProtocol | undefined;
  readonly local: RuntimeEndpoint | undefined;
  readonly remote: RuntimeEndpoint | undefined;
  /** Arguments by the names of the rule language, rendered as it renders them: `flags` is `O_CREAT|O_WRONLY`. */
  readonly arguments: Readonly<Record<string, string>>;
}
