import type { JsonView } from "./json-view.ts";

/** What `/_ping` tells. */
export interface EnginePing {
  /** The newest API version that the engine speaks. */
  readonly apiVersion: string;
  readonly osType: string;
}

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly os: string;
  readonly architecture: string;
  readonly kernelVersion: string;
}

export interface EngineInfo {
  /** The engine's own id, the same over restarts. */
  readonly id: string;
  /** The host's name. */
  readonly name: string;
  readonly serverVersion: string;
  readonly storageDriver: string;
  /** Images are kept in containerd: their ids are those of manifests, and no directories are told. */
  readonly containerdImageStore: boolean;
  readonly dataRoot: string;
  readonly cgroupVersion: string;
  readonly osType: string;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
  /** As the engine writes them: `name=seccomp,profile=builtin`. */
  readonly securityOptions: readonly string[];
  readonly authorizationPlugins: readonly string[];
  readonly swarmActive: boolean;
  readonly containers: number;
  readonly containersRunning: number;
  readonly images: number;
}

export function readVersion(view: JsonView): EngineVersion {
  return {
    version: view.at("Version").requiredString(),
    apiVersion: view.at("ApiVersion").requiredString(),
    os: view.at("Os").string(),
    architecture: view.at("Arch").string(),
    kernelVersion: view.at("KernelVersion").string(),
  };
}

export function readInfo(view: JsonView): EngineInfo {
  return {
    id: view.at("ID").string(),
    name: view.at("Name").string(),
    serverVersion: view.at("ServerVersion").string(),
    storageDriver: view.at("Driver").string(),
    containerdImageStore: usesSnapshotter(view.at("DriverStatus")),
    dataRoot: view.at("DockerRootDir").string(),
    cgroupVersion: view.at("CgroupVersion").string(),
    osType: view.at("OSType").string(),
    architecture: view.at("Architecture").string(),
    kernelVersion: view.at("KernelVersion").string(),
    operatingSystem: view.at("OperatingSystem").string(),
    securityOptions: view.at("SecurityOptions").strings(),
    authorizationPlugins: view.at("Plugins").at("Authorization").strings(),
    swarmActive: view.at("Swarm").at("LocalNodeState").string() === "active",
    containers: view.at("Containers").number(),
    containersRunning: view.at("ContainersRunning").number(),
    images: view.at("Images").number(),
  };
}

function usesSnapshotter(driverStatus: JsonView): boolean {
  return driverStatus
    .list()
    .map((pair) => pair.strings())
    .some(([name, value = ""]) => name === "driver-type" && value.startsWith("io.containerd.snapshotter."));
}
