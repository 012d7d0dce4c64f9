import type { Digest } from "@pratique/core";
import type { JsonView } from "./json-view.ts";
import { parseTime } from "./time.ts";

/** A container as the engine's inspect shows it. */
export interface EngineContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** The {@link EngineImage.id} of its image. */
  readonly imageId: Digest;
  /** The image as the user named it. */
  readonly image: string;
  /** ISO 8601, UTC. */
  readonly created?: string;
  readonly state: EngineContainerState;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly EngineMount[];
  /** Its own in the engine's networks; none where it does not run, and of the host's network. */
  readonly addresses: readonly string[];
  /** `Config` as it came. */
  readonly config: unknown;
  /** `HostConfig` as it came. */
  readonly hostConfig: unknown;
}

export interface EngineContainerState {
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  readonly status: string;
  readonly running: boolean;
  /** 0 where nothing runs. */
  readonly pid: number;
  readonly exitCode: number;
  /** ISO 8601, UTC; absent where it has never run. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

/** A mount as the engine resolved it. */
export interface EngineMount {
  readonly type: string;
  /** The volume's name; empty for others. */
  readonly name: string;
  /** A path of the engine's host. */
  readonly source: string;
  readonly destination: string;
  readonly driver: string;
  readonly writable: boolean;
  readonly propagation: string;
}

export interface EngineContainerSummary {
  readonly id: string;
  /** Without leading slashes. */
  readonly names: readonly string[];
  readonly image: string;
  readonly imageId: string;
  /** ISO 8601, UTC. */
  readonly created?: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  /** Where on the host its ports are; an empty address is any. */
  readonly published: readonly { readonly address: string; readonly port: number }[];
}

export function readContainer(view: JsonView): EngineContainer {
  return {
    id: view.at("Id").requiredString(),
    name: withoutSlash(view.at("Name").string()),
    imageId: view.at("Image").digest(),
    image: view.at("Config").at("Image").string(),
    ...parseTime("created", view.at("Created")),
    state: readState(view.at("State")),
    labels: view.at("Config").at("Labels").stringRecord(),
    mounts: view.at("Mounts").list().map(readMount),
    addresses: readAddresses(view.at("NetworkSettings").at("Networks")),
    config: view.at("Config").value,
    hostConfig: view.at("HostConfig").value,
  };
}

export function readContainerSummary(view: JsonView): EngineContainerSummary {
  return {
    id: view.at("Id").requiredString(),
    names: view.at("Names").strings().map(withoutSlash),
    image: view.at("Image").string(),
    imageId: view.at("ImageID").string(),
    ...parseTime("created", view.at("Created")),
    state: view.at("State").string(),
    labels: view.at("Labels").stringRecord(),
    addresses: readAddresses(view.at("NetworkSettings").at("Networks")),
    published: view
      .at("Ports")
      .list()
      .map((each) => ({ address: each.at("IP").string(), port: each.at("PublicPort").number() }))
      .filter(({ port }) => port > 0),
  };
}

function readAddresses(networks: JsonView): readonly string[] {
  return networks
    .names()
    .flatMap((name) => [networks.at(name).at("IPAddress"), networks.at(name).at("GlobalIPv6Address")])
    .map((address) => address.string())
    .filter((address) => address !== "");
}

function readState(view: JsonView): EngineContainerState {
  return {
    status: view.at("Status").requiredString(),
    running: view.at("Running").boolean(),
    pid: view.at("Pid").number(),
    exitCode: view.at("ExitCode").number(),
    ...parseTime("startedAt", view.at("StartedAt")),
    ...parseTime("finishedAt", view.at("FinishedAt")),
  };
}

function readMount(view: JsonView): EngineMount {
  return {
    type: view.at("Type").string(),
    name: view.at("Name").string(),
    source: view.at("Source").string(),
    destination: view.at("Destination").requiredString(),
    driver: view.at("Driver").string(),
    writable: view.at("RW").boolean(),
    propagation: view.at("Propagation").string(),
  };
}

function withoutSlash(name: string): string {
  return name.startsWith("/") ? name.slice(1) : name;
}
