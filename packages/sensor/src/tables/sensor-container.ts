import { isDigest, type RuntimeContainer, type RuntimeMount } from "@pratique/core";
import type { ContainerIdentity } from "./container-path.ts";

/** A container with what the fields of the rule language tell beyond the common noun. */
export interface SensorContainer extends RuntimeContainer {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** `repository@sha256:…` where the image was named by it. */
  readonly imageDigest: string | undefined;
  readonly user: string;
  readonly healthCheck: string | undefined;
  readonly environment: readonly string[];
  readonly hostPid: boolean;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  /** False where nobody could tell more than its id. */
  readonly described: boolean;
  readonly mounts: readonly SensorMount[];
  /** What is written for it below `/proc/sys` before its first program runs: `net/ipv4/ip_forward`. */
  readonly sysctls: readonly string[];
}

export interface SensorMount extends RuntimeMount {
  readonly propagation: string;
}

/** What is known of a container by its cgroup alone: who it is, and not what runs in it. */
export function undescribed({ id, runtime }: ContainerIdentity, now: number): SensorContainer {
  return {
    id,
    runtime,
    name: shortId(id),
    image: "",
    imageId: undefined,
    imageDigest: undefined,
    privileged: false,
    labels: {},
    mounts: [],
    createdAt: now,
    startedAt: now,
    user: "",
    healthCheck: undefined,
    environment: [],
    hostPid: false,
    hostNetwork: false,
    hostIpc: false,
    sysctls: [],
    described: false,
  };
}

/** As the rule language has it. Names that are no such ids stay as they are. */
export function shortId(id: string): string {
  return /^[0-9a-f]{64}$/u.test(id) ? id.slice(0, 12) : id;
}

/** Whether an image is named by its id, whole or in part, and so has no repository. */
export function isImageId(image: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{12,64}$/u.test(image);
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a container in the form of the Engine API's inspect, which Podman answers in too. Reads only what is there and
 * of its type: an engine that says less costs fields, not events.
 */
export function containerOfInspect(
  identity: ContainerIdentity,
  inspect: unknown,
  now: number,
): SensorContainer {
  const answer = fields(inspect);
  const config = fields(answer.Config);
  const host = fields(answer.HostConfig);
  const image = text(config.Image);
  const imageId = text(answer.Image);
  const state = fields(answer.State);
  // One that is about to start still has the time of its last start.
  const startedAt = state.Running === true ? (timeOf(state.StartedAt) ?? now) : now;
  return {
    ...identity,
    name: text(answer.Name).replace(/^\//u, "") || shortId(identity.id),
    image,
    imageId: isDigest(imageId) ? imageId : undefined,
    imageDigest: image.includes("@sha256:") ? image.slice(image.indexOf("@") + 1) : undefined,
    privileged: host.Privileged === true,
    labels: labelsOf(config.Labels),
    mounts: list(answer.Mounts).map((mount) => mountOf(fields(mount))),
    createdAt: timeOf(answer.Created) ?? startedAt,
    startedAt,
    user: text(config.User),
    healthCheck: healthCheckOf(fields(config.Healthcheck).Test),
    environment: list(config.Env).filter((item) => typeof item === "string"),
    hostPid: host.PidMode === "host",
    hostNetwork: host.NetworkMode === "host",
    hostIpc: host.IpcMode === "host",
    sysctls: Object.keys(fields(host.Sysctls)).map(sysctlPath),
    described: true,
  };
}

/** Dots part a name, or slashes do: then what is between them may have dots. */
export function sysctlPath(name: string): string {
  return name.includes("/") ? name : name.replaceAll(".", "/");
}

function mountOf(mount: Fields): SensorMount {
  return {
    source: text(mount.Source),
    target: text(mount.Destination),
    readOnly: mount.RW === false,
    propagation: text(mount.Propagation),
  };
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fields(value));
  return Object.fromEntries(entries.map(([name, label]) => [name, text(label)]));
}

/** The engine writes the first of January of the year 1 for what has not happened yet. */
function timeOf(value: unknown): number | undefined {
  const time = Date.parse(text(value));
  return time > 0 ? time : undefined;
}

function healthCheckOf(value: unknown): string | undefined {
  const [form, ...words] = list(value).map((word) => text(word));
  if (form === undefined || form === "NONE" || form === "") return undefined;
  return words.join(" ");
}

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
