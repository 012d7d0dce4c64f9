import { healthcheckShape, mount, ulimits } from "./container-shapes.ts";
import { any, each, flag, integer, list, map, type Shape, struct, text, textMap, texts } from "./shape.ts";

// The request bodies of Swarm services up to v1.51 of the Docker Engine API (moby's api/types/swarm). Parts that
// no launch tells of are read as they are.

const file = struct({ ...each(text, "Name", "UID", "GID"), Mode: integer });

const containerSpec = struct({
  ...each(text, "Image", "Hostname", "Dir", "User", "StopSignal", "Isolation"),
  ...each(texts, "Command", "Args", "Env", "Groups", "Hosts", "CapabilityAdd", "CapabilityDrop"),
  ...each(flag, "Init", "TTY", "OpenStdin", "ReadOnly"),
  ...each(textMap, "Labels", "Sysctls"),
  ...each(integer, "StopGracePeriod", "OomScoreAdj"),
  Privileges: struct({
    CredentialSpec: struct(each(text, "Config", "File", "Registry")),
    SELinuxContext: struct({ Disable: flag, ...each(text, "User", "Role", "Type", "Level") }),
    Seccomp: struct({ Mode: text, Profile: text }),
    AppArmor: struct({ Mode: text }),
    NoNewPrivileges: flag,
  }),
  Mounts: list(mount),
  Healthcheck: healthcheckShape,
  DNSConfig: struct(each(texts, "Nameservers", "Search", "Options")),
  Secrets: list(struct({ File: file, ...each(text, "SecretID", "SecretName") })),
  Configs: list(struct({ File: file, Runtime: struct({}), ...each(text, "ConfigID", "ConfigName") })),
  Ulimits: ulimits,
});

const resources = struct({
  ...each(integer, "NanoCPUs", "MemoryBytes", "Pids"),
  GenericResources: any,
});

const network = list(struct({ Target: text, Aliases: texts, DriverOpts: textMap }));

const task = struct({
  ContainerSpec: containerSpec,
  Resources: struct({
    Limits: resources,
    Reservations: resources,
    ...each(any, "SwapBytes", "MemorySwappiness"),
  }),
  Networks: network,
  ...each(any, "PluginSpec", "NetworkAttachmentSpec", "RestartPolicy", "Placement", "LogDriver"),
  ForceUpdate: integer,
  Runtime: text,
});

const port = struct({
  ...each(text, "Name", "Protocol", "PublishMode"),
  ...each(integer, "TargetPort", "PublishedPort"),
});

/** `POST /services/create` and `POST /services/{id}/update`. */
export const service: Shape = struct({
  Name: text,
  Labels: textMap,
  TaskTemplate: task,
  Networks: network,
  EndpointSpec: struct({ Mode: text, Ports: list(port) }),
  ...each(any, "Mode", "UpdateConfig", "RollbackConfig"),
});

/** `POST /networks/create`. */
export const networkCreate: Shape = struct({
  ...each(text, "Name", "Driver", "Scope"),
  ...each(
    flag,
    "CheckDuplicate",
    "Internal",
    "Attachable",
    "Ingress",
    "ConfigOnly",
    "EnableIPv4",
    "EnableIPv6",
  ),
  ...each(textMap, "Options", "Labels"),
  ConfigFrom: struct({ Network: text }),
  IPAM: struct({
    Driver: text,
    Options: textMap,
    Config: list(struct({ ...each(text, "Subnet", "IPRange", "Gateway"), AuxiliaryAddresses: map(text) })),
  }),
});
