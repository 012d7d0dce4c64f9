import {
  any,
  each,
  empty,
  flag,
  integer,
  list,
  map,
  type Shape,
  struct,
  text,
  textMap,
  texts,
  words,
} from "./shape.ts";

// The request bodies of the Docker Engine API up to v1.51 that tell of containers, with the deprecated keys that
// clients still send. Names and types follow moby's api/types/{container,mount,network}.

const healthcheck = struct({
  Test: words,
  ...each(integer, "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"),
});

/** The portable half; it lies at the top of the body of a create. */
const configFields: Readonly<Record<string, Shape>> = {
  ...each(text, "Hostname", "Domainname", "User", "Image", "WorkingDir", "MacAddress", "StopSignal"),
  ...each(flag, "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce"),
  ...each(flag, "ArgsEscaped", "NetworkDisabled"),
  ...each(words, "Cmd", "Entrypoint", "Shell"),
  ...each(texts, "Env", "OnBuild"),
  ...each(map(any), "ExposedPorts", "Volumes"),
  StopTimeout: integer,
  Labels: textMap,
  Healthcheck: healthcheck,
  // Keys of API versions that the engine no longer reads, and that some clients still fill in.
  ...each(any, "PortSpecs", "Platform"),
  // Parameters of the query, which client libraries put into the body as well; the engine does not read them there.
  ...each(any, "name", "platform", "authConfig", "authconfig"),
  // dockerode says it here. Engines that still read a host configuration at the top would act on what is in it.
  VolumesFrom: empty,
};

const driver = struct({ Name: text, Options: textMap });

/** One of `Mounts`, of a container or of a service. */
export const mount = struct({
  ...each(text, "Type", "Source", "Target", "Consistency"),
  ReadOnly: flag,
  BindOptions: struct({
    Propagation: text,
    ...each(flag, "NonRecursive", "CreateMountpoint", "ReadOnlyNonRecursive", "ReadOnlyForceRecursive"),
  }),
  VolumeOptions: struct({ NoCopy: flag, Labels: textMap, Subpath: text, DriverConfig: driver }),
  ImageOptions: struct({ Subpath: text }),
  TmpfsOptions: struct({ SizeBytes: integer, Mode: integer, Options: list(texts) }),
  ClusterOptions: struct({}),
});

export const ulimits = list(struct({ Name: text, Hard: integer, Soft: integer }));
export const healthcheckShape: Shape = healthcheck;

const throttle = list(struct({ Path: text, Rate: integer }));

const resourceFields: Readonly<Record<string, Shape>> = {
  ...each(integer, "CpuShares", "Memory", "NanoCpus", "BlkioWeight", "CpuPeriod", "CpuQuota"),
  ...each(integer, "CpuRealtimePeriod", "CpuRealtimeRuntime", "KernelMemory", "KernelMemoryTCP"),
  ...each(integer, "MemoryReservation", "MemorySwap", "MemorySwappiness", "PidsLimit"),
  ...each(integer, "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth"),
  ...each(text, "CgroupParent", "CpusetCpus", "CpusetMems"),
  BlkioWeightDevice: list(struct({ Path: text, Weight: integer })),
  ...each(
    throttle,
    "BlkioDeviceReadBps",
    "BlkioDeviceWriteBps",
    "BlkioDeviceReadIOps",
    "BlkioDeviceWriteIOps",
  ),
  Devices: list(struct(each(text, "PathOnHost", "PathInContainer", "CgroupPermissions"))),
  DeviceCgroupRules: texts,
  DeviceRequests: list(
    struct({ Driver: text, Count: integer, DeviceIDs: texts, Capabilities: list(texts), Options: textMap }),
  ),
  OomKillDisable: flag,
  Ulimits: ulimits,
};

const restartPolicy = struct({ Name: text, MaximumRetryCount: integer });
const portBindings = map(list(struct(each(text, "HostIp", "HostPort"))));

const hostConfig = struct({
  ...resourceFields,
  ...each(texts, "Binds", "VolumesFrom", "CapAdd", "CapDrop", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts"),
  ...each(texts, "GroupAdd", "Links", "SecurityOpt", "MaskedPaths", "ReadonlyPaths"),
  ...each(text, "ContainerIDFile", "NetworkMode", "VolumeDriver", "CgroupnsMode", "IpcMode", "Cgroup"),
  ...each(text, "PidMode", "UTSMode", "UsernsMode", "Runtime", "Isolation"),
  ...each(flag, "AutoRemove", "Privileged", "PublishAllPorts", "ReadonlyRootfs", "Init"),
  ...each(textMap, "Annotations", "StorageOpt", "Tmpfs", "Sysctls"),
  ...each(integer, "OomScoreAdj", "ShmSize"),
  ConsoleSize: list(integer),
  LogConfig: struct({ Type: text, Config: textMap }),
  PortBindings: portBindings,
  RestartPolicy: restartPolicy,
  Mounts: list(mount),
  // No longer read by the engine, still sent by some clients.
  ...each(any, "LxcConf", "DiskQuota", "Capabilities"),
});

const endpoint = struct({
  IPAMConfig: struct({ ...each(text, "IPv4Address", "IPv6Address"), LinkLocalIPs: texts }),
  ...each(texts, "Links", "Aliases", "DNSNames"),
  ...each(text, "NetworkID", "EndpointID", "Gateway", "IPAddress", "IPv6Gateway", "GlobalIPv6Address"),
  MacAddress: text,
  ...each(integer, "IPPrefixLen", "GlobalIPv6PrefixLen", "GwPriority"),
  DriverOpts: textMap,
});

/** `POST /containers/create`. */
export const containerCreate: Shape = struct({
  ...configFields,
  HostConfig: hostConfig,
  NetworkingConfig: struct({ EndpointsConfig: map(endpoint) }),
});

/** `POST /containers/{id}/update`. */
export const containerUpdate: Shape = struct({ ...resourceFields, RestartPolicy: restartPolicy });

/** `POST /containers/{id}/exec`. */
export const execCreate: Shape = struct({
  ...each(flag, "Privileged", "Tty", "AttachStdin", "AttachStderr", "AttachStdout", "Detach"),
  ...each(text, "User", "DetachKeys", "WorkingDir", "Container"),
  // The container of the path, as docker-java and Testcontainers for Java repeat it; the engine does not read it.
  containerId: text,
  ConsoleSize: list(integer),
  Env: texts,
  Cmd: words,
});

/** `POST /containers/{id}/checkpoints`. */
export const checkpointCreate: Shape = struct({
  ...each(text, "CheckpointID", "CheckpointDir"),
  Exit: flag,
});

/** `POST /volumes/create`. */
export const volumeCreate: Shape = struct({
  ...each(text, "Name", "Driver"),
  ...each(textMap, "DriverOpts", "Labels"),
  ClusterVolumeSpec: any,
});
