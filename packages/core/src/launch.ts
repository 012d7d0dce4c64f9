/** A mount that a launch asks for. */
export interface LaunchMount {
  readonly kind: "bind" | "volume" | "tmpfs" | "image" | "cluster" | "npipe" | "other";
  /** Host path of a bind (symlinks resolved where the host could be asked), or the volume's name. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** A host path or device that a volume driver's options reach; empty where there is none. */
  readonly device: string;
  /** It reaches the control socket of a container engine. */
  readonly engineSocket: boolean;
  /** Others than root can change where the host path leads, so that it may lead elsewhere when the engine mounts it. */
  readonly exchangeable: boolean;
  readonly propagation: string;
}

export interface LaunchPort {
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

/** What a launch asks of the host, as the engine will understand it. */
export interface Launch {
  /** `create` and `start` of a container, `exec` in one, or a Swarm `service`. */
  readonly action: "create" | "start" | "exec" | "service";
  readonly name: string;
  readonly containerId: string;
  /** The image as the user named it. */
  readonly image: string;
  /** The user it will run as: the launch's own, else the image's, `user[:group]`; empty means root. */
  readonly user: string;
  /** It will run with user id 0, by number, by the name `root`, by an alias in the image, or by silence. */
  readonly runsAsRoot: boolean;
  readonly privileged: boolean;
  /** Capabilities without the prefix `CAP_`, upper case; `ALL` as it stands. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly readOnlyRoot: boolean;
  /** Host namespaces that it joins: any of `pid`, `ipc`, `network`, `uts`, `user`, `cgroup`. */
  readonly hostNamespaces: readonly string[];
  /** Containers whose namespaces it joins, by the name or id given. */
  readonly joinedContainers: readonly string[];
  /**
   * Those of the containers that it joins or takes volumes from, directly or through others, that are as good as root
   * on the host: privileged, with capabilities for it, or with an engine's control socket.
   */
  readonly joinedPrivileged: readonly string[];
  readonly mounts: readonly LaunchMount[];
  /** Containers whose mounts it inherits. */
  readonly volumesFrom: readonly string[];
  /** Host paths of devices. */
  readonly devices: readonly string[];
  readonly deviceCgroupRules: readonly string[];
  /** Device requests by driver or capability: `gpu`, `cdi`. */
  readonly deviceRequests: readonly string[];
  readonly seccomp: "default" | "unconfined" | "custom";
  readonly apparmor: "default" | "unconfined" | "custom";
  readonly selinuxDisabled: boolean;
  readonly noNewPrivileges: boolean;
  /** The engine's masked or read-only paths under /proc and /sys are lifted. */
  readonly unmaskedPaths: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ports: readonly LaunchPort[];
  readonly publishAllPorts: boolean;
  readonly groupAdd: readonly string[];
  readonly runtime: string;
  readonly cgroupParent: string;
  readonly restartPolicy: string;
  /** Bytes; 0 means no limit. */
  readonly memoryLimitBytes: number;
  /** 0 means no limit. */
  readonly pidsLimit: number;
  /** CPUs; 0 means no limit. */
  readonly cpuLimit: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Names only: values may be secrets. */
  readonly environmentNames: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** The common name of the caller's TLS client certificate; empty on the Unix socket. */
  readonly caller: string;
  /** The container has run before: refusing it now stops something that people rely on. */
  readonly ranBefore: boolean;
}
