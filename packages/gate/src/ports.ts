import type { AuditSink, Digest, Host, ImageConfig, PolicyException } from "@pratique/core";
import type { ImageFacts, PolicySet } from "@pratique/policy";
import type { Fields } from "./json-fields.ts";

/** An image of the engine. */
export interface ViewedImage {
  readonly id: Digest;
  readonly config: ImageConfig;
  /** Of the architecture: `v7`. */
  readonly variant?: string | undefined;
}

/** A volume of the engine, and what its driver was told. */
export interface ViewedVolume {
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * What the engine itself says. Each answer is undefined where the engine knows no such thing; `Fields` are its
 * JSON as it came. Rejects where the engine cannot be asked; the gate then has no verdict.
 */
export interface EngineView {
  /** By reference, id or unambiguous prefix of an id. */
  inspectImage(reference: string): Promise<ViewedImage | undefined>;
  inspectContainer(nameOrId: string): Promise<Fields | undefined>;
  /** Of a container that the engine has just made, by its full id: what a launch is judged by, and maybe no more. */
  inspectNewContainer(id: string): Promise<Fields | undefined>;
  inspectVolume(name: string): Promise<ViewedVolume | undefined>;
  inspectNetwork(nameOrId: string): Promise<Fields | undefined>;
  inspectExec(id: string): Promise<Fields | undefined>;
  /** Rejects where the engine manages no swarm. */
  inspectService(nameOrId: string): Promise<Fields | undefined>;
  /** `1` or `2`: under the first, every container is in the host's cgroup namespace unless it asks for its own. */
  cgroupVersion(): Promise<string>;
  /** Whether an image may hold several platforms under its one id. */
  containerdImageStore(): Promise<boolean>;
  /** Where the engine keeps images, volumes and what it knows of containers. */
  dataRoot(): Promise<string>;
}

/** The record, which may be written before it is on the disk. */
export interface GateRecord extends AuditSink {
  /** Resolves when all that was appended without waiting for its flush is on the disk; rejects where it cannot be. */
  flushed(): Promise<void>;
}

/** What is known of images from their scans. */
export interface ImageKnowledge {
  /** Of the image with this id; undefined where it has not been scanned. */
  facts(imageId: Digest): ImageFacts | undefined;
  /** Has an image scanned and gives what was found; undefined where it could not be, or the signal came first. */
  requestScan(imageId: Digest, signal: AbortSignal): Promise<ImageFacts | undefined>;
}

/** What is in force now. Give the same objects as long as they are: what is made of them is cached. */
export interface PolicyState {
  policies(): PolicySet;
  exceptions(): readonly PolicyException[];
  host(): Host;
}

/** Keeps what records are too small for, by content. Throws where it cannot. */
export interface Evidence {
  put(text: string): Digest;
}

/** What the gate must know of the host's file system to tell where a mount leads. */
export interface HostPaths {
  /**
   * The path with every symlink resolved; of a path that does not exist, the part that does. Where the host cannot be
   * asked the path comes back as it is, cleaned.
   *
   * @throws GateError `LAUNCH_UNREADABLE` for one that leads the engine elsewhere than the gate: `/proc/self/cwd`.
   */
  resolve(path: string): string;
  /**
   * Whether others than root can change, on the way, where the path leads: by a directory that they may write to, or by
   * what is theirs in one where each may remove what is their own. What the host does not show counts as theirs.
   */
  isExchangeable(path: string): boolean;
  /** What is there by itself, symlinks not followed in the last part; `nothing` also where the host cannot be asked. */
  kind(path: string): "nothing" | "symlink" | "other";
}

/** A file or directory of the host, whatever it is called. */
export interface FileIdentity {
  readonly device: string;
  readonly inode: string;
  /** Of a node of a block device: the device whose file system is mounted where it is. */
  readonly holds?: string;
}

/** A mount that a container has. */
export interface FoundMount {
  /** Where it is in the container, links resolved. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly shared: boolean;
  /** Where on the host that lies which it shows, in words where the host does not show it. */
  readonly hostPath: string;
  /** Of what it shows; undefined where that cannot be seen. */
  readonly identity: FileIdentity | undefined;
}

/** What the gate must know of the mounts of this host to tell whether the engine has mounted what was judged. */
export interface HostMounts {
  /** What a path leads to at this moment; undefined where that is nothing, or where a link on the way leads there. */
  identify(hostPath: string): FileIdentity | undefined;
  /**
   * What a process of a container has mounted. Undefined where there is no such process, it is of another container, or
   * has not entered that one's root yet.
   */
  mountsOf(pid: number, containerId: string): readonly FoundMount[] | undefined;
  processes(): readonly number[];
  /** Ends a process at once, if it is one of that container. */
  endProcess(pid: number, containerId: string): void;
}

/** How the gate proves that containers have the mounts that were judged, and ends those that do not. */
export interface MountProof {
  readonly mounts: HostMounts;
  /** Has the engine kill a container, so that it does not start it again. */
  readonly kill: (containerId: string) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  /** What becomes of containers of which nothing can be proved. */
  readonly whenUnproved: "refuse" | "pass";
}
